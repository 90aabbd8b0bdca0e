// kill_at: runs a command and kills it with SIGKILL just before its N-th step that could change what is on disk or hand
// something to another process; or lists those steps.
//
//   kill_at --list FILE [--under DIR]… -- CMD ARG…    one line a step: NUMBER CALL PATH; ends as CMD ends
//   kill_at --at N [--under DIR]… -- CMD ARG…         says "NUMBER CALL PATH" on stderr when it has killed, exit 137
//
// Steps are system calls of all threads of CMD itself; the processes that it starts are left alone. A store into mapped
// memory is no step of its own: it stands between two. Where ptrace is not allowed: exit 77.
#include <fcntl.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr int kUsage = 64, kCannotTrace = 77, kKilled = 137;

// How a call names the file that it changes.
enum class Names { descriptor, path, path_at, second_path, second_path_at, created_path, created_path_at, nothing };

struct Step {
  long number;
  const char* name;
  Names names;
};

constexpr Step kSteps[] = {
    {SYS_write, "write", Names::descriptor},
    {SYS_writev, "writev", Names::descriptor},
    {SYS_pwrite64, "pwrite64", Names::descriptor},
    {SYS_pwritev, "pwritev", Names::descriptor},
    {SYS_sendmsg, "sendmsg", Names::descriptor},
    {SYS_sendto, "sendto", Names::descriptor},
    {SYS_fsync, "fsync", Names::descriptor},
    {SYS_fdatasync, "fdatasync", Names::descriptor},
    {SYS_ftruncate, "ftruncate", Names::descriptor},
    {SYS_fallocate, "fallocate", Names::descriptor},
    {SYS_copy_file_range, "copy_file_range", Names::nothing},
    {SYS_unlinkat, "unlinkat", Names::path_at},
    {SYS_mkdirat, "mkdirat", Names::path_at},
    {SYS_renameat2, "renameat2", Names::second_path_at},
    {SYS_linkat, "linkat", Names::second_path_at},
    {SYS_openat, "openat", Names::created_path_at},
#ifdef SYS_renameat
    {SYS_renameat, "renameat", Names::second_path_at},
#endif
#ifdef SYS_open  // what newer architectures no longer have
    {SYS_open, "open", Names::created_path},
    {SYS_unlink, "unlink", Names::path},
    {SYS_rmdir, "rmdir", Names::path},
    {SYS_mkdir, "mkdir", Names::path},
    {SYS_rename, "rename", Names::second_path},
    {SYS_link, "link", Names::second_path},
    {SYS_creat, "creat", Names::path},
#endif
};

struct Request {
  std::string list;
  std::uint64_t at = 0;
  std::vector<std::string> under;
  char** command = nullptr;
};

// A path in the traced process's memory.
std::string string_at(pid_t thread, std::uint64_t address) {
  std::ifstream memory("/proc/" + std::to_string(thread) + "/mem", std::ios::binary);
  memory.seekg(static_cast<std::streamoff>(address));
  std::string text;
  std::getline(memory, text, '\0');
  return text;
}

std::string link_of(pid_t thread, const std::string& name) {
  char target[4096];
  const ssize_t length = readlink(("/proc/" + std::to_string(thread) + "/" + name).c_str(), target, sizeof target);
  return length > 0 ? std::string(target, static_cast<std::size_t>(length)) : std::string();
}

std::string descriptor_path(pid_t thread, std::uint64_t fd) { return link_of(thread, "fd/" + std::to_string(static_cast<int>(fd))); }

std::string absolute(pid_t thread, std::uint64_t folder, const std::string& path) {
  if (path.starts_with('/')) return path;
  const int fd = static_cast<int>(folder);
  return (fd == AT_FDCWD ? link_of(thread, "cwd") : descriptor_path(thread, folder)) + "/" + path;
}

// What the call changes; "" = nothing on disk.
std::string changed(pid_t thread, const Step& step, const std::uint64_t* argument) {
  constexpr auto kHere = static_cast<std::uint64_t>(AT_FDCWD);
  switch (step.names) {
    case Names::descriptor: return descriptor_path(thread, argument[0]);
    case Names::path: return absolute(thread, kHere, string_at(thread, argument[0]));
    case Names::path_at: return absolute(thread, argument[0], string_at(thread, argument[1]));
    case Names::second_path: return absolute(thread, kHere, string_at(thread, argument[1]));
    case Names::second_path_at: return absolute(thread, argument[2], string_at(thread, argument[3]));
    case Names::created_path: return argument[1] & O_CREAT ? absolute(thread, kHere, string_at(thread, argument[0])) : std::string();
    case Names::created_path_at: return argument[2] & O_CREAT ? absolute(thread, argument[0], string_at(thread, argument[1])) : std::string();
    case Names::nothing: return "?";
  }
  return {};
}

