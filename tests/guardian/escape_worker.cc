// A worker for tests: the real nursery, sandbox and worker loop of mapiguard-worker, but instead of converting it does what its
// message says. First line, a verb; the rest, its argument.
//
//   echo            writes the argument as its output
//   plant NAME      one of guardian/plant.h
//   try NAME        one way out of the sandbox (kAttempts): one defect says "escaped", "refused" or "nothing" and why
//   facts           one defect for each open descriptor, and who it is
//   scribble        tries to make the message that it was given writable, where others see it
//   fill N          writes N bytes as its output
//   grudge          crashes if this process has served another message before
//   wait            computes nothing until it is killed
//
// Run as `trying-worker --outside NAME` it makes the attempt without a sandbox: the proof that the attempt is one.
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>
#include <string_view>

#include "base/bytes.h"
#include "guardian/limits.h"
#include "guardian/nursery.h"
#include "guardian/plant.h"

namespace mapiguard {
namespace {

// -- ways out ---------------------------------------------------------------------------------------------------------

enum class Outcome { escaped, refused };
Outcome when(bool escaped) { return escaped ? Outcome::escaped : Outcome::refused; }

long call(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0, long f = 0) { return ::syscall(number, a, b, c, d, e, f); }
long text(const char* value) { return reinterpret_cast<long>(value); }

pid_t somebody() { return ::getppid() > 0 ? ::getppid() : 1; }

Outcome open_file() { return when(call(SYS_openat, AT_FDCWD, text("/etc/passwd"), O_RDONLY) >= 0); }
Outcome create_file() { return when(call(SYS_openat, AT_FDCWD, text("/tmp/mapiguard-escaped"), O_CREAT | O_RDWR | O_TRUNC, 0600) >= 0); }
Outcome look_up_file() {
  struct stat status;
  return when(call(SYS_newfstatat, AT_FDCWD, text("/etc/passwd"), reinterpret_cast<long>(&status), 0) == 0);
}
Outcome open_socket() { return when(::socket(AF_INET, SOCK_STREAM, 0) >= 0); }
Outcome open_unix_socket() { return when(::socket(AF_UNIX, SOCK_STREAM, 0) >= 0); }
Outcome fork_child() {
  const pid_t child = ::fork();
  if (child == 0) _exit(0);
  if (child > 0) ::waitpid(child, nullptr, 0);
  return when(child > 0);
}
Outcome clone_thread() {
  const long child = call(SYS_clone, SIGCHLD | 0x4000 /* CLONE_VFORK */);
  if (child == 0) _exit(0);
  return when(child > 0);
}
Outcome execute() {
  char name[] = "true";
  char* const argv[] = {name, nullptr};
  char* const environment[] = {nullptr};
  ::execve("/bin/true", argv, environment);  // where it succeeds it exits with 0
  return Outcome::refused;
}
Outcome trace() { return when(::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0); }
Outcome trace_other() { return when(::ptrace(PTRACE_SEIZE, somebody(), nullptr, nullptr) == 0); }
Outcome signal_other() { return when(::kill(somebody(), 0) == 0); }
Outcome signal_thread_of_other() { return when(call(SYS_tgkill, somebody(), somebody(), 0) == 0); }
Outcome signal_everybody() { return when(::kill(-1, 0) == 0); }
Outcome write_to_other() {
  char word[1] = {};
  const iovec local{word, 1}, remote{word, 1};
  return when(::process_vm_writev(somebody(), &local, 1, &remote, 1, 0) == 1);
}
Outcome share_memory() {
  return when(::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
}
// Another worker's page of testimony could only come by a descriptor: any that can be mapped shared and writable.
Outcome map_shared_descriptor() {
  for (int fd = 0; fd < 64; ++fd)
    if (::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) != MAP_FAILED) return Outcome::escaped;
  return Outcome::refused;
}
Outcome write_input() { return when(::pwrite(kWorkerFd + 1, "x", 1, 0) == 1); }
Outcome mount_something() { return when(::mount("none", "/tmp", "tmpfs", 0, nullptr) == 0); }
Outcome become_root() { return when(::setuid(0) == 0); }
Outcome become_other() { return when(call(SYS_setresuid, 12345, 12345, 12345) == 0); }
Outcome read_init() { return when(call(SYS_openat, AT_FDCWD, text("/proc/1/status"), O_RDONLY) >= 0); }
Outcome read_own_memory() { return when(call(SYS_openat, AT_FDCWD, text("/proc/self/mem"), O_RDWR) >= 0); }
Outcome enter_namespace() { return when(call(SYS_unshare, 0x10000000 /* CLONE_NEWUSER */) == 0); }
Outcome make_memory_executable() {
  return when(::mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
}
Outcome turn_memory_executable() {
  void* memory = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return when(::mprotect(memory, 4096, PROT_READ | PROT_EXEC) == 0);
}
Outcome raise_limits() {
  const rlimit limit{1 << 20, 1 << 20};
  return when(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
}
Outcome drop_name() { return when(::prctl(PR_SET_NAME, "innocent") == 0); }
Outcome be_dumpable() { return when(::prctl(PR_SET_DUMPABLE, 1) == 0); }
Outcome make_memory_file() { return when(::memfd_create("escaped", 0) >= 0); }
Outcome set_up_ring() { return when(call(SYS_io_uring_setup, 1, 0) >= 0); }
Outcome load_bpf() { return when(call(SYS_bpf, 0, 0, 0) == 0); }
Outcome handle_faults() { return when(call(SYS_userfaultfd, 0) >= 0); }
Outcome take_descriptor() { return when(call(SYS_pidfd_open, somebody(), 0) >= 0); }
Outcome make_pair() {
  int ends[2];
  return when(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
}
#if defined(__x86_64__)
Outcome use_x32() { return when(call(SYS_getppid | 0x40000000) > 0); }
Outcome use_i386() {  // int $0x80 with getppid's number of the 32-bit table
  long result = 64;
  asm volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
  return when(result >= 0);
}
#endif

struct Attempt {
  std::string_view name;
  Outcome (*make)();
};
constexpr Attempt kAttempts[] = {
    {"open", open_file}, {"create", create_file}, {"stat", look_up_file}, {"socket", open_socket}, {"unix-socket", open_unix_socket},
    {"fork", fork_child}, {"clone", clone_thread}, {"exec", execute}, {"ptrace", trace}, {"ptrace-other", trace_other},
    {"signal", signal_other}, {"signal-thread", signal_thread_of_other}, {"signal-all", signal_everybody},
    {"write-process", write_to_other}, {"share-memory", share_memory}, {"other-page", map_shared_descriptor},
    {"write-input", write_input}, {"mount", mount_something}, {"setuid", become_root}, {"setresuid", become_other}, {"proc-1", read_init},
    {"proc-mem", read_own_memory}, {"unshare", enter_namespace}, {"mmap-exec", make_memory_executable},
    {"mprotect-exec", turn_memory_executable}, {"rlimit", raise_limits}, {"name", drop_name}, {"dumpable", be_dumpable},
    {"memfd", make_memory_file}, {"io_uring", set_up_ring}, {"bpf", load_bpf}, {"userfaultfd", handle_faults}, {"pidfd", take_descriptor},
    {"socketpair", make_pair},
#if defined(__x86_64__)
    {"x32", use_x32}, {"i386", use_i386},
#endif
};

const Attempt* attempt_named(std::string_view name) {
  const auto found = std::ranges::find(kAttempts, name, &Attempt::name);
  return found == std::end(kAttempts) ? nullptr : found;
}

// -- verbs ------------------------------------------------------------------------------------------------------------

Result<Report> said(std::vector<std::string> facts) {
  Report report;
  for (std::string& fact : facts) report.defects.push_back({Severity::info, {}, std::move(fact)});
  return report;
}

Result<Report> try_out(std::string_view name) {
  const Attempt* attempt = attempt_named(name);
  if (!attempt) return fail(ErrorCode::not_a_message, "no such attempt");
  errno = 0;
  const Outcome outcome = attempt->make();
  return said({std::string(outcome == Outcome::escaped ? "escaped" : "refused") + ": " + std::strerror(errno)});
}

Result<Report> scribble(std::span<const std::byte> input) {
  errno = 0;
  auto page = reinterpret_cast<std::uintptr_t>(input.data()) & ~std::uintptr_t{4095};
  const bool writable = ::mprotect(reinterpret_cast<void*>(page), 4096, PROT_READ | PROT_WRITE) == 0;
  return said({std::string(writable ? "escaped" : "refused") + ": " + std::strerror(errno)});
}

Result<Report> fill(std::string_view count, OutputSink& out) {
  const std::vector<std::byte> bytes(static_cast<std::size_t>(std::atoi(std::string(count).c_str())), std::byte{'x'});
  if (!out.write(bytes)) return fail(ErrorCode::io, "the output could not be written");
  return Report{};
}

// Memory that it used once and gave back; the peak remains.
Result<Report> grow(std::string_view mebibytes) {
  const std::vector<std::byte> bytes(static_cast<std::size_t>(std::atoi(std::string(mebibytes).c_str())) << 20, std::byte{'x'});
  return said({"used " + std::to_string(bytes.size())});
}

Result<Report> tell_facts() {
  std::vector<std::string> facts;
  for (int fd = 0; fd < 1024; ++fd) {
    struct stat status;
    if (::fstat(fd, &status) == 0) facts.push_back("descriptor " + std::to_string(fd));
  }
  return said(std::move(facts));
}

[[noreturn]] void wait_for_ever() {
  std::uint32_t word = 0;
  for (;;) ::syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, nullptr, nullptr, 0);
}

Result<Report> obey(std::span<const std::byte> input, const ConvertOptions&, OutputSink& out) {
  static int served = 0;
  const bool is_used = served++ > 0;
  const std::string_view message = as_chars(input);
  const std::size_t end = std::min(message.find('\n'), message.size());
  const std::string_view line = message.substr(0, end);
  const std::string_view rest = message.substr(std::min(end + 1, message.size()));
  const std::size_t space = std::min(line.find(' '), line.size());
  const std::string_view verb = line.substr(0, space), argument = line.substr(std::min(space + 1, line.size()));
  if (verb == "try") return try_out(argument);
  if (verb == "facts") return tell_facts();
  if (verb == "scribble") return scribble(input);
  if (verb == "fill") return fill(argument, out);
  if (verb == "grow") return grow(argument);
  if (verb == "grudge" && is_used) spring("crashed", out);
  if (verb == "wait") wait_for_ever();
  if (verb == "plant") spring(argument, out);
  if (verb == "echo" && !out.write(as_bytes(rest))) return fail(ErrorCode::io, "the output could not be written");
  if (verb == "defects") {
    Report report;
    report.kind = InputKind::msg;
    report.message_id = "<one@\xFF>";
    report.defects.assign(static_cast<std::size_t>(std::atoi(std::string(argument).c_str())), {Severity::loss, "here", std::string(200, 'x')});
    return report;
  }
  return verb == "damaged" ? Result<Report>(fail(ErrorCode::not_a_message, "said so")) : Report{};
}

int make_outside(std::string_view name) {
  const Attempt* attempt = attempt_named(name);
  if (!attempt) return 2;
  return attempt->make() == Outcome::escaped ? 0 : 1;
}

}  // namespace
}  // namespace mapiguard

int main(int argc, char** argv) {
  using namespace mapiguard;
  if (argc == 2 && std::string_view(argv[1]) == "--nursery") return run_nursery({.convert = obey});
  if (argc == 3 && std::string_view(argv[1]) == "--outside") return make_outside(argv[2]);
  std::fputs("usage: trying-worker --nursery | --outside ATTEMPT\n", stderr);
  return 64;
}
