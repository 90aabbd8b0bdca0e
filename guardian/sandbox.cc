#include "guardian/sandbox.h"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>
#include <span>
#include <utility>

namespace mapiguard {
namespace {

// How a call is answered.
enum class Answer : std::uint8_t {
  allow,
  no_such_file,     // ENOENT: libraries look for files and cope without
  not_here,         // ENOSYS: libraries ask the kernel for facts and cope without
  private_memory,   // mmap: private, never executable
  no_execution,     // mprotect: never executable
  open_descriptor,  // newfstatat: of a descriptor, not a path
  own_process,      // tgkill: itself alone (abort)
  plain_fork,       // clone: with the flags of fork
};

struct Row {
  const char* call;
  Answer answer;
};

// What a converter needs, the calls made for each message first. Names that an architecture lacks are left out there.
constexpr Row kWorkerCalls[] = {
    // A message: task in, input mapped, memory, output written, reply out.
    {"recvmsg", Answer::allow},
    {"sendmsg", Answer::allow},
    {"write", Answer::allow},
    {"mmap", Answer::private_memory},
    {"munmap", Answer::allow},
    {"brk", Answer::allow},
    {"close", Answer::allow},
    {"madvise", Answer::allow},
    {"mremap", Answer::allow},
    {"mprotect", Answer::no_execution},
    {"futex", Answer::allow},
    {"exit_group", Answer::allow},
    {"exit", Answer::allow},
    {"read", Answer::allow},
    {"pread64", Answer::allow},
    {"lseek", Answer::allow},
    {"fstat", Answer::allow},
    {"newfstatat", Answer::open_descriptor},
    {"getrusage", Answer::allow},
    {"clock_gettime", Answer::allow},
    {"gettimeofday", Answer::allow},
    {"getrandom", Answer::allow},  // hash tables' seeds
    {"restart_syscall", Answer::allow},
    {"sched_yield", Answer::allow},
    // Dying properly: abort(), assert() with its message, the handlers of testimony.cc.
    {"rt_sigaction", Answer::allow},
    {"rt_sigprocmask", Answer::allow},
    {"rt_sigreturn", Answer::allow},
    {"sigaltstack", Answer::allow},
    {"getpid", Answer::allow},
    {"gettid", Answer::allow},
    {"tgkill", Answer::own_process},
    {"writev", Answer::allow},
    // iconv and GLib look for modules, catalogues and time zones when they are asked for something new.
    {"open", Answer::no_such_file},
    {"openat", Answer::no_such_file},
    {"stat", Answer::no_such_file},
    {"lstat", Answer::no_such_file},
    {"statx", Answer::no_such_file},
    {"access", Answer::no_such_file},
    {"faccessat", Answer::no_such_file},
    {"readlink", Answer::no_such_file},
    {"readlinkat", Answer::no_such_file},
    {"getcwd", Answer::no_such_file},
    {"sysinfo", Answer::not_here},  // qsort asks how much memory there is
};

// The nursery's trade, beside all that its workers may do: they inherit its filter.
constexpr Row kNurseryCalls[] = {
    {"clone", Answer::plain_fork},
    {"set_robust_list", Answer::allow},
    {"rseq", Answer::allow},
    {"ppoll", Answer::allow},
    {"waitid", Answer::allow},
    {"pidfd_open", Answer::allow},
    {"kill", Answer::allow},
    {"prlimit64", Answer::allow},  // workers' limits
    {"prctl", Answer::allow},      // a new worker's name and parent-death signal
    {"seccomp", Answer::allow},
    {"close_range", Answer::allow},
    {"fcntl", Answer::allow},
    {"dup3", Answer::allow},
    {"getppid", Answer::allow},
    // Each worker's own filter narrows these:
    {"mmap", Answer::allow},  // of its page of testimony
    {"tgkill", Answer::allow},
};

#if MAPIGUARD_SANITIZED
// LOOSENED FOR SANITIZERS ALONE: their runtimes read /proc, reserve terabytes of shadow and write their report. A build with
// them is for finding bugs in the converter and is no sandbox to rely on; layers() says so.
constexpr Row kSanitizerCalls[] = {
    {"ioctl", Answer::not_here},   {"sched_getaffinity", Answer::allow}, {"getuid", Answer::allow}, {"prctl", Answer::allow},
    {"getrlimit", Answer::allow},  {"uname", Answer::allow},             {"nanosleep", Answer::allow},
    {"clock_nanosleep", Answer::allow}, {"msync", Answer::allow},        {"mincore", Answer::allow},
    {"pipe", Answer::allow},       {"pipe2", Answer::allow},  // how they find out whether memory can be read
};
#endif

using Context = std::unique_ptr<void, decltype([](scmp_filter_ctx context) { seccomp_release(context); })>;

// Stands for the process's own id in a filter that is built once and installed by many: install() puts the id in.
constexpr std::uint32_t kOwnProcess = 0x5A3C96E1;

int add_rule(scmp_filter_ctx context, int call, Answer answer) {
  const auto allow = [&](std::initializer_list<scmp_arg_cmp> when) {
    return seccomp_rule_add_array(context, SCMP_ACT_ALLOW, call, static_cast<unsigned>(when.size()), when.begin());
  };
  constexpr std::uint64_t kForkFlags = CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD;  // as glibc makes it
  switch (answer) {
    case Answer::allow: return allow({});
    case Answer::no_such_file: return seccomp_rule_add(context, SCMP_ACT_ERRNO(ENOENT), call, 0);
    case Answer::not_here: return seccomp_rule_add(context, SCMP_ACT_ERRNO(ENOSYS), call, 0);
    case Answer::private_memory:
      return allow({SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0), SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_SHARED | MAP_PRIVATE, MAP_PRIVATE)});
    case Answer::no_execution: return allow({SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)});
    case Answer::open_descriptor: {
      // A lookup by path is answered as one that found nothing.
      const int refused = seccomp_rule_add(context, SCMP_ACT_ERRNO(ENOENT), call, 1, SCMP_A3(SCMP_CMP_MASKED_EQ, AT_EMPTY_PATH, 0));
      return refused ? refused : allow({SCMP_A3(SCMP_CMP_MASKED_EQ, AT_EMPTY_PATH, AT_EMPTY_PATH)});
    }
    case Answer::own_process: return allow({SCMP_A0(SCMP_CMP_EQ, kOwnProcess)});
    case Answer::plain_fork: return allow({SCMP_A0(SCMP_CMP_EQ, kForkFlags)});
  }
  return -EINVAL;
}

