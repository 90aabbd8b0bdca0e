// mapiguard fuzz: inputs → mutants → target → findings (tools/fuzzing).
#include <algorithm>
#include <array>
#include <thread>

#include "base/env.h"
#include "base/json_text.h"
#include "base/text.h"
#include "tools/fuzzing/campaign.h"
#include "tools/mapiguard/commands.h"
#include "tools/mapiguard/fuzz_options.h"
#include "tools/mapiguard/inputs.h"
#include "tools/mapiguard/stop_signals.h"

namespace mapiguard {
namespace {

constexpr char kDefaultFolder[] = "mapiguard-findings";
constexpr std::uint64_t kMostInput = 256ull << 20;  // larger files are no material for a fuzzer

constexpr std::array kOptions = {
    kConverterOption,
    kRejectExitOption,
    kPluginOption,
    OptionSpec{"--seconds", "", "N", "end after so long (default: until a signal)"},
    OptionSpec{"--jobs", "-j", "N", "workers at once (default: processors)"},
    OptionSpec{"--output", "-o", "DIR", "folder of the findings (default mapiguard-findings); one that is there goes on"},
    OptionSpec{"--max-size", "", "KIB", "size of the largest mutant (default 1024)"},
    OptionSpec{"--seed", "", "N", "start of the random numbers"},
    kFuzzTimeoutOption,
    kMemoryOption,
    kOutputLimitOption,
};

}  // namespace

constinit const VerbSpec kFuzzSpec = {
    .name = "fuzz",
    .summary = "look for inputs that kill a converter: ours, a command, or any libFuzzer target",
    .arguments = "CORPUS...",
    .fewest = 1,
    .most = 100'000,
    .actions = {},
    .options = kOptions,
    .has_json = true,
    .notes =
        "CORPUS: files and folders of messages (.msg, winmail.dat) or of anything else that the target reads. Messages\n"
        "are taken apart, changed and put together again; other files are changed byte by byte.\n"
        "Without --converter and --plugin our own converter is the target. A plug-in is a shared library that exports\n"
        "LLVMFuzzerTestOneInput (clang++ -shared -fPIC -fsanitize=fuzzer-no-link ...): its coverage leads the way.\n"
        "Nobody is charged: the state directory is not touched. Exit code 0 whatever was found.\n",
    .examples =
        "  mapiguard fuzz --converter 'tnef -t --ignore-checksum' --reject-exit 1 --seconds 600 samples/\n"
        "  mapiguard fuzz --plugin ./target.so -o findings/ corpus/\n"
        "  mapiguard fuzz --seconds 60 mail/\n",
};

namespace {

Result<ByteString> contents_of(const std::string& path) {
  ByteString bytes;
  auto read = posix_env().read(path, 0, [&](Bytes piece) -> Result<void> {
    if (bytes.size() + piece.size() > kMostInput) return fail(ErrorCode::cannot_open, "'" + displayable(path) + "' is too large for a corpus");
    bytes.insert(bytes.end(), piece.begin(), piece.end());
    return {};
  });
  if (!read) return std::unexpected(read.error());
  return bytes;
}

// What the campaign begins with. A file that cannot be read is told and left out; without any there is nothing to do.
Result<std::size_t> fill(Campaign& campaign, const Arguments& arguments, const std::string& own_folder, Printer& printer) {
  OwnPaths own;
  own.output = file_key(own_folder);
  const auto list = expand_inputs(arguments.positionals(), own);
  if (!list) return std::unexpected(list.error());
  std::size_t count = 0;
  for (const Input& input : list->inputs) {
    if (input.trouble || input.is_stdin()) {
      printer.complain(input.trouble.value_or(Error{ErrorCode::usage, "standard input is no corpus", {}}));
      continue;
    }
    auto bytes = contents_of(input.path);
    if (!bytes) {
      printer.complain(bytes.error());
      continue;
    }
    campaign.add(input.path, std::move(*bytes));
    ++count;
  }
  return count;
}

// What an earlier run kept of its mutants.
Result<void> take_up_inputs(Campaign& campaign, const Findings& findings) {
  const auto names = posix_env().list(findings.inputs_folder());
  if (!names) return std::unexpected(names.error());
  for (const std::string& name : *names) {
    if (is_temporary_name(name)) continue;
    auto bytes = contents_of(findings.inputs_folder() + "/" + name);
    if (bytes) campaign.add("an earlier mutant", std::move(*bytes));
  }
  return {};
}

void print_groups(const Findings& findings, bool as_json, Printer& printer) {
  TextTable table({"GROUP", "SEEN", "BYTES", "DEATH", "PLACE"});
  for (const auto& [name, finding] : findings.groups()) {
    if (as_json)
      printer.print(JsonObject()
                        .text("group", name)
                        .number("seen", finding.seen)
                        .number("bytes", finding.bytes)
                        .text("death", finding.verdict)
                        .text_or_null("place", finding.place)
                        .text("folder", findings.folder() + "/" + name)
                        .str());
    else
      table.add({name, std::to_string(finding.seen), std::to_string(finding.bytes), finding.verdict, finding.place});
  }
  if (!as_json && !table.empty()) printer.print_text(table.text());
}

std::string summary(const Findings& findings) {
  const CampaignState& state = findings.state;
  std::string text = std::to_string(state.runs) + " runs: " + std::to_string(state.converted) + " converted, " + std::to_string(state.damaged) +
                     " damaged, " + std::to_string(state.died) + " died, in " + std::to_string(findings.groups().size()) + " groups";
  if (state.unexamined) text += " (" + std::to_string(state.unexamined) + " deaths were counted without a look at their stacks)";
  return text + "; see " + findings.folder();
}

Result<CampaignPlan> plan_of(const Arguments& arguments, unsigned jobs) {
  constexpr std::uint64_t kMostSeconds = 365ull * 86'400, kMostKib = 64 << 10;
  CampaignPlan plan;
  const auto seconds = arguments.number("--seconds", 1, kMostSeconds);
  const auto size = arguments.number("--max-size", 1, kMostKib);
  const auto seed = arguments.number("--seed", 0, ~std::uint64_t{0});
  for (const auto* number : {&seconds, &size, &seed})
    if (!*number) return std::unexpected(number->error());
  plan.seconds = *seconds;
  plan.jobs = jobs;
  if (*size) plan.max_size = **size << 10;
  plan.seed = *seed;
  return plan;
}

}  // namespace

Result<int> run_fuzz(const Arguments& arguments, Printer& printer) {
  auto request = fuzz_request_of(kFuzzSpec, arguments);
  if (!request) return std::unexpected(request.error());
  const auto plan = plan_of(arguments, request->guard.workers);
  if (!plan) return std::unexpected(plan.error());
  const auto mutator = Mutator::open(request->guard, plan->jobs);
  if (!mutator) return std::unexpected(mutator.error());
  const auto target = Target::open(std::move(request->guard), std::move(request->plugin));
  if (!target) return std::unexpected(target.error());
  auto findings = Findings::open(arguments.value("--output").value_or(kDefaultFolder), target->words(), target->command());
  if (!findings) return std::unexpected(findings.error());
  Campaign campaign(*plan, *target, *mutator, *findings, printer);
  const auto count = fill(campaign, arguments, findings->folder(), printer);
  if (!count) return std::unexpected(count.error());
  if (*count == 0) return fail(ErrorCode::cannot_open, "there is no input in the corpus that can be read", "give files or folders of messages");
  if (auto taken = take_up_inputs(campaign, *findings); !taken) return std::unexpected(taken.error());
  if (auto done = campaign.run(); !done) return std::unexpected(done.error());
  print_groups(*findings, arguments.wants_json(), printer);
  printer.say(summary(*findings));
  return StopSignals::received() ? StopSignals::exit_code() : 0;
}

}  // namespace mapiguard
