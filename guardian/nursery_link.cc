#include "guardian/nursery_link.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "guardian/limits.h"

namespace mapiguard {
namespace {

constexpr char kProgram[] = "mapiguard-worker";

std::string folder_of(std::string path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string(".") : path.substr(0, slash);
}

std::string own_program() {
  std::string path(4096, '\0');
  const ssize_t length = ::readlink("/proc/self/exe", path.data(), path.size());
  path.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
  return path;
}

// The program or shared library that holds this code.
std::string own_module() {
  Dl_info info{};
  return ::dladdr(reinterpret_cast<const void*>(&find_worker_program), &info) != 0 && info.dli_fname ? info.dli_fname : "";
}

// posix_spawn's two argument objects.
class SpawnPlan {
 public:
  SpawnPlan() {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
  ~SpawnPlan() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }

  // Default signals, none blocked, a session of its own.
  bool make_plain() {
    sigset_t all, none;
    ::sigfillset(&all);
    ::sigemptyset(&none);
    return ::posix_spawnattr_setsigdefault(&attributes_, &all) == 0 && ::posix_spawnattr_setsigmask(&attributes_, &none) == 0 &&
           ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID) == 0;
  }
  bool put(int fd, int number) { return ::posix_spawn_file_actions_adddup2(&actions_, fd, number) == 0; }
  bool close_from(int number) { return ::posix_spawn_file_actions_addclosefrom_np(&actions_, number) == 0; }

  int spawn(const std::string& program, char* const* argv, char* const* environment, pid_t& pid) const {
    return ::posix_spawn(&pid, program.c_str(), &actions_, &attributes_, argv, environment);
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

// Out of the way of the numbers that the child uses.
UniqueFd raised(const UniqueFd& fd) { return UniqueFd(::fcntl(fd.get(), F_DUPFD_CLOEXEC, kControlFd + 1)); }

Error not_started(const std::string& program, int error) {
  return {ErrorCode::internal, "the worker program " + program + " cannot be started: " + std::strerror(error), {}};
}

}  // namespace

std::vector<std::string> program_places(const std::string& name) {
  std::vector<std::string> found;
  for (const std::string& module : {own_program(), own_module()}) {
    if (!module.starts_with('/')) continue;  // of a program it is as it was called
    const std::string folder = folder_of(module);
    for (const char* place : {"/", "/../libexec/", "/../libexec/mapiguard/", "/../../libexec/", "/../../libexec/mapiguard/"})
      found.push_back(folder + place + name);
  }
  return found;
}

Result<std::string> find_worker_program(const GuardOptions& options) {
  if (!options.worker_path.empty()) {
    if (::access(options.worker_path.c_str(), X_OK) == 0) return options.worker_path;
    return std::unexpected(not_started(options.worker_path, errno));
  }
  std::vector<std::string> candidates = program_places(kProgram);
  if (const char* named = ::secure_getenv("MAPIGUARD_WORKER")) candidates.emplace_back(named);
  for (const std::string& candidate : candidates)
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
  return fail(ErrorCode::internal, "the program mapiguard-worker is not installed where it is looked for",
              "put it beside the program or into ../libexec, or name it in MAPIGUARD_WORKER");
}

Result<NurseryLink> NurseryLink::start(const std::string& program) {
  auto pair = make_socket_pair();
  const UniqueFd null = open_null();
  if (!pair || !null) return std::unexpected(not_started(program, errno));
  const UniqueFd control = raised(pair->theirs);
  const UniqueFd stdio = raised(null);
  SpawnPlan plan;
  bool planned = plan.make_plain() && plan.put(control.get(), kControlFd) && plan.put(stdio.get(), 0) && plan.put(stdio.get(), 1);
#if !MAPIGUARD_SANITIZED  // a sanitizer's report goes to stderr
  planned = planned && plan.put(stdio.get(), 2);
#endif
  if (!planned || !plan.close_from(kControlFd + 1)) return std::unexpected(not_started(program, ENOMEM));

  char name[] = "mapiguard-worker", mode[] = "--nursery", zone[] = "TZ=UTC0", locale[] = "LC_ALL=C.UTF-8";
  char* const argv[] = {name, mode, nullptr};
  char* const environment[] = {zone, locale, nullptr};
  pid_t pid = 0;
  if (const int error = plan.spawn(program, argv, environment, pid); error != 0) return std::unexpected(not_started(program, error));
  // It waits for its configuration, so it is still there and the number is its own.
  UniqueFd pidfd = open_pidfd(pid);
  if (!pidfd) return std::unexpected(not_started(program, errno));
  return NurseryLink(std::move(pair->ours), std::move(pidfd));
}

void NurseryLink::let_go() {
  ::shutdown(socket_.get(), SHUT_RDWR);  // a forked host may hold another copy of the descriptor
  await_end(pidfd_.get(), kKeeperPatienceSeconds);
}

std::string NurseryLink::end() {
  if (!pidfd_) return {};
  kill_by_pidfd(pidfd_.get());
  socket_.reset();  // where it may not be killed (a host that changed its user), it ends by this
  constexpr double kPatience = 2.0;
  siginfo_t info{};
  const bool told = await_end(pidfd_.get(), kPatience) &&
                    ::waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(pidfd_.get()), &info, WEXITED | WNOHANG) == 0;
  pidfd_.reset();
  if (!told || info.si_pid == 0) return {};
  return (info.si_code == CLD_EXITED ? "it ended with exit code " : "it was ended by signal ") + std::to_string(info.si_status);
}

bool NurseryLink::order(const NurseryOrder& order, std::span<const int> fds) const {
  const std::string packet = serialize(order);
  return send_packet(socket_.get(), as_bytes(packet), fds, false);
}

NurseryLink::Heard NurseryLink::hear() const {
  static thread_local std::array<std::byte, kMaxControlBytes> buffer;
  Received received = receive_packet(socket_.get(), buffer, true, false);
  Heard heard;
  if (received.kind == Received::Kind::nothing) heard.kind = Heard::Kind::nothing;
  if (received.kind != Received::Kind::packet) return heard;
  auto news = parse_news(Bytes(buffer).first(received.size));
  if (!news) return heard;  // not one of ours, or mad: treated as gone
  heard.kind = Heard::Kind::news;
  heard.news = std::move(*news);
  heard.pidfd = std::move(received.fds[0]);
  return heard;
}

bool kill_by_pidfd(int pidfd) { return ::syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, nullptr, 0) == 0; }

bool await_end(int pidfd, double seconds) {
  pollfd end{pidfd, POLLIN, 0};
  int ready;
  do ready = ::poll(&end, 1, static_cast<int>(seconds * 1000));
  while (ready < 0 && errno == EINTR);
  return ready == 1;
}

}  // namespace mapiguard
