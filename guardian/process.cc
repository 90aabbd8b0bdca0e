#include "guardian/process.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>

#include "guardian/descriptor.h"

namespace mapiguard {
namespace {

std::string read_proc(const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  char piece[4096];
  for (ssize_t got; file && (got = ::read(file.get(), piece, sizeof piece)) > 0;) text.append(piece, static_cast<std::size_t>(got));
  return text;
}

}  // namespace

char state_of(pid_t pid) {
  const std::string line = read_proc("/proc/" + std::to_string(pid) + "/stat");
  // The name in parentheses may hold anything; the state follows the last one.
  const std::size_t end = line.rfind(')');
  return end == std::string::npos || end + 2 >= line.size() ? char{0} : line[end + 2];
}

double runnable_seconds(pid_t pid) {
  const std::string line = read_proc("/proc/" + std::to_string(pid) + "/schedstat");
  std::uint64_t on_cpu = 0, waited = 0;
  const char* end = line.data() + line.size();
  const auto [after, error] = std::from_chars(line.data(), end, on_cpu);
  if (error != std::errc{} || after == end || std::from_chars(after + 1, end, waited).ec != std::errc{}) return 0;
  return static_cast<double>(on_cpu + waited) * 1e-9;
}

std::vector<pid_t> children_of(pid_t pid) {
  const std::string number = std::to_string(pid);
  const std::string line = read_proc("/proc/" + number + "/task/" + number + "/children");
  std::vector<pid_t> children;
  for (const char *at = line.data(), *end = at + line.size(); at < end;) {
    pid_t child = 0;
    const auto [after, error] = std::from_chars(at, end, child);
    if (error == std::errc{}) children.push_back(child);
    at = after > at ? after : at + 1;
  }
  return children;
}

void end_children() {
  constexpr int kRounds = 2000;
  constexpr timespec kPause{0, 1'000'000};
  const bool is_init = ::getpid() == 1;
  for (int round = 0; round < kRounds; ++round) {
    const pid_t ended = ::waitpid(-1, nullptr, WNOHANG);
    if (ended < 0 && errno == ECHILD) return;
    if (ended > 0) continue;
    if (is_init)
      ::kill(-1, SIGKILL);
    else  // killing one makes its children ours
      for (const pid_t child : children_of(::getpid())) ::kill(child, SIGKILL);
    ::nanosleep(&kPause, nullptr);
  }
}

}  // namespace mapiguard
