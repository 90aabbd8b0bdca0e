// mapiguard minimize: a killer → the smallest and emptiest file that kills the same way (tools/fuzzing/minimizer.h).
#include <array>

#include "base/env.h"
#include "base/json_text.h"
#include "base/text.h"
#include "tools/fuzzing/minimizer.h"
#include "tools/mapiguard/commands.h"
#include "tools/mapiguard/fuzz_options.h"
#include "tools/mapiguard/stop_signals.h"

namespace mapiguard {
namespace {

constexpr std::uint64_t kMostInput = 256ull << 20;

constexpr std::array kOptions = {
    kConverterOption,
    kRejectExitOption,
    kPluginOption,
    OptionSpec{"--output", "-o", "OUTPUT", "the small file; beside it OUTPUT.test.cc, a GoogleTest case, and OUTPUT.seed, for a fuzzer's corpus"},
    OptionSpec{"--seconds", "", "N", "end after so long, with the smallest so far"},
    OptionSpec{"--jobs", "-j", "N", "candidates tried at once (default: processors)"},
    kFuzzTimeoutOption,
    kMemoryOption,
    kOutputLimitOption,
};

}  // namespace

constinit const VerbSpec kMinimizeSpec = {
    .name = "minimize",
    .summary = "make a message that kills a converter as small and as empty as it can be",
    .arguments = "INPUT",
    .fewest = 1,
    .most = 1,
    .actions = {},
    .options = kOptions,
    .has_json = true,
    .notes =
        "Attachments, recipients, properties and values are dropped, halved and blanked as long as the target dies the same\n"
        "death: its class and its stack stay. No words of the original are kept, so that the result can be shown to others.\n"
        "Without --converter and --plugin our own converter is the target. Nobody is charged.\n"
        "Exit code 65: nothing dies of INPUT.\n",
    .examples =
        "  mapiguard minimize killer.msg -o small.msg\n"
        "  mapiguard minimize --converter 'tnef -t' --reject-exit 1 findings/crashed-5d41402abc4b/input -o small.tnef\n"
        "  mapiguard poison export 3f2a -o killer.msg && mapiguard minimize killer.msg -o small.msg\n",
};

namespace {

Result<ByteString> contents_of(const std::string& path) {
  auto text = read_whole(posix_env(), path, kMostInput);
  if (!text) return fail(ErrorCode::cannot_open, "'" + displayable(path) + "' cannot be read: " + text.error().message);
  const Bytes bytes = as_bytes(*text);
  return ByteString(bytes.begin(), bytes.end());
}

void tell(const Minimized& small, std::size_t before, const std::string& output, bool as_json, Printer& printer) {
  if (as_json) {
    printer.print(JsonObject()
                      .number("bytes_before", before)
                      .number("bytes_after", small.bytes.size())
                      .number("tried", small.tried)
                      .number("accepted", small.accepted)
                      .text("class", name_of(small.death.verdict.death))
                      .text("group", small.death.group)
                      .array("kept_words", small.kept_words)
                      .flag("stopped", small.was_stopped)
                      .text("output", displayable(output))
                      .str());
    return;
  }
  printer.print(std::to_string(before) + " bytes before, " + std::to_string(small.bytes.size()) + " after; " + std::to_string(small.tried) +
                " candidates tried, " + std::to_string(small.accepted) + " accepted");
  printer.print("dies as before: " + small.death.group + ": " + small.death.verdict.detail);
  std::string words;
  for (const std::string& word : small.kept_words) words += (words.empty() ? "" : ", ") + word;
  printer.print("words kept: " + (words.empty() ? "none" : words));
  if (small.was_stopped) printer.say("it was stopped early: smaller may be possible");
}

}  // namespace

Result<int> run_minimize(const Arguments& arguments, Printer& printer) {
  auto request = fuzz_request_of(kMinimizeSpec, arguments);
  if (!request) return std::unexpected(request.error());
  const auto output = arguments.value("--output");
  if (!output) return usage_error(kMinimizeSpec, "'--output' says where the small file goes");
  const auto seconds = arguments.number("--seconds", 1, 365ull * 86'400);
  if (!seconds) return std::unexpected(seconds.error());
  const auto input = contents_of(arguments.positionals()[0]);
  if (!input) return std::unexpected(input.error());
  const MinimizerPlan plan{.jobs = request->guard.workers, .seconds = *seconds};
  const auto mutator = Mutator::open(request->guard, 1);
  if (!mutator) return std::unexpected(mutator.error());
  const auto target = Target::open(std::move(request->guard), std::move(request->plugin));
  if (!target) return std::unexpected(target.error());
  const auto small = minimize(*input, plan, *target, *mutator, printer);
  if (!small) return std::unexpected(small.error());
  if (auto written = write_minimized(*output, *small); !written) return std::unexpected(written.error());
  tell(*small, input->size(), *output, arguments.wants_json(), printer);
  return StopSignals::received() ? StopSignals::exit_code() : 0;
}

}  // namespace mapiguard
