#include "guardian/nursery.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>
#include <vector>

#include "guardian/limits.h"
#include "guardian/lockdown.h"
#include "guardian/testimony.h"
#include "guardian/wire.h"
#include <mapiguard/version.h>

namespace mapiguard {
namespace {

constexpr std::size_t kMostChildren = 4096;

std::array<std::byte, kMaxControlBytes> g_order;

bool tell(const NurseryNews& news, std::span<const int> fds = {}) {
  const std::string packet = serialize(news);
  return send_packet(kControlFd, as_bytes(packet), fds);
}

int unfit(std::string why) {
  NurseryNews news;
  news.kind = NurseryNews::Kind::unfit;
  news.text = std::move(why);
  tell(news);
  return 1;
}

std::uint64_t microseconds(const timeval& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(time.tv_usec);
}

class Nursery {
 public:
  Nursery(ConvertFunction convert, NurseryOrder config, SystemCallFilter filter, SocketPair to_init)
      : convert_(convert), config_(std::move(config)), filter_(std::move(filter)), to_init_(std::move(to_init)) {
    children_.reserve(kMostChildren);
  }

  bool start_init();
  void serve();

 private:
  struct Child {
    pid_t pid;
    std::uint64_t worker;
  };

  bool obey_all();
  void obey(const NurseryOrder& order, Received& received);
  void fork_worker(const NurseryOrder& order, Received& received);
  bool reap_all();
  const Child* child_of(std::uint64_t worker) const {
    const auto found = std::ranges::find(children_, worker, &Child::worker);
    return found == children_.end() ? nullptr : &*found;
  }

