#include "guardian/nursery.h"

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

#include "guardian/brood.h"
#include "guardian/limits.h"
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

std::uint64_t microseconds(const timeval& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(time.tv_usec);
}

// One forked process.
struct Child {
  pid_t pid;
  std::uint64_t worker;
};

class Nursery {
 public:
  explicit Nursery(Brood& brood) : brood_(brood) { children_.reserve(kMostChildren); }

  // Until the supervisor hangs up, or nothing can be forked any more.
  void serve();

 private:
  bool obey_all();
  void obey(const NurseryOrder& order, Received& received);
  void fork_worker(const NurseryOrder& order, Received& received);
  void refuse(const NurseryOrder& order, std::string why);
  bool reap_all();
  void report(const Child& child, const siginfo_t& info, const rusage& usage);

  Brood& brood_;
  std::vector<Child> children_;
};

void Nursery::refuse(const NurseryOrder& order, std::string why) {
  NurseryNews news;
  news.kind = NurseryNews::Kind::refused;
  news.worker = order.worker;
  news.text = std::move(why);
  tell(news);
}

void Nursery::fork_worker(const NurseryOrder& order, Received& received) {
  if (children_.size() >= kMostChildren) return refuse(order, "there are too many workers");
  if (const auto prepared = brood_.prepare(order); !prepared) return refuse(order, prepared.error().message);
  const pid_t pid = ::_Fork();
  if (pid == 0) brood_.become(order, received);
  const int why_not = errno;
  brood_.forked(order, pid > 0 ? pid : 0);
  if (pid < 0) return refuse(order, std::string("a worker could not be forked: ") + std::strerror(why_not));
  children_.push_back({pid, order.worker});
  const UniqueFd pidfd = open_pidfd(pid);
  if (!pidfd) {
    ::kill(pid, SIGKILL);  // its death is reported
    return;
  }
  NurseryNews news;
  news.kind = NurseryNews::Kind::forked;
  news.worker = order.worker;
  news.pid = pid;
  const int fds[] = {pidfd.get()};
  tell(news, fds);
}

void Nursery::obey(const NurseryOrder& order, Received& received) {
  const auto child = std::ranges::find(children_, order.worker, &Child::worker);
  switch (order.kind) {
    case NurseryOrder::Kind::configure: break;  // once alone
    case NurseryOrder::Kind::fork_worker: fork_worker(order, received); break;
    case NurseryOrder::Kind::move_cpu_limit:
      if (child != children_.end()) {
        const rlimit limit{order.value, RLIM_INFINITY};
        ::prlimit(child->pid, RLIMIT_CPU, &limit, nullptr);
      }
      break;
    case NurseryOrder::Kind::kill_worker:
      if (child != children_.end()) ::kill(child->pid, SIGKILL);  // not reaped yet, so the number is still its own
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

void Nursery::report(const Child& child, const siginfo_t& info, const rusage& usage) {
  NurseryNews news;
  news.kind = NurseryNews::Kind::died;
  news.worker = child.worker;
  news.pid = child.pid;
  news.exited = info.si_code == CLD_EXITED;
  news.status = info.si_status;
  news.cpu_microseconds = microseconds(usage.ru_utime) + microseconds(usage.ru_stime);
  news.peak_rss = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
  tell(news);
}

bool Nursery::reap_all() {
  for (;;) {
    siginfo_t info{};
    rusage usage{};
    // The C library's waitid leaves the fifth argument out.
    if (::syscall(SYS_waitid, P_ALL, 0, &info, WEXITED | WNOHANG, &usage) != 0 || info.si_pid == 0) return true;
    if (brood_.is_vital(info.si_pid)) return false;
    const auto child = std::ranges::find(children_, info.si_pid, &Child::pid);
    if (child != children_.end()) {
      report(*child, info, usage);
      children_.erase(child);
    }
    brood_.ended(info.si_pid);
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

Result<Nest> build_nest(const NurseryOrder& config, const Skills& skills) {
  const auto supervisor = static_cast<pid_t>(config.value);
  if (!config.command.empty()) return nest_of_keepers(config, supervisor);
  if (skills.warm) skills.warm();
  return nest_of_workers(config, skills, supervisor);
}

}  // namespace

int run_nursery(const Skills& skills) {
  const auto config = configuration();
  if (!config) return 1;
  ::prctl(PR_SET_NAME, "mapiguard-nurse");
  NurseryNews first;
  first.build = kBuildId;
  auto nest = build_nest(*config, skills);
  if (!nest) {
    first.kind = NurseryNews::Kind::unfit;
    first.text = nest.error().message;
  } else {
    first.layers = std::move(nest->layers);
    first.modules = loaded_modules();
  }
  if (!tell(first) || !nest) return 1;
  Nursery(*nest->brood).serve();
  nest->brood->farewell();
  return 0;
}

}  // namespace mapiguard
