#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "guardian/brood.h"
#include "guardian/init.h"
#include "guardian/lockdown.h"
#include "guardian/testimony.h"

namespace mapiguard {
namespace {

class WorkerBrood final : public Brood {
 public:
  WorkerBrood(const Skills& skills, std::uint32_t cpu_seconds, SystemCallFilter filter, SocketPair to_init)
      : skills_(skills), cpu_seconds_(cpu_seconds), filter_(std::move(filter)), to_init_(std::move(to_init)) {}

  bool start_init();

  Result<void> prepare(const NurseryOrder&) override { return {}; }
  [[noreturn]] void become(const NurseryOrder& order, Received& received) override {
    run_worker({.socket = std::move(received.fds[0]),
                .inbox = std::move(received.fds[1]),
                .outbox = std::move(received.fds[2]),
                .cpu_seconds = cpu_seconds_,
                .file_bytes = order.value,
                .nursery = self_,
                .skills = &skills_},
               filter_);
  }
  void forked(const NurseryOrder&, pid_t) override {}
  void ended(pid_t) override {}
  bool is_vital(pid_t pid) const override { return pid == init_; }
  void farewell() override {}  // all die with the nursery

 private:
  const Skills skills_;
  std::uint32_t cpu_seconds_;
  SystemCallFilter filter_;
  SocketPair to_init_;
  pid_t self_ = ::getpid();
  pid_t init_ = 0;
};

bool WorkerBrood::start_init() {
  init_ = ::_Fork();
  if (init_ == 0) run_init(std::move(to_init_.theirs), self_, filter_);
  if (init_ < 0) return false;
  to_init_.theirs.reset();
  std::byte word;
  return receive_packet(to_init_.ours.get(), {&word, 1}, false, true).kind == Received::Kind::packet;
}

SandboxLayer seccomp_layer() {
#if MAPIGUARD_SANITIZED
  return {"seccomp", true, "built with sanitizers: loosened for them"};
#else
  return {"seccomp", true, "allowlist"};
#endif
}

Result<void> set_up(bool done, const char* failure) {
  if (done) return {};
  return fail(ErrorCode::internal, std::string(failure) + ": " + std::strerror(errno));
}

// As the user that workers are, so that its constructors can do no more than they; from a descriptor, since that user
// may not reach where it lies.
Result<void> load_plugin(const std::string& path, const Skills& skills, const UniqueFd& file) {
  if (!file || !skills.load_plugin) return fail(ErrorCode::internal, "the plug-in '" + path + "' cannot be opened");
  ::prctl(PR_SET_DUMPABLE, 1);  // a process that changed its user may not follow its own /proc/self/fd otherwise
  auto loaded = skills.load_plugin("/proc/self/fd/" + std::to_string(file.get()));
  ::prctl(PR_SET_DUMPABLE, 0);
  return loaded;
}

}  // namespace

Result<Nest> nest_of_workers(const NurseryOrder& config, const Skills& skills, pid_t supervisor) {
  const UniqueFd plugin(config.plugin.empty() ? -1 : ::open(config.plugin.c_str(), O_RDONLY | O_CLOEXEC));
  auto worker_filter = SystemCallFilter::for_worker();
  if (!worker_filter) return std::unexpected(worker_filter.error());
  auto own_filter = SystemCallFilter::for_nursery();
  if (!own_filter) return std::unexpected(own_filter.error());
  auto to_init = make_socket_pair();  // the filter knows no socketpair
  if (!to_init) return fail(ErrorCode::internal, "no descriptors for a nursery");

  if (auto changed = become_nobody(); !changed) return std::unexpected(changed.error());
  if (!config.plugin.empty())
    if (auto loaded = load_plugin(config.plugin, skills, plugin); !loaded) return std::unexpected(loaded.error());
  install_testimony(config.plugin);
  Nest nest;
  nest.layers = enter_namespaces();
  if (auto bound = set_up(die_with_parent(supervisor), "the supervisor is gone"); !bound) return std::unexpected(bound.error());
  if (auto moved = set_up(::chdir("/") == 0, "the root directory cannot be entered"); !moved) return std::unexpected(moved.error());
  if (auto set = set_up(set_no_new_privileges(), "no_new_privs cannot be set"); !set) return std::unexpected(set.error());
  nest.layers.push_back({"no_new_privs", true, {}});
  nest.layers.push_back(restrict_paths());
  nest.layers.push_back(limit_resources(config.memory_bytes));
  if (auto set = set_up(own_filter->install(), "seccomp is not to be had"); !set) return std::unexpected(set.error());
  nest.layers.push_back(seccomp_layer());

  auto brood = std::make_unique<WorkerBrood>(skills, config.timeout_seconds, std::move(*worker_filter), std::move(*to_init));
  if (auto started = set_up(brood->start_init(), "a worker could not be locked down"); !started) return std::unexpected(started.error());
  nest.brood = std::move(brood);
  return nest;
}

}  // namespace mapiguard
