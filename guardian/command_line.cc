#include "guardian/command_line.h"

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <numeric>
#include <system_error>

#include "guardian/limits.h"

namespace mapiguard {
namespace {

constexpr char kDefaultPath[] = "/usr/local/bin:/usr/bin:/bin";
constexpr std::size_t kRoomForTheRest = 8 << 10;  // of the order: environment and folders

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

std::string absolute_program(const std::string& program) {
  if (program.find('/') == std::string::npos) return program;  // looked up in PATH
  std::error_code error;
  const auto path = std::filesystem::absolute(program, error);
  return error ? program : path.lexically_normal().string();
}

}  // namespace

Result<void> check_command(const ExternalConverter& command) {
  if (command.argv.empty() || command.argv.front().empty()) return fail(ErrorCode::usage, "the external converter has no command");
  const std::size_t size = std::accumulate(command.argv.begin(), command.argv.end(), std::size_t{0},
                                           [](std::size_t sum, const std::string& word) { return sum + word.size() + sizeof(std::uint32_t); });
  if (size > kMaxControlBytes - kRoomForTheRest) return fail(ErrorCode::usage, "the external converter's command line is too long");
  return {};
}

void describe_command(NurseryOrder& order, const ExternalConverter& command, const std::string& state_dir) {
  order.command = command.argv;
  order.command.front() = absolute_program(command.argv.front());
  const std::string path = variable("PATH"), language = variable("LANG");
  order.environment.push_back("PATH=" + (path.empty() || path.size() > kRoomForTheRest / 2 ? std::string(kDefaultPath) : path));
  order.environment.push_back("LANG=" + (language.empty() || language.size() > 64 ? std::string("C.UTF-8") : language));
  if (!state_dir.empty()) {
    order.scratch.push_back(state_dir + "/tmp");
    ::mkdir(order.scratch.back().c_str(), 0700);
  }
  if (const std::string folder = variable("TMPDIR"); folder.starts_with('/') && folder.size() < 1024) order.scratch.push_back(folder);
  order.scratch.insert(order.scratch.end(), {"/tmp", "/var/tmp"});
}

}  // namespace mapiguard
