#include "tools/fuzzing/target.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstring>
#include <functional>
#include <utility>

#include "tools/fuzzing/grouping.h"

namespace mapiguard {
namespace {

// Features that are no coverage are hashes, told apart from counters by their upper half.
std::uint64_t feature(std::string_view kind, std::string_view value) {
  return std::hash<std::string>()(std::string(kind) + "\n" + without_numbers(value)) | std::uint64_t{1} << 63;
}

std::vector<std::uint64_t> counters_in(std::string_view output) {
  std::vector<std::uint64_t> features(output.size() / sizeof(std::uint32_t));
  for (std::size_t i = 0; i < features.size(); ++i) {
    std::uint32_t counter = 0;
    std::memcpy(&counter, output.data() + i * sizeof counter, sizeof counter);
    features[i] = counter;
  }
  return features;
}

// Of a target without counters: what it complained about, and how much came out.
std::vector<std::uint64_t> behaviour(const Errands::Answer& answer) {
  std::vector<std::uint64_t> features;
  for (const Defect& defect : answer.report.defects) features.push_back(feature(defect.where, defect.what));
  for (std::string_view rest = answer.stderr_tail; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    features.push_back(feature("stderr", rest.substr(0, end)));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (answer.error) features.push_back(feature("error", answer.error->message));
  if (answer.output) features.push_back(feature("size", std::string(std::bit_width(answer.output->size()), 'x')));
  return features;
}

std::string quoted(const std::string& word) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,@%";
  if (!word.empty() && word.find_first_not_of(kPlain) == word.npos) return word;
  std::string text = "\"";
  for (const char c : word) {
    if (c == '"' || c == '\\' || c == '$' || c == '`') text += '\\';
    text += c;
  }
  return text + "\"";
}

std::string command_line(const GuardOptions& options) {
  std::string command;
  if (options.converter)
    for (const std::string& word : options.converter->argv) command += (command.empty() ? "" : " ") + quoted(word);
  return command;
}

std::string words_for(const GuardOptions& options, const std::string& plugin, const std::string& command) {
  if (!plugin.empty()) return "--plugin " + quoted(plugin);
  if (!options.converter) return {};
  std::string text = "--converter '";
  for (const char c : command) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  text += "'";
  std::string list;
  for (const int code : options.converter->reject_exits) list += (list.empty() ? "" : ",") + std::to_string(code);
  return list == "65" || list.empty() ? text : text + " --reject-exit " + list;
}

// Below a plug-in's frames are those of the worker that called it, which say nothing and change with our builds.
void leave_out_worker(std::vector<StackFrame>& stack) {
  const auto ours = std::ranges::find_if(stack, [](const StackFrame& frame) { return frame.module.ends_with("/mapiguard-worker"); });
  if (ours != stack.begin()) stack.erase(ours, stack.end());
}

}  // namespace

Result<Target> Target::open(GuardOptions options, std::string plugin) {
  Target target;
  target.is_command_ = options.converter.has_value();
  target.is_plugin_ = !plugin.empty();
  target.command_ = command_line(options);
  target.words_ = words_for(options, plugin, target.command_);
  auto errands = Errands::open(std::move(options), std::move(plugin));
  if (!errands) return std::unexpected(errands.error());
  target.errands_ = std::move(*errands);
  return target;
}

TargetDeath Target::death_of(Errands::Answer answer, bool is_named) const {
  TargetDeath death;
  if (is_command_)
    death.stack = answer.evidence.empty() ? std::vector<StackFrame>() : stack_of_evidence(answer.evidence);
  else
    death.stack = is_named ? stack_of(answer.crash_report) : bare_stack_of(answer.crash_report);
  if (is_plugin_) leave_out_worker(death.stack);
  death.group = group_of(*answer.death, death.stack, answer.stderr_tail);
  death.verdict = std::move(*answer.death);
  if (is_command_ && !death.stack.empty()) death.verdict.stack = death.group.substr(death.group.rfind('-') + 1);
  death.crash_report = std::move(answer.crash_report);
  death.standard_error = std::move(answer.stderr_tail);
  return death;
}

TargetRun Target::run(Bytes input, const Manner& manner) const {
  using Milliseconds = std::chrono::duration<double, std::milli>;
  const auto began = std::chrono::steady_clock::now();
  Errands::Request request{.errand = is_plugin_ ? "plugin" : "",
                           .argument = "",
                           .input = input,
                           .options = {},
                           .alone = manner.alone,
                           .examine = manner.examine};
  Errands::Answer answer = errands_->run(request);
  TargetRun run;
  run.milliseconds = Milliseconds(std::chrono::steady_clock::now() - began).count();
  if (answer.death) {
    run.kind = TargetRun::Kind::died;
    run.death = death_of(std::move(answer), manner.examine);
    return run;
  }
  if (answer.error && answer.error->code != ErrorCode::not_a_message) {
    run.error = std::move(answer.error);
    return run;
  }
  run.kind = answer.error ? TargetRun::Kind::damaged : TargetRun::Kind::converted;
  run.features = is_plugin_ && answer.output ? counters_in(*answer.output) : behaviour(answer);
  run.error = std::move(answer.error);
  return run;
}

}  // namespace mapiguard
