#include "tools/mapiguard/convert_options.h"

#include <algorithm>
#include <array>
#include <thread>

#include "base/text.h"
#include "tools/mapiguard/commands.h"
#include "tools/mapiguard/guard_options.h"
#include "tools/mapiguard/nearest.h"
#if MAPIGUARD_FAULTS
#include "guardian/plant.h"
#endif

namespace mapiguard {
namespace {

constexpr std::array kOptions = {
    OptionSpec{"--output", "-o", "PATH",
               "where the output goes: of one input a file or - (default: standard output), of several a folder"},
    OptionSpec{"--format", "", "FORMAT",
               "eml (default), mbox (PATH is one file), maildir (PATH is one Maildir) or json (the decoded message)"},
    OptionSpec{"--jobs", "-j", "N", "workers (default: the number of processors)"},
    kTimeoutOption,
    kMemoryOption,
    kOutputLimitOption,
    OptionSpec{"--isolation", "", "HOW",
               "message (default): a fresh worker for each message; worker: workers serve many messages, faster, for "
               "mail that "
               "is trusted as a whole; none: no worker and no guard, for tests"},
    kConverterOption,
    kRejectExitOption,
    OptionSpec{"--message-id", "", "ID", "message ID of the one input, from a source that you trust"},
    OptionSpec{"--sender", "", "ADDR",
               "envelope sender of the one input: who is told when it is blocked; '<>' is the null sender"},
    OptionSpec{"--recipient", "", "ADDR", "envelope recipient of the one input; may be given several times", true},
    OptionSpec{"--retries", "", "N", "further attempts at once after a charged death (default 0)"},
    OptionSpec{"--report", "", "FILE", "write what came of each input, as JSON Lines; - is standard error"},
    OptionSpec{"--strict", "", "", "exit with 65 when something of a message is not in the output"},
    OptionSpec{"--keep-tnef", "", "", "leave winmail.dat in a mail beside what was read from it"},
    OptionSpec{"--no-progress", "", "", "show no progress on the terminal"},
    OptionSpec{"--plant", "", "CLASS",
               "make the worker die that way; only in a build with planted faults (make faults)"},
};

struct FormatName {
  const char* name;
  Format format;
};
constexpr std::array kFormats = {FormatName{"eml", Format::eml}, FormatName{"mbox", Format::mbox},
                                 FormatName{"maildir", Format::maildir}, FormatName{"json", Format::json}};

struct IsolationName {
  const char* name;
  Isolation isolation;
};
constexpr std::array kIsolations = {IsolationName{"message", Isolation::message},
                                    IsolationName{"worker", Isolation::worker}, IsolationName{"none", Isolation::none}};

constexpr std::uint64_t kMostJobs = 1024;
constexpr std::uint64_t kMostRetries = 100;
// Messages handed to a shared worker ahead of its replies: enough that it never waits for us.
constexpr unsigned kSharedWorkerDepth = 8;

}  // namespace

constinit const VerbSpec kConvertSpec = {
    .name = "convert",
    .summary = "convert messages to Internet mail, each in a sandboxed worker",
    .arguments = "INPUT...",
    .fewest = 1,
    .most = SIZE_MAX,
    .actions = {},
    .options = kOptions,
    .notes =
        "INPUT is a .msg, .oft or TNEF file, a mail with winmail.dat inside, a folder (every regular file below it,\n"
        "links are not followed), or - for standard input. What it is, is told from its bytes, not from its name.\n"
        "Of several inputs each output is named as the path below the folder given, with .eml added.\n"
        "\n"
        "Exit codes: 0 converted; 65 no message, or damaged beyond use; 75 the worker died or the message is held;\n"
        "69 blocked as poison; 64 usage; 66 input cannot be opened; 70 internal error; 73, 74 output cannot be\n"
        "created, written; 78 settings or state directory; 130, 143 interrupted. Of several inputs, that of the "
        "worst.\n",
    .examples =
        "  mapiguard convert letter.msg > letter.eml\n"
        "  mapiguard convert -o mail/ archive/ more.msg\n"
        "  mapiguard convert --format mbox -o archive.mbox --report report.jsonl archive/\n"
        "  mapiguard convert --sender a@example.org --recipient b@example.net - < winmail.dat\n"
        "  mapiguard convert --converter 'msgconvert --outfile - -' letter.msg\n",
};

namespace {

std::unexpected<Error> bad_choice(const char* option, const std::string& given, const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : name == names.back() ? " or " : ", ") + name;
  const std::string near = nearest_word(given, names);
  return usage_error(kConvertSpec, std::string("option '") + option + "' takes " + list + ", not '" + given + "'" +
                                       (near.empty() ? "" : "; did you mean '" + near + "'?"));
}

template <class Table>
auto choose(const Table& table, const char* option, const std::string& given) -> Result<typename Table::value_type> {
  std::vector<std::string> names;
  for (const auto& row : table) {
    if (given == row.name) return row;
    names.emplace_back(row.name);
  }
  return bad_choice(option, given, names);
}

// An address or an ID ends up in header lines of reports: a control character there is an attempt to add one.
Result<void> check_envelope_text(const char* option, const std::string& text) {
  const bool clean =
      std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
  if (clean && text.size() <= 998) return {};
  return usage_error(kConvertSpec, std::string("option '") + option + "' takes one line of at most 998 bytes");
}

std::string without_brackets(const std::string& address) {
  const bool bracketed = address.size() > 2 && address.front() == '<' && address.back() == '>';
  return bracketed ? address.substr(1, address.size() - 2) : address;
}

Result<void> read_envelope(const Arguments& arguments, Envelope& envelope) {
  for (const char* option : {"--message-id", "--sender", "--recipient"})
    for (const std::string& text : arguments.values(option))
      if (auto checked = check_envelope_text(option, text); !checked) return checked;
  envelope.message_id = arguments.value("--message-id").value_or("");
  if (const auto sender = arguments.value("--sender"))
    envelope.sender = sender->empty() ? "<>" : without_brackets(*sender);
  for (const std::string& recipient : arguments.values("--recipient"))
    envelope.recipients.push_back(without_brackets(recipient));
  return {};
}

Result<std::string> read_plant(const Arguments& arguments) {
  const auto given = arguments.value("--plant");
  if (!given) return std::string();
#if MAPIGUARD_FAULTS
  if (is_plant(*given)) return *given;
  std::vector<std::string> names;
  for (const Plant& plant : plants()) names.emplace_back(plant.name);
  return bad_choice("--plant", *given, names);
#else
  return usage_error(kConvertSpec, "this build plants no faults; 'make faults' builds one that does");
#endif
}

Result<void> read_numbers(const Arguments& arguments, GuardOptions& guard) {
  const auto jobs = arguments.number("--jobs", 1, kMostJobs);
  const auto retries = arguments.number("--retries", 0, kMostRetries);
  if (!jobs) return std::unexpected(jobs.error());
  if (!retries) return std::unexpected(retries.error());
  guard.workers = *jobs ? static_cast<unsigned>(**jobs) : std::max(1u, std::thread::hardware_concurrency());
  guard.replay = false;
  guard.retries = static_cast<unsigned>(retries->value_or(0));
  return {};
}

}  // namespace