class Tracer {
 public:
  explicit Tracer(Request request) : request_(std::move(request)) {
    if (!request_.list.empty()) list_.open(request_.list);
  }

  int run() {
    process_ = fork();
    if (process_ == 0) start_command();
    int status = 0;
    if (waitpid(process_, &status, WUNTRACED) < 0 || !WIFSTOPPED(status)) return kCannotTrace;
    constexpr long kOptions = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL;
    if (ptrace(PTRACE_SEIZE, process_, nullptr, kOptions) != 0) {
      kill(process_, SIGKILL);
      return kCannotTrace;
    }
    kill(process_, SIGCONT);
    return follow();
  }

 private:
  [[noreturn]] void start_command() {
    raise(SIGSTOP);  // until we are seized
    execvp(request_.command[0], request_.command);
    std::perror(request_.command[0]);
    _exit(127);
  }

  int follow() {
    for (;;) {
      int status = 0;
      const pid_t thread = waitpid(-1, &status, __WALL);
      if (thread < 0 && errno == EINTR) continue;
      if (thread < 0) return EXIT_FAILURE;
      if (WIFEXITED(status) || WIFSIGNALED(status)) {
        if (thread != process_) continue;
        if (killed_) return kKilled;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      }
      handle_stop(thread, status);
    }
  }

  void handle_stop(pid_t thread, int status) {
    const int signal = WSTOPSIG(status);
    const int event = status >> 16;
    if (signal == (SIGTRAP | 0x80)) {
      system_call(thread);
      ptrace(PTRACE_SYSCALL, thread, nullptr, 0);
    } else if (event == PTRACE_EVENT_STOP && (signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU)) {
      ptrace(PTRACE_LISTEN, thread, nullptr, 0);  // a group stop: stays stopped until somebody continues it
    } else if (event != 0) {
      ptrace(PTRACE_SYSCALL, thread, nullptr, 0);
    } else {
      ptrace(PTRACE_SYSCALL, thread, nullptr, signal);  // a signal of its own: hand it on
    }
  }

  void system_call(pid_t thread) {
    __ptrace_syscall_info info{};
    if (ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof info, &info) <= 0) return;
    if (info.op != PTRACE_SYSCALL_INFO_ENTRY || killed_) return;
    for (const Step& step : kSteps)
      if (static_cast<long>(info.entry.nr) == step.number) return step_taken(step, changed(thread, step, info.entry.args));
  }

  void step_taken(const Step& step, const std::string& path) {
    if (!counts(path)) return;
    const std::string line = std::to_string(++steps_) + " " + step.name + " " + path;
    if (list_.is_open()) list_ << line << std::endl;
    if (steps_ != request_.at) return;
    killed_ = true;
    kill(process_, SIGKILL);
    std::fprintf(stderr, "%s\n", line.c_str());
  }

  bool counts(const std::string& path) const {
    if (path.empty()) return false;
    if (request_.under.empty() || path.starts_with("socket:")) return true;
    for (const std::string& folder : request_.under)
      if (path.starts_with(folder)) return true;
    return false;
  }

  Request request_;
  std::ofstream list_;
  pid_t process_ = 0;
  std::uint64_t steps_ = 0;
  bool killed_ = false;
};

bool parse(int argc, char** argv, Request& request) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--") {
      request.command = argv + i + 1;
      return i + 1 < argc && (request.at != 0) != !request.list.empty();
    }
    if (i + 1 >= argc) return false;
    if (word == "--list") request.list = argv[++i];
    else if (word == "--at") request.at = std::strtoull(argv[++i], nullptr, 10);
    else if (word == "--under") request.under.emplace_back(argv[++i]);
    else return false;
  }
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  Request request;
  if (!parse(argc, argv, request)) {
    std::fputs("usage: kill_at (--list FILE | --at N) [--under DIR]… -- CMD ARG…\n", stderr);
    return kUsage;
  }
  return Tracer(std::move(request)).run();
}
