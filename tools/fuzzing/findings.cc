#include "tools/fuzzing/findings.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/env.h"
#include "base/json_text.h"
#include "base/sha256.h"
#include "base/text.h"
#include "base/try.h"
#include "tools/fuzzing/grouping.h"
#include "tools/mapiguard/report.h"
#include <mapiguard/version.h>

namespace mapiguard {
namespace {

constexpr char kState[] = "/.campaign/state.json";
constexpr std::uint64_t kMostState = 16 << 20;
constexpr std::uint32_t kFolderMode = 0755, kFileMode = 0644;

// All numbers of the state, by name.
constexpr std::array<std::pair<const char*, std::uint64_t CampaignState::*>, 7> kNumbers{{
    {"runs", &CampaignState::runs},
    {"converted", &CampaignState::converted},
    {"damaged", &CampaignState::damaged},
    {"died", &CampaignState::died},
    {"failed", &CampaignState::failed},
    {"unexamined", &CampaignState::unexamined},
    {"next_seed", &CampaignState::next_seed},
}};

Result<void> write_file(const std::string& path, Bytes bytes) {
  auto file = AtomicFile::create(posix_env(), path, kFileMode);
  if (!file) return std::unexpected(file.error());
  MAPIGUARD_TRY(file->write(bytes));
  return file->commit(false);
}

std::string ending_of(const std::string& path) {
  const std::size_t slash = path.rfind('/'), dot = path.rfind('.');
  const bool has_one = dot != path.npos && (slash == path.npos || dot > slash + 1) && path.size() - dot <= 8;
  const std::string ending = has_one ? path.substr(dot) : "";
  const bool is_plain = std::ranges::all_of(ending, [](char c) { return c == '.' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
  return is_plain ? ending : "";
}

std::string frame_text(const StackFrame& frame) {
  const std::string place = frame.module + "+" + frame.offset;
  std::string text = frame.function.empty() ? place : frame.function + " (" + place + ")";
  if (!frame.source.empty()) text += " at " + frame.source;
  return text;
}

std::string stack_json(const std::vector<StackFrame>& stack) {
  std::string list;
  for (const StackFrame& frame : stack)
    list += (list.empty() ? "" : ", ") + JsonObject()
                                             .text("module", frame.module)
                                             .text_or_null("build_id", frame.build_id)
                                             .text("offset", frame.offset)
                                             .text_or_null("function", frame.function)
                                             .text_or_null("source", frame.source)
                                             .str();
  return "[" + list + "]";
}

std::string verdict_in_words(const Verdict& verdict) {
  return std::string(name_of(verdict.death)) + (verdict.signal ? ", signal " + std::to_string(*verdict.signal) : "");
}

std::string place_of(const TargetDeath& death) {
  const auto frames = telling_frames(death.stack);
  std::string place = frames.empty() ? std::string() : frame_text(frames.front());
  const std::string said = displayable(last_words(death.standard_error));
  if (!said.empty()) place += (place.empty() ? "" : ": ") + said;
  return place;
}

// As of `convert`: nothing was written, and nothing charged.
InputResult result_of(const TargetDeath& death, const std::string& path, Bytes input, double milliseconds) {
  InputResult result;
  result.input = path;
  result.exit = exit_code_of(ErrorCode::try_again);
  Conversion& conversion = result.conversion;
  conversion.outcome = Outcome::died;
  conversion.error = Error{ErrorCode::try_again, "the converter died: " + death.verdict.detail, {}};
  conversion.verdict = death.verdict;
  conversion.sha256 = hex(sha256(input));
  conversion.bytes_in = input.size();
  conversion.milliseconds = milliseconds;
  conversion.stderr_tail = death.standard_error;
  return result;
}

std::string indented(std::string_view text) {
  std::string out = "    ";
  for (const char c : text) {
    out += c;
    if (c == '\n') out += "    ";
  }
  return out + "\n";
}

std::string escaped_lines(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    out += displayable(text.substr(0, end)) + (end < text.size() ? "\n" : "");
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string readme_of(const TargetDeath& death, const std::string& target_words, const std::string& command, const std::string& file,
                      std::size_t bytes, unsigned seen_again, unsigned runs_again) {
  const bool is_plugin = target_words.starts_with("--plugin");
  std::string text = "# " + death.group + "\n\n" + death.verdict.detail + ", reading `" + file + "` (" + std::to_string(bytes) + " bytes).\n\n";
  text += "How to see it again:\n\n";
  if (!command.empty()) text += indented(command + " < " + file);
  if (!is_plugin) text += indented("mapiguard convert --report - " + (target_words.empty() ? "" : target_words + " ") + file);
  text += indented("mapiguard minimize " + (target_words.empty() ? "" : target_words + " ") + file + " -o smaller");
  text += "\nRun alone " + std::to_string(runs_again) + " more times, it died so " + std::to_string(seen_again) + " times.\n";
  if (!death.stack.empty()) {
    text += "\nThe stack, innermost first:\n\n";
    for (const StackFrame& frame : death.stack) text += "    " + frame_text(frame) + "\n";
    text += "\nBuilds: ";
    std::map<std::string, std::string> builds;
    for (const StackFrame& frame : death.stack)
      if (!frame.build_id.empty()) builds[frame.module] = frame.build_id;
    for (const auto& [module, id] : builds) text += "\n- " + module + " " + id;
    text += "\n";
  }
  if (!death.standard_error.empty()) text += "\nThe last that it said on standard error:\n\n" + indented(escaped_lines(death.standard_error));
  return text + "\nFound by mapiguard " + std::string(kBuildId) + ".\n";
}

}  // namespace

Result<Findings> Findings::open(std::string folder, const std::string& target_words, const std::string& command) {
  Findings findings(std::move(folder), target_words, command);
  MAPIGUARD_TRY(findings.check_folder());
  auto made = posix_env().make_dir(findings.inputs_folder(), kFolderMode);
  if (!made) return fail(ErrorCode::cannot_create, "the folder '" + displayable(findings.folder_) + "' cannot be made: " + made.error().message);
  MAPIGUARD_TRY(findings.take_up());
  MAPIGUARD_TRY(findings.save());
  return findings;
}

// Groups are not to be strewn into a folder of somebody's.
Result<void> Findings::check_folder() const {
  const auto info = posix_env().info(folder_);
  if (!info) return std::unexpected(info.error());
  if (!*info) return {};
  const auto names = posix_env().list(folder_);
  if (!names) return std::unexpected(names.error());
  if (names->empty() || std::ranges::find(*names, ".campaign") != names->end()) return {};
  return fail(ErrorCode::usage, "'" + displayable(folder_) + "' has other things in it than a campaign's findings", "give another folder with --output");
}

Result<void> Findings::take_up() {
  const auto info = posix_env().info(folder_ + kState);
  if (!info) return std::unexpected(info.error());
  if (!*info) return {};
  const auto text = read_whole(posix_env(), folder_ + kState, kMostState);
  if (!text) return std::unexpected(text.error());
  const auto json = nlohmann::json::parse(*text, nullptr, false);
  if (!json.is_object() || !json.contains("target") || !json["target"].is_string())
    return fail(ErrorCode::usage, "'" + displayable(folder_) + kState + "' is no state of a campaign", "give another folder with --output");
  if (json["target"].get<std::string>() != target_words_)
    return fail(ErrorCode::usage, "the campaign in '" + displayable(folder_) + "' is against another target: " + displayable(json["target"].get<std::string>()),
                "give another folder with --output");
  for (const auto& [name, member] : kNumbers)
    if (json.contains(name) && json[name].is_number_unsigned()) state.*member = json[name].get<std::uint64_t>();
  if (json.contains("seconds") && json["seconds"].is_number()) state.seconds = json["seconds"].get<double>();
  const auto names = posix_env().list(folder_);
  if (!names) return std::unexpected(names.error());
  for (const std::string& name : *names) MAPIGUARD_TRY(take_up_group(name));
  return {};
}

Result<void> Findings::take_up_group(const std::string& name) {
  const std::string path = folder_ + "/" + name + "/report.json";
  const auto info = posix_env().info(path);
  if (!info || !*info) return {};
  const auto text = read_whole(posix_env(), path, kMostState);
  if (!text) return std::unexpected(text.error());
  const auto json = nlohmann::json::parse(*text, nullptr, false);
  const auto number = [&](const char* key) {
    return json.is_object() && json.contains(key) && json[key].is_number_unsigned() ? json[key].get<std::uint64_t>() : 0;
  };
  const auto words = [&](const char* key) {
    return json.is_object() && json.contains(key) && json[key].is_string() ? json[key].get<std::string>() : std::string();
  };
  groups_[name] = {name, number("seen"), number("bytes_in"), words("words"), words("place")};
  return {};
}

bool Findings::wants(const std::string& group, std::size_t bytes) const {
  const auto known = groups_.find(group);
  return known == groups_.end() || bytes < known->second.bytes;
}

void Findings::count(const std::string& group) {
  const auto known = groups_.find(group);
  if (known != groups_.end()) ++known->second.seen;
}

Result<void> Findings::keep(const TargetDeath& death, Bytes input, const std::string& made_from, double milliseconds, unsigned seen_again) {
  const std::string folder = folder_ + "/" + death.group;
  const std::string name = "input" + ending_of(made_from);
  Finding& finding = groups_[death.group];
  finding.group = death.group;
  finding.seen = std::max<std::uint64_t>(finding.seen, 1);
  finding.bytes = input.size();
  finding.verdict = verdict_in_words(death.verdict);
  finding.place = place_of(death);
  MAPIGUARD_TRY(posix_env().make_dir(folder, kFolderMode));
  if (const auto names = posix_env().list(folder))  // made from a file with another ending
    for (const std::string& old : *names)
      if (old.starts_with("input") && old != name) MAPIGUARD_TRY(posix_env().remove(folder + "/" + old));
  MAPIGUARD_TRY(write_file(folder + "/" + name, input));
  const std::string report = JsonObject()
                                 .merge(report_line(result_of(death, folder + "/" + name, input, milliseconds)))
                                 .text("group", death.group)
                                 .number("seen", finding.seen)
                                 .number("seen_again", seen_again)
                                 .text("words", finding.verdict)
                                 .text("place", finding.place)
                                 .text("made_from", displayable(made_from))
                                 .text("target", target_words_)
                                 .raw("stack", stack_json(death.stack))
                                 .str();
  MAPIGUARD_TRY(write_file(folder + "/report.json", as_bytes(report + "\n")));
  return write_file(folder + "/README.md", as_bytes(readme_of(death, target_words_, command_, name, input.size(), seen_again, kRunsAgain)));
}

Result<void> Findings::keep_input(Bytes input) { return write_file(inputs_folder() + "/" + hex(sha256(input)).substr(0, 40), input); }

Result<void> Findings::keep_mutator_death(Bytes base, Bytes donor, std::uint64_t seed) {
  const std::string stem = folder_ + "/.campaign/mutator-died-" + std::to_string(seed);
  MAPIGUARD_TRY(write_file(stem + ".base", base));
  return write_file(stem + ".donor", donor);
}

Result<void> Findings::save() const {
  JsonObject object;
  object.text("target", target_words_);
  for (const auto& [name, member] : kNumbers) object.number(name, state.*member);
  object.raw("seconds", std::to_string(state.seconds));
  return write_file(folder_ + kState, as_bytes(object.str() + "\n"));
}

}  // namespace mapiguard