Result<ConvertRequest> convert_request_of(const Arguments& arguments) {
  ConvertRequest request;
  auto guard = guard_options_of(kConvertSpec, arguments);
  if (!guard) return std::unexpected(guard.error());
  request.guard = std::move(*guard);
  const auto format = choose(kFormats, "--format", arguments.value("--format").value_or("eml"));
  const auto isolation = choose(kIsolations, "--isolation", arguments.value("--isolation").value_or("message"));
  auto plant = read_plant(arguments);
  const auto numbers = read_numbers(arguments, request.guard);
  const auto envelope = read_envelope(arguments, request.envelope);
  if (!format) return std::unexpected(format.error());
  if (!isolation) return std::unexpected(isolation.error());
  if (!plant) return std::unexpected(plant.error());
  if (!numbers) return std::unexpected(numbers.error());
  if (!envelope) return std::unexpected(envelope.error());
  request.format = format->format;
  request.guard.isolation = isolation->isolation;
  request.guard.depth = isolation->isolation == Isolation::worker ? kSharedWorkerDepth : 1;
  request.guard.plant = std::move(*plant);
  request.inputs = arguments.positionals();
  request.output = arguments.value("--output");
  request.report = arguments.value("--report");
  request.strict = arguments.has("--strict");
  request.convert.keep_tnef = arguments.has("--keep-tnef");
  request.convert.format = request.format == Format::json ? OutputFormat::json : OutputFormat::eml;
  request.may_show_progress = !arguments.has("--no-progress");
  if ((request.output && request.output->empty()) || (request.report && request.report->empty()))
    return usage_error(kConvertSpec, "a file name must not be empty");
  return request;
}

}  // namespace mapiguard