  ConvertFunction convert_;
  NurseryOrder config_;
  SystemCallFilter filter_;
  pid_t self_ = ::getpid();
  pid_t init_ = 0;
  SocketPair to_init_;
  std::vector<Child> children_;
};

bool Nursery::start_init() {
  init_ = ::_Fork();
  if (init_ == 0) run_init(std::move(to_init_.theirs), self_, filter_);
  if (init_ < 0) return false;
  to_init_.theirs.reset();
  std::byte word;
  return receive_packet(to_init_.ours.get(), {&word, 1}, false, true).kind == Received::Kind::packet;
}

void Nursery::fork_worker(const NurseryOrder& order, Received& received) {
  NurseryNews news;
  news.worker = order.worker;
  const pid_t pid = children_.size() < kMostChildren ? ::_Fork() : -1;
  if (pid == 0)
    run_worker({.socket = std::move(received.fds[0]),
                .testimony = std::move(received.fds[1]),
                .cpu_seconds = config_.timeout_seconds,
                .file_bytes = order.value,
                .nursery = self_,
                .convert = convert_},
               filter_);
  const UniqueFd pidfd = pid > 0 ? open_pidfd(pid) : UniqueFd();
  if (pid > 0) children_.push_back({pid, order.worker});
  if (!pidfd) {
    news.kind = NurseryNews::Kind::refused;
    news.text = std::string("a worker could not be forked: ") + std::strerror(errno);
    if (pid > 0) ::kill(pid, SIGKILL);
    tell(news);
    return;
  }
  news.kind = NurseryNews::Kind::forked;
  news.pid = pid;
  const int fds[] = {pidfd.get()};
  tell(news, fds);
}

void Nursery::obey(const NurseryOrder& order, Received& received) {
  const Child* child = child_of(order.worker);
  switch (order.kind) {
    case NurseryOrder::Kind::configure: break;  // once alone
    case NurseryOrder::Kind::fork_worker: fork_worker(order, received); break;
    case NurseryOrder::Kind::move_cpu_limit:
      if (child) {
        const rlimit limit{order.value, RLIM_INFINITY};
        ::prlimit(child->pid, RLIMIT_CPU, &limit, nullptr);
      }
      break;
    case NurseryOrder::Kind::kill_worker:
      if (child) ::kill(child->pid, SIGKILL);  // not reaped yet, so the number is still its own
      break;
  }
}

// False when the supervisor has hung up.
bool Nursery::obey_all() {
  for (;;) {
    Received received = receive_packet(kControlFd, g_order, true, false);
    if (received.kind == Received::Kind::nothing) return true;
    if (received.kind != Received::Kind::packet) return false;
    const auto order = parse_order(Bytes(g_order).first(received.size));
    if (!order) return false;
    obey(*order, received);
  }
}

// False when pid 1 of the workers' namespace has died: the kernel kills them all, and no other can be forked.
bool Nursery::reap_all() {
  for (;;) {
    siginfo_t info{};
    rusage usage{};
    // The C library's waitid leaves the fifth argument out.
    if (::syscall(SYS_waitid, P_ALL, 0, &info, WEXITED | WNOHANG, &usage) != 0 || info.si_pid == 0) return true;
    if (info.si_pid == init_) return false;
    const auto child = std::ranges::find(children_, info.si_pid, &Child::pid);
    if (child == children_.end()) continue;
    NurseryNews news;
    news.kind = NurseryNews::Kind::died;
    news.worker = child->worker;
    news.pid = info.si_pid;
    news.exited = info.si_code == CLD_EXITED;
    news.status = info.si_status;
    news.cpu_microseconds = microseconds(usage.ru_utime) + microseconds(usage.ru_stime);
    news.peak_rss = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
    children_.erase(child);
    tell(news);
  }
}

void wake(int) {}

void Nursery::serve() {
  // SIGCHLD comes only inside ppoll; workers keep it blocked, they have no children.
  struct sigaction action {};
  action.sa_handler = wake;
  ::sigaction(SIGCHLD, &action, nullptr);
  sigset_t child, waiting;
  ::sigemptyset(&child);
  ::sigaddset(&child, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &child, &waiting);
  ::sigdelset(&waiting, SIGCHLD);
  while (reap_all() && obey_all()) {
    pollfd control{kControlFd, POLLIN, 0};
    ::ppoll(&control, 1, nullptr, &waiting);
  }
}

std::optional<NurseryOrder> configuration() {
  const Received received = receive_packet(kControlFd, g_order, false, true);
  if (received.kind != Received::Kind::packet) return std::nullopt;
  auto order = parse_order(Bytes(g_order).first(received.size));
  if (!order || order->kind != NurseryOrder::Kind::configure) return std::nullopt;
  return std::move(*order);
}

SandboxLayer seccomp_layer() {
#if MAPIGUARD_SANITIZED
  return {"seccomp", true, "built with sanitizers: loosened for them"};
#else
  return {"seccomp", true, "allowlist"};
#endif
}

}  // namespace

int run_nursery(void (*warm)(), ConvertFunction convert) {
  auto config = configuration();
  if (!config) return 1;
  ::prctl(PR_SET_NAME, "mapiguard-nurse");
  warm();
  install_testimony();
  auto worker_filter = SystemCallFilter::for_worker();
  auto own_filter = SystemCallFilter::for_nursery();
  if (!worker_filter) return unfit(worker_filter.error().message);
  if (!own_filter) return unfit(own_filter.error().message);
  if (const auto changed = become_nobody(); !changed) return unfit(changed.error().message);

  NurseryNews ready;
  ready.build = kBuildId;
  ready.layers = enter_namespaces();
  if (!die_with_parent(static_cast<pid_t>(config->value))) return 1;
  if (::chdir("/") != 0) return unfit("the root directory cannot be entered");
  if (!set_no_new_privileges()) return unfit("no_new_privs cannot be set");
  ready.layers.push_back({"no_new_privs", true, {}});
  ready.layers.push_back(restrict_paths());
  ready.layers.push_back(limit_resources(config->memory_bytes));
  auto to_init = make_socket_pair();  // the filter knows no socketpair
  if (!to_init) return unfit("no descriptors");
  if (!own_filter->install()) return unfit(std::string("seccomp is not to be had: ") + std::strerror(errno));
  ready.layers.push_back(seccomp_layer());

  Nursery nursery(convert, std::move(*config), std::move(*worker_filter), std::move(*to_init));
  if (!nursery.start_init()) return unfit("a worker could not be locked down");
  if (!tell(ready)) return 1;
  nursery.serve();
  return 0;
}

}  // namespace mapiguard