int add_rows(scmp_filter_ctx context, std::span<const Row> rows) {
  for (const Row& row : rows) {
    const int call = seccomp_syscall_resolve_name(row.call);
    if (call < 0) continue;  // not on this architecture
    if (const int error = add_rule(context, call, row.answer); error != 0 && error != -EEXIST) return error;
  }
  return 0;
}

// seccomp_export_bpf writes to a descriptor.
Result<std::vector<sock_filter>> exported(scmp_filter_ctx context) {
  const UniqueFd file(::memfd_create("mapiguard-filter", MFD_CLOEXEC));
  if (!file || seccomp_export_bpf(context, file.get()) != 0) return fail(ErrorCode::internal, "the seccomp filter could not be exported");
  struct stat status;
  if (::fstat(file.get(), &status) != 0) return fail(ErrorCode::internal, "the seccomp filter could not be measured");
  std::vector<sock_filter> program(static_cast<std::size_t>(status.st_size) / sizeof(sock_filter));
  if (::pread(file.get(), program.data(), program.size() * sizeof(sock_filter), 0) != status.st_size)
    return fail(ErrorCode::internal, "the seccomp filter could not be read back");
  return program;
}

Result<std::vector<sock_filter>> build(std::initializer_list<std::span<const Row>> tables) {
  const Context context(seccomp_init(SCMP_ACT_TRAP));
  if (!context) return fail(ErrorCode::internal, "libseccomp could not be initialised");
  for (const auto& table : tables)
    if (const int error = add_rows(context.get(), table); error != 0)
      return fail(ErrorCode::internal, std::string("the seccomp filter could not be built: ") + std::strerror(-error));
#if MAPIGUARD_SANITIZED
  if (add_rows(context.get(), kSanitizerCalls) != 0) return fail(ErrorCode::internal, "the sanitizer's rows were refused");
#endif
  return exported(context.get());
}

// -- Landlock, by hand: Debian 12's headers know its first three versions alone -------------------------------------

