#include "tools/mapiguard/symbols.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/text.h"
#include "guardian/descriptor.h"
#include "guardian/nursery_link.h"

namespace mapiguard {
namespace {

constexpr char kProgram[] = "mapiguard-symbols";
constexpr std::size_t kMostAnswer = 1 << 20;

std::string text_of(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? displayable(found->get<std::string>()) : std::string();
}

std::string program() {
  for (const std::string& place : program_places(kProgram))
    if (::access(place.c_str(), X_OK) == 0) return place;
  return {};
}

// The command's standard output; "" when it fails. `input`: its standard input, -1 = ours.
std::string output_of(const std::vector<std::string>& command, int input = -1) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return {};
  const UniqueFd reading(ends[0]);
  UniqueFd writing(ends[1]);
  std::vector<char*> argv;
  for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, writing.get(), STDOUT_FILENO);
  if (input >= 0) ::posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  const int failed = ::posix_spawn(&child, argv[0], &actions, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  writing.reset();
  if (failed) return {};
  std::string answer;
  char piece[4096];
  ssize_t got;
  while ((got = ::read(reading.get(), piece, sizeof piece)) > 0 && answer.size() < kMostAnswer)
    answer.append(piece, static_cast<std::size_t>(got));
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? answer : std::string();
}

struct Asked {
  std::string build_id;
  std::vector<std::size_t> frames;
};

std::string known(std::string_view text) { return text == "-" ? std::string() : displayable(text); }

std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> fields;
  for (std::size_t tab; (tab = line.find('\t')) != line.npos; line.remove_prefix(tab + 1)) fields.push_back(line.substr(0, tab));
  fields.push_back(line);
  return fields;
}

// Memory that can be read as a file.
UniqueFd file_of(const std::string& text) {
  UniqueFd file(::memfd_create("evidence", MFD_CLOEXEC));
  if (file && (::pwrite(file.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))) file.reset();
  return file;
}

void name_frames(const std::string& tool, const std::string& module, const Asked& asked, std::vector<StackFrame>& stack) {
  std::vector<std::string> command = {tool, module, asked.build_id};
  // The innermost frame's address is exact, all others are return addresses: mapiguard-symbols knows the first as exact.
  const bool has_innermost = asked.frames.front() == 0;
  if (!has_innermost) command.push_back("0");
  for (const std::size_t frame : asked.frames) command.push_back(stack[frame].offset);
  std::istringstream answer(output_of(command));
  std::string line;
  if (!has_innermost) std::getline(answer, line);
  for (const std::size_t frame : asked.frames) {
    if (!std::getline(answer, line)) return;
    const std::size_t tab = line.find('\t');
    stack[frame].function = known(line.substr(0, tab));
    if (tab != line.npos) stack[frame].source = known(line.substr(tab + 1));
  }
}

}  // namespace

std::vector<StackFrame> bare_stack_of(const std::string& crash_report) {
  std::vector<StackFrame> stack;
  const auto report = nlohmann::json::parse(crash_report, nullptr, false);
  if (!report.is_object() || !report.contains("testimony")) return stack;
  const auto& frames = report["testimony"]["stack"];
  if (!frames.is_array()) return stack;
  for (const auto& frame : frames)
    if (frame.is_object()) stack.push_back({text_of(frame, "module"), text_of(frame, "offset"), {}, {}, text_of(frame, "build_id")});
  return stack;
}

std::vector<StackFrame> stack_of(const std::string& crash_report) {
  std::vector<StackFrame> stack = bare_stack_of(crash_report);
  std::map<std::string, Asked> modules;
  for (std::size_t i = 0; i < stack.size(); ++i) {
    Asked& asked = modules[stack[i].module];
    asked.build_id = stack[i].build_id;
    asked.frames.push_back(i);
  }
  const std::string tool = program();
  for (const auto& [module, asked] : modules)
    if (!tool.empty() && module.starts_with('/') && !asked.build_id.empty()) name_frames(tool, module, asked, stack);
  return stack;
}

std::vector<StackFrame> stack_of_evidence(const std::string& evidence) {
  constexpr std::size_t kFields = 5;
  const std::string tool = program();
  const UniqueFd input = file_of(evidence);
  std::vector<StackFrame> stack;
  if (tool.empty() || !input || ::lseek(input.get(), 0, SEEK_SET) != 0) return stack;
  std::istringstream answer(output_of({tool, "--evidence"}, input.get()));
  for (std::string line; std::getline(answer, line);) {
    const auto fields = fields_of(line);
    if (fields.size() == kFields && known(fields[0]).empty() && !stack.empty()) break;  // the stack is overwritten from here on
    if (fields.size() == kFields)
      stack.push_back({known(fields[0]), known(fields[2]), known(fields[3]), known(fields[4]), known(fields[1])});
  }
  return stack;
}

}  // namespace mapiguard
