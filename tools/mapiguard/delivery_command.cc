#include "tools/mapiguard/delivery_command.h"

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <mutex>

#include "tools/mapiguard/stop_signals.h"

namespace mapiguard {
namespace {

constexpr int kNotFound = 127, kNotRunnable = 126, kSignalBase = 128;

// A process that is signalled only while it is there: once it is reaped, its number may be somebody else's.
class RunningCommand {
 public:
  explicit RunningCommand(pid_t pid) : pid_(pid) {}
  void signal(int number) {
    const std::lock_guard lock(mutex_);
    if (pid_ > 0) ::kill(pid_, number);
  }
  int wait() {
    siginfo_t ended{};
    while (::waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
    }
    const std::lock_guard lock(mutex_);
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return WIFSIGNALED(status) ? kSignalBase + WTERMSIG(status) : WEXITSTATUS(status);
  }

 private:
  std::mutex mutex_;
  pid_t pid_;
};

class SpawnSettings {
 public:
  explicit SpawnSettings(int stdin_fd) {
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, stdin_fd, STDIN_FILENO);
    ::posix_spawnattr_init(&attributes);
    sigset_t none, ours;
    sigemptyset(&none);
    sigemptyset(&ours);
    sigaddset(&ours, SIGPIPE);  // which main() ignores
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &ours);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
};

}  // namespace

Result<int> run_delivery_command(const std::vector<std::string>& words, int stdin_fd,
                                 const std::function<void(pid_t)>& feed) {
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const SpawnSettings settings(stdin_fd);
  pid_t pid = 0;
  const int reason = ::posix_spawnp(&pid, argv[0], &settings.actions, &settings.attributes, argv.data(), environ);
  if (reason == ENOENT || reason == ENOTDIR) return kNotFound;
  if (reason == EACCES || reason == ENOEXEC || reason == EISDIR || reason == ELOOP) return kNotRunnable;
  if (reason != 0) return fail(ErrorCode::try_again, "cannot run '" + words[0] + "': " + std::strerror(reason));
  RunningCommand command(pid);
  const OnStopSignal pass_on([&] { command.signal(StopSignals::received()); });
  if (feed) feed(pid);
  return command.wait();
}

}  // namespace mapiguard