struct LandlockRuleset {  // landlock_ruleset_attr as of version 6
  std::uint64_t file_rights = 0;
  std::uint64_t network_rights = 0;
  std::uint64_t scoped = 0;
};
struct [[gnu::packed]] LandlockBeneath {  // landlock_path_beneath_attr
  std::uint64_t rights = 0;
  std::int32_t folder = -1;
};
constexpr unsigned kVersionFlag = 1;
constexpr int kRulePathBeneath = 1;

// Rights known to each version: 1: execute … make_sym; 2: + refer; 3: + truncate; 5: + ioctl_dev.
constexpr std::uint64_t all_file_rights(int version) {
  return version >= 5 ? 0xFFFF : version >= 3 ? 0x7FFF : version >= 2 ? 0x3FFF : 0x1FFF;
}
constexpr std::uint64_t kReadingRights = 1 << 0 | 1 << 2 | 1 << 3;  // execute, read_file, read_dir
constexpr std::uint64_t kIoctlRight = 1 << 15;
constexpr std::uint64_t kWriteFileRights = 1 << 1 | 1 << 14;  // write_file, truncate

int landlock_version() { return static_cast<int>(::syscall(SYS_landlock_create_ruleset, nullptr, 0, kVersionFlag)); }

LandlockRuleset ruleset_of(int version) {
  LandlockRuleset rules;
  rules.file_rights = all_file_rights(version);
  if (version >= 4) rules.network_rights = 0x3;  // bind_tcp, connect_tcp
  if (version >= 6) rules.scoped = 0x3;          // abstract Unix sockets, signals
  return rules;
}

std::size_t ruleset_size(int version) { return version >= 6 ? 24 : version >= 4 ? 16 : 8; }

UniqueFd make_ruleset(int version, const LandlockRuleset& rules) {
  return UniqueFd(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &rules, ruleset_size(version), 0)));
}

bool restrict_self(const UniqueFd& ruleset) { return ::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) == 0; }

SandboxLayer landlock_layer(bool active, int version) {
  if (active) return {"landlock", true, "version " + std::to_string(version)};
  return {"landlock", false, std::string("this kernel does not have it or it is not enabled: ") + std::strerror(errno)};
}

}  // namespace

Result<SystemCallFilter> SystemCallFilter::for_worker() {
  auto program = build({kWorkerCalls});
  if (!program) return std::unexpected(program.error());
  return SystemCallFilter(std::move(*program));
}

Result<SystemCallFilter> SystemCallFilter::for_nursery() {
  auto program = build({kNurseryCalls, kWorkerCalls});
  if (!program) return std::unexpected(program.error());
  return SystemCallFilter(std::move(*program));
}

SystemCallFilter::SystemCallFilter(std::vector<sock_filter> program) : program_(std::move(program)) {
  for (std::size_t i = 0; i < program_.size(); ++i)
    if (BPF_CLASS(program_[i].code) == BPF_JMP && program_[i].k == kOwnProcess) own_process_.push_back(i);
}

bool SystemCallFilter::install() {
  const auto pid = static_cast<std::uint32_t>(::getpid());
  for (const std::size_t i : own_process_) program_[i].k = pid;
  const sock_fprog program{static_cast<unsigned short>(program_.size()), program_.data()};
  return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}

SandboxLayer restrict_paths() {
  const int version = landlock_version();
  if (version <= 0) return landlock_layer(false, version);
  const UniqueFd ruleset = make_ruleset(version, ruleset_of(version));
  return landlock_layer(ruleset && restrict_self(ruleset), version);
}

SandboxLayer restrict_writing(const std::string& scratch) {
  const int version = landlock_version();
  if (version <= 0 || scratch.empty()) return landlock_layer(version > 0, version);
  LandlockRuleset rules = ruleset_of(version);
  rules.file_rights &= ~(kReadingRights | kIoctlRight);
  rules.network_rights = 0;
  const UniqueFd ruleset = make_ruleset(version, rules);
  const auto permit = [&](const std::string& path, std::uint64_t rights) {
    const UniqueFd folder(::open(path.c_str(), O_PATH | O_CLOEXEC));
    const LandlockBeneath beneath{rights & rules.file_rights, folder.get()};
    return folder && ::syscall(SYS_landlock_add_rule, ruleset.get(), kRulePathBeneath, &beneath, 0) == 0;
  };
  if (!ruleset || !permit(scratch, rules.file_rights)) return landlock_layer(false, version);
  permit("/dev", kWriteFileRights);  // /dev/null and the like
  return landlock_layer(restrict_self(ruleset), version);
}

}  // namespace mapiguard
