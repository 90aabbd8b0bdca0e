#include "tools/torture/processes.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>
#include <thread>

#include "guardian/process.h"

namespace mapiguard::torture {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kOrphanPatience{8};  // a command and all that it started end within five
constexpr std::chrono::milliseconds kLookAgain{10};

UniqueFd open_for_child(const std::string& path) {
  if (path.empty()) return UniqueFd(::open("/dev/null", O_RDWR | O_CLOEXEC));
  return UniqueFd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
}

// Between fork and exec in a process with threads: system calls alone.
[[noreturn]] void become(char* const* argv, pid_t parent, const int (&stdio)[3], std::uint64_t file_limit) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) _exit(127);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  for (int fd = 0; fd < 3; ++fd)
    if (::dup2(stdio[fd], fd) < 0) _exit(127);
  if (file_limit > 0) {
    const rlimit limit{file_limit, file_limit};
    ::signal(SIGXFSZ, SIG_IGN);
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ::execv(argv[0], argv);
  _exit(127);
}

std::string field_of(const std::string& pid, std::string_view field) {
  std::ifstream status("/proc/" + pid + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(field)) return line.substr(field.size());
  return {};
}

}  // namespace

Result<Child> Child::start(const Setting& setting) {
  const UniqueFd input = open_for_child({}), output = open_for_child(setting.output),
                 errors = open_for_child(setting.errors);
  if (!input || !output || !errors)
    return fail(ErrorCode::internal, std::string("files for a child: ") + std::strerror(errno));
  std::vector<char*> argv;
  for (const std::string& word : setting.argv) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const int stdio[3] = {input.get(), output.get(), errors.get()};
  const pid_t parent = ::getpid();
  const pid_t pid = ::_Fork();
  if (pid == 0) become(argv.data(), parent, stdio, setting.file_limit);
  if (pid < 0) return fail(ErrorCode::internal, std::string("a child cannot be started: ") + std::strerror(errno));
  return Child(pid, open_pidfd(pid));
}

Child::~Child() {
  if (!handle_ || status_) return;
  kill(SIGKILL);
  while (!wait(1000)) continue;
}

void Child::kill(int signal) const {
  if (!status_) ::kill(pid_, signal);
}

std::optional<int> Child::wait(int milliseconds) {
  if (status_) return status_;
  pollfd ended{handle_.get(), POLLIN, 0};
  if (::poll(&ended, 1, milliseconds) != 1) return std::nullopt;
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) continue;
  return status_ = status;
}

std::string describe_status(int status) {
  if (WIFEXITED(status)) return "exit code " + std::to_string(WEXITSTATUS(status));
  const char* name = ::sigabbrev_np(WTERMSIG(status));
  return name ? "SIG" + std::string(name) : "signal " + std::to_string(WTERMSIG(status));
}

std::vector<pid_t> children_of_process(pid_t pid) {
  std::vector<pid_t> found;
  std::error_code gone;
  for (fs::directory_iterator task("/proc/" + std::to_string(pid) + "/task", gone), end; !gone && task != end;
       task.increment(gone)) {
    std::ifstream children(task->path() / "children");
    for (pid_t child; children >> child;) found.push_back(child);
  }
  return found;
}

std::vector<pid_t> descendants_of(pid_t pid) {
  std::vector<pid_t> found = children_of_process(pid);
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto more = children_of_process(found[i]);
    found.insert(found.end(), more.begin(), more.end());
  }
  return found;
}

std::string name_of_process(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/comm");
  std::string name;
  std::getline(file, name);
  return name;
}

bool is_worker(pid_t pid) {
  return name_of_process(pid).starts_with("mapiguard-worke") && field_of(std::to_string(pid), "Seccomp:\t") == "2";
}

bool is_zombie_or_gone(pid_t pid) {
  const char state = state_of(pid);
  return state == 0 || state == 'Z' || state == 'X';
}

long resident_kib(const std::string& pid) { return std::atol(field_of(pid, "VmRSS:").c_str()); }

std::size_t count_descriptors(const std::string& pid) {
  std::error_code gone;
  const fs::directory_iterator entries("/proc/" + pid + "/fd", gone);
  return gone ? 0 : static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

std::vector<std::string> take_orphans(const std::vector<pid_t>& before) {
  const auto deadline = std::chrono::steady_clock::now() + kOrphanPatience;
  for (;;) {
    std::vector<pid_t> alive;
    for (const pid_t pid : children_of_process(::getpid())) {
      if (std::ranges::find(before, pid) != before.end()) continue;
      if (::waitpid(pid, nullptr, WNOHANG) == 0) alive.push_back(pid);
    }
    if (alive.empty()) return {};
    if (std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(kLookAgain);
      continue;
    }
    std::vector<std::string> names;
    for (const pid_t pid : alive) {
      for (const pid_t below : descendants_of(pid)) {
        names.push_back(name_of_process(below));
        ::kill(below, SIGKILL);
      }
      names.push_back(name_of_process(pid));
      ::kill(pid, SIGKILL);
      ::waitpid(pid, nullptr, 0);
    }
    return names;
  }
}

}  // namespace mapiguard::torture
