// mapiguard torture, and the two verbs behind it that nobody calls by hand: the converter that misbehaves on command,
// and the part of the torture that needs a file system of its own.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <random>
#include <thread>

#include "base/text.h"
#include "guardian/descriptor.h"
#include "tools/mapiguard/commands.h"
#include "tools/mapiguard/stop_signals.h"
#include "tools/torture/camp.h"
#include "tools/torture/converter.h"
#include "tools/torture/disk_way.h"
#include "tools/torture/torture.h"

namespace mapiguard {
namespace {

struct Profile {
  const char* name;
  std::size_t messages, in_a_round;
  unsigned seconds;
  torture::Mix (*mix)();
};
constexpr std::array kProfiles = {Profile{"quick", 200, 200, 0, torture::Mix::quick},
                                  Profile{"soak", 100'000, 500, 600, torture::Mix::soak}};

constexpr unsigned kFewestJobs = 4;  // so that neighbours go on beside two that hang
constexpr std::uint64_t kMostJobs = 256, kMostMessages = 10'000'000, kMostSeconds = 30 * 86'400, kMostTimeout = 600;

constexpr OptionSpec kMessages{"--messages", "", "N",
                               "messages on each way, five times as many with the built-in converter (default: 200; "
                               "soak: as many as the time allows)"};
constexpr OptionSpec kMix{
    "--mix", "", "LIST",
    "faults in percent of the messages, crash=5,hang=0.5 for instance; what is not named is not planted. "
    "crash, hang, memory, flood, lie and children (left behind) are done by a converter of our own, "
    "worker-kill and supervisor-kill from outside; disk-full says how many messages meet a full disk"};
constexpr OptionSpec kSeed{"--seed", "", "N",
                           "the same number: the same messages, and the same dice (default: another each time)"};
constexpr OptionSpec kJobs{"--jobs", "-j", "N", "workers (default: the number of processors, at least 4)"};
constexpr OptionSpec kTimeout{"--timeout", "", "SECONDS",
                              "time for one message (default 2): what a message that hangs costs"};

constexpr std::array kOptions = {
    OptionSpec{"--profile", "", "NAME", "quick (default): once around, within a minute; soak: round after round"},
    kMessages,
    OptionSpec{"--seconds", "", "S", "no round begins after so long (default: soak: 600)"},
    kMix,
    kSeed,
    kJobs,
    kTimeout,
    OptionSpec{"--report", "", "FILE", "write the result as one JSON object; - is standard error"},
};
constexpr std::array kDiskOptions = {
    OptionSpec{"--converter", "", "FILE", "the program that misbehaves"}, kMessages, kMix, kSeed, kJobs, kTimeout};

}  // namespace

constinit const VerbSpec kTortureSpec = {
    .name = "torture",
    .summary = "crash-resilience test: faults of every kind, and whether what was promised holds",
    .arguments = "",
    .actions = {},
    .options = kOptions,
    .has_json = true,
    .notes =
        "Feeds messages through 'convert' and through the library, with the built-in converter and with one that\n"
        "misbehaves on command, while workers and supervisors are killed and the disk is full; then checks that no\n"
        "message is lost, nothing is duplicated, no innocent one is charged, every killer is blocked, and neighbours\n"
        "are not delayed. It works in a folder of its own below the state directory (of its file system; without\n"
        "--state and a state directory: a temporary one), and never touches the record there.\n"
        "\n"
        "Exit codes: 0 all promises are kept; 1 one is broken; 64 usage; 70 it could not be run; 78 the state\n"
        "directory cannot be used; 130, 143 interrupted.\n",
    .examples =
        "  mapiguard torture --profile quick\n"
        "  mapiguard torture --profile soak --seconds 3600 --report torture.json --state /var/lib/mapiguard\n"
        "  mapiguard torture --mix 'crash=20,worker-kill=10' --messages 1000 --seed 7\n",
};

constinit const VerbSpec kTortureConverterSpec = {
    .name = "torture-converter",
    .summary = "the converter of 'torture', which does what its message says",
    .arguments = "",
    .actions = {},
    .options = {},
};

constinit const VerbSpec kTortureDiskSpec = {
    .name = "torture-disk",
    .summary = "the part of 'torture' with a full disk",
    .arguments = "",
    .actions = {},
    .options = kDiskOptions,
};

namespace {

// What the verb and its part with the full disk both take.
Result<void> read_numbers(const Arguments& arguments, torture::Plan& plan) {
  const auto messages = arguments.number(kMessages.name, 1, kMostMessages);
  const auto seed = arguments.number(kSeed.name, 0, UINT32_MAX);
  const auto jobs = arguments.number(kJobs.name, 1, kMostJobs);
  const auto timeout = arguments.number(kTimeout.name, 1, kMostTimeout);
  for (const auto* number : {&messages, &seed, &jobs, &timeout})
    if (!*number) return std::unexpected(number->error());
  if (*messages) plan.messages = **messages;
  plan.seed = seed->value_or(std::random_device()() % 1'000'000);
  plan.jobs = static_cast<unsigned>(jobs->value_or(std::max(kFewestJobs, std::thread::hardware_concurrency())));
  if (*timeout) plan.timeout = static_cast<unsigned>(**timeout);
  if (const auto text = arguments.value(kMix.name)) {
    auto mix = torture::Mix::parse(*text);
    if (!mix) return std::unexpected(mix.error());
    plan.mix = *mix;
  }
  return {};
}

Result<torture::Plan> plan_of(const Arguments& arguments) {
  const std::string name = arguments.value("--profile").value_or(kProfiles.front().name);
  const auto profile =
      std::find_if(kProfiles.begin(), kProfiles.end(), [&](const Profile& row) { return name == row.name; });
  if (profile == kProfiles.end())
    return usage_error(kTortureSpec, "option '--profile' takes quick or soak, not '" + displayable(name) + "'");
  const auto seconds = arguments.number("--seconds", 1, kMostSeconds);
  if (!seconds) return std::unexpected(seconds.error());
  torture::Plan plan;
  plan.profile = profile->name;
  plan.messages = profile->messages;
  plan.mix = profile->mix();
  plan.seconds = static_cast<unsigned>(seconds->value_or(arguments.has(kMessages.name) ? 0 : profile->seconds));
  if (auto read = read_numbers(arguments, plan); !read) return std::unexpected(read.error());
  plan.in_a_round = std::min(profile->in_a_round, plan.messages);
  if (plan.profile == "quick") plan.in_a_round = plan.messages;
  return plan;
}

// The folder below which torture may work: the state directory that is meant, or where none is, a temporary one.
Result<std::string> place_of(const Arguments& arguments) {
  const std::string meant = state_dir_path(arguments.state());
  std::error_code failed;
  if (arguments.has("--state") || std::filesystem::exists(meant, failed)) return open_state_dir(meant);
  const std::string temporary = std::filesystem::temp_directory_path(failed).string();
  return failed ? Result<std::string>(
                      fail(ErrorCode::config, "there is no folder for temporary files", "name one with --state"))
                : temporary;
}

Result<UniqueFd> open_report(const std::optional<std::string>& path) {
  if (!path || *path == "-") return UniqueFd();
  UniqueFd file(::open(path->c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666));
  if (!file) return fail(ErrorCode::cannot_create, "cannot create the report '" + *path + "': " + std::strerror(errno));
  return file;
}

torture::Hooks hooks_of(Printer& printer) {
  const bool is_terminal = ::isatty(STDERR_FILENO) == 1;
  torture::Hooks hooks;
  hooks.is_stopped = [] { return StopSignals::received() != 0; };
  hooks.progress = [&printer, is_terminal](std::string_view line) {
    if (is_terminal) printer.progress(line);
  };
  hooks.say = [&printer](std::string_view line) { printer.say(line); };
  return hooks;
}

std::string table_of(const torture::TortureReport& report) {
  TextTable table({"PROMISE", "WAY", "RESULT", "CHECKED", "BROKEN", "DETAIL"});
  for (const torture::Row& row : report.rows)
    table.add({row.promise, row.way, row.result, std::to_string(row.checked), std::to_string(row.broken), row.detail});
  return table.text() + (report.is_kept() ? "All promises are kept.\n" : "Promises are broken.\n");
}

Result<torture::TortureReport> torture_in(const std::string& place, torture::Plan& plan) {
  const auto camp = torture::Camp::pitch(place);
  if (!camp) return std::unexpected(camp.error());
  plan.folder = camp->folder();
  plan.program = camp->program();
  plan.converter = camp->converter();
  plan.converter_trouble = camp->converter_trouble();
  return torture::run(plan);
}

}  // namespace

Result<int> run_torture(const Arguments& arguments, Printer& printer) {
  auto plan = plan_of(arguments);
  if (!plan) return std::unexpected(plan.error());
  const auto place = place_of(arguments);
  if (!place) return std::unexpected(place.error());
  const auto path = arguments.value("--report");
  const auto file = open_report(path);
  if (!file) return std::unexpected(file.error());
  plan->hooks = hooks_of(printer);
  printer.say("torture: profile " + plan->profile + ", seed " + std::to_string(plan->seed) + ", mix " +
              plan->mix.text());
  const auto report = torture_in(*place, *plan);
  printer.progress("");
  if (StopSignals::received()) {
    printer.say("interrupted; nothing of it is left");
    return StopSignals::exit_code();
  }
  if (!report) return std::unexpected(report.error());
  const std::string json = report->json(*plan);
  if (path)
    if (auto written = write_all(file->get() >= 0 ? file->get() : STDERR_FILENO, json + "\n", "the report"); !written)
      return std::unexpected(written.error());
  if (arguments.wants_json())
    printer.print(json);
  else
    printer.print_text(table_of(*report));
  return report->is_kept() ? 0 : 1;
}

Result<int> run_torture_converter(const Arguments&, Printer&) { return torture::run_converter(); }

Result<int> run_torture_disk(const Arguments& arguments, Printer& printer) {
  torture::Plan plan;
  if (auto read = read_numbers(arguments, plan); !read) return std::unexpected(read.error());
  std::error_code failed;
  plan.folder = arguments.state();
  plan.program = std::filesystem::read_symlink("/proc/self/exe", failed).string();
  plan.converter = arguments.value("--converter").value_or("");
  plan.hooks.is_stopped = [] { return StopSignals::received() != 0; };
  printer.print(torture::run_disk_way(plan, plan.messages));
  return 0;
}

}  // namespace mapiguard
