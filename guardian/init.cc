#include "guardian/init.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "guardian/evidence.h"
#include "guardian/limits.h"
#include "guardian/lockdown.h"
#include "guardian/process.h"
#include "guardian/wire.h"

namespace mapiguard {
namespace {

constexpr int kSocket = 3;

bool keep_only(UniqueFd& socket) {
  const bool done = ::dup3(socket.get(), kSocket, O_CLOEXEC) >= 0 || errno == EINVAL;  // EINVAL: it has that number already
  socket.release();
  return done && ::close_range(kSocket + 1, ~0u, 0) == 0;
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (const std::string& text : texts) list.push_back(const_cast<char*>(text.c_str()));
  list.push_back(nullptr);
  return list;
}

// The same file at its start, read-only, with an offset of its own; where that cannot be had, the descriptor itself, rewound.
int reopened_input(int input) {
  const int fresh = ::open(("/proc/self/fd/" + std::to_string(input)).c_str(), O_RDONLY | O_CLOEXEC);
  if (fresh >= 0) return fresh;
  ::lseek(input, 0, SEEK_SET);
  return input;
}

struct Stdio {
  int input, output, errors;
  int evidence;  // -1 = not wanted
};

// From fork to exec: everything that the command is not to have is given up here. Returns only with errno.
int become_command(const CommandPlan& plan, const Stdio& stdio, std::uint64_t output_limit, bool read_only_mounts) {
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const int input = reopened_input(stdio.input);
  if (::dup2(input, 0) < 0 || ::dup2(stdio.output, 1) < 0 || ::dup2(stdio.errors, 2) < 0) return errno;
  if (::setsid() < 0 || ::chdir(plan.scratch.c_str()) != 0) return errno;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  limit_command(plan.memory_bytes, plan.cpu_seconds, output_limit);
  drop_capabilities();
  if (!set_no_new_privileges()) return errno;
  if (!read_only_mounts) restrict_writing(plan.scratch);
  if (stdio.evidence >= 0) ask_to_be_traced();
  std::vector<std::string> environment = plan.environment;
  environment.push_back("HOME=" + plan.scratch);
  environment.push_back("TMPDIR=" + plan.scratch);
  environment.push_back("PWD=" + plan.scratch);
  ::execvpe(plan.argv.front().c_str(), pointers(plan.argv).data(), pointers(environment).data());
  return errno;
}

// The pipe's other end closes when exec succeeds.
int exec_error_of(const UniqueFd& pipe) {
  int error = 0;
  ssize_t got;
  do got = ::read(pipe.get(), &error, sizeof error);
  while (got < 0 && errno == EINTR);
  return got == sizeof error ? error : 0;
}

// Reaps all, also what the command left behind, until the command itself has ended. Should the keeper hang up first,
// everything is killed.
int wait_for(pid_t command, int evidence) {
  Witness witness(command, evidence);
  sigset_t child, waiting;
  ::sigemptyset(&child);
  ::sigaddset(&child, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &child, &waiting);
  ::sigdelset(&waiting, SIGCHLD);
  for (;;) {
    int status = 0;
    const pid_t ended = ::waitpid(-1, &status, WNOHANG | __WALL);
    if (ended > 0 && WIFSTOPPED(status)) {
      witness.let_go_on(ended, status);
      continue;
    }
    if (ended == command) return status;
    if (ended < 0) return SIGKILL;
    if (ended > 0) continue;
    pollfd keeper{kSocket, POLLIN, 0};
    if (::ppoll(&keeper, 1, nullptr, &waiting) == 1) ::kill(command, SIGKILL);
  }
}

CommandEnd run_command(const CommandPlan& plan, const Stdio& stdio, std::uint64_t output_limit, bool read_only_mounts) {
  CommandEnd end;
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    end.exec_error = errno;
    return end;
  }
  UniqueFd reading(ends[0]), writing(ends[1]);
  struct sigaction action {};
  action.sa_handler = [](int) {};  // wakes ppoll
  ::sigaction(SIGCHLD, &action, nullptr);
  const pid_t command = ::_Fork();
  if (command == 0) {
    const int error = become_command(plan, stdio, output_limit, read_only_mounts);
    (void)!::write(writing.get(), &error, sizeof error);
    _exit(127);
  }
  if (command < 0) {
    end.exec_error = errno;
    return end;
  }
  writing.reset();
  end.exec_error = exec_error_of(reading);
  end.wait_status = wait_for(command, stdio.evidence);
  end_children();
  return end;
}

NurseryNews enclosed(const CommandPlan& plan) {
  NurseryNews news;
  news.layers = enclose_command(plan.scratch);
  return news;
}

}  // namespace

void run_init(UniqueFd socket, pid_t nursery, SystemCallFilter& filter) {
  std::signal(SIGCHLD, SIG_IGN);
  std::byte word{1};
  if (!keep_only(socket) || ::prctl(PR_SET_NAME, "mapiguard-init") != 0 || !die_with_parent(nursery) || !filter.install()) _exit(1);
  send_packet(kSocket, {&word, 1});
  while (receive_packet(kSocket, {&word, 1}, false, true).kind == Received::Kind::packet) continue;
  _exit(0);
}

void run_command_init(UniqueFd socket, pid_t keeper, const CommandPlan& plan) {
  if (!keep_only(socket) || ::prctl(PR_SET_NAME, "mapiguard-init") != 0 || !die_with_parent(keeper)) _exit(1);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);  // where there is no pid namespace
  const NurseryNews news = enclosed(plan);
  const bool read_only_mounts = is_active(news.layers, kReadOnlyLayer);
  send_packet(kSocket, as_bytes(serialize(news)));
  CommandStart start;
  const Received received = receive_packet(kSocket, std::as_writable_bytes(std::span(&start, 1)), true, true);
  if (received.kind != Received::Kind::packet || received.size != sizeof start || !received.fds[2]) _exit(1);
  const Stdio stdio{received.fds[0].get(), received.fds[1].get(), received.fds[2].get(), received.fds[3].get()};
  const CommandEnd end = run_command(plan, stdio, start.output_limit, read_only_mounts);
  send_packet(kSocket, std::as_bytes(std::span(&end, 1)));
  _exit(0);
}

}  // namespace mapiguard
