#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <ctime>
#include <iterator>
#include <optional>
#include <utility>

#include "guardian/brood.h"
#include "guardian/keeper.h"
#include "guardian/limits.h"
#include "guardian/lockdown.h"
#include "guardian/process.h"
#include "guardian/scratch.h"

namespace mapiguard {
namespace {

class KeeperBrood final : public Brood {
 public:
  KeeperBrood(const NurseryOrder& config, CommandPlan plan) : bases_(config.scratch), plan_(std::move(plan)) {}

  Result<void> prepare(const NurseryOrder& order) override;
  [[noreturn]] void become(const NurseryOrder& order, Received& received) override;
  void forked(const NurseryOrder& order, pid_t pid) override;
  void ended(pid_t pid) override;
  bool is_vital(pid_t) const override { return false; }
  void farewell() override;

 private:
  struct Kept {
    pid_t keeper;
    Scratch scratch;
  };

  void remove_aside(const Scratch& scratch);

  const pid_t self_ = ::getpid();
  std::vector<std::string> bases_;
  CommandPlan plan_;
  std::optional<Scratch> next_;
  std::vector<Kept> kept_;
  std::vector<pid_t> removers_;
};

Result<void> KeeperBrood::prepare(const NurseryOrder&) {
  next_ = Scratch::make(bases_);
  if (next_) return {};
  return fail(ErrorCode::internal, "no scratch folder can be made for the command in TMPDIR, /tmp or /var/tmp");
}

void KeeperBrood::become(const NurseryOrder&, Received& received) {
  plan_.scratch = next_->path();
  run_keeper(std::move(received.fds[0]), self_, *next_, plan_);
}

void KeeperBrood::forked(const NurseryOrder&, pid_t pid) {
  if (pid > 0)
    kept_.push_back({pid, std::move(*next_)});
  else
    next_->remove();
  next_.reset();
}

// A keeper empties the folder itself; one that was killed leaves it, and where it had no pid namespace also processes, which
// are ours then (the nursery is a subreaper).
void KeeperBrood::ended(pid_t pid) {
  std::erase(removers_, pid);
  const auto kept = std::ranges::find(kept_, pid, &Kept::keeper);
  if (kept == kept_.end()) return;
  for (const pid_t child : children_of(::getpid()))
    if (std::ranges::find(kept_, child, &Kept::keeper) == kept_.end() && std::ranges::find(removers_, child) == removers_.end())
      ::kill(child, SIGKILL);
  if (::access(kept->scratch.path().c_str(), F_OK) == 0) remove_aside(kept->scratch);
  kept_.erase(kept);
}

void KeeperBrood::remove_aside(const Scratch& scratch) {
  const pid_t remover = ::_Fork();
  if (remover == 0) {
    scratch.remove();
    _exit(0);
  }
  if (remover > 0) removers_.push_back(remover);
}

// Keepers hear of it by their own sockets; they get the time to clean up.
void KeeperBrood::farewell() {
  constexpr timespec kPause{0, 2'000'000};
  constexpr int kRounds = static_cast<int>(kKeeperPatienceSeconds * 1e9 / kPause.tv_nsec);
  for (int round = 0; round < kRounds && !(kept_.empty() && removers_.empty()); ++round) {
    const pid_t gone = ::waitpid(-1, nullptr, WNOHANG);
    if (gone > 0)
      ended(gone);
    else
      ::nanosleep(&kPause, nullptr);
  }
}

CommandPlan plan_of(const NurseryOrder& config) {
  CommandPlan plan;
  plan.argv = config.command;
  plan.environment = config.environment;
  plan.memory_bytes = config.memory_bytes;
  plan.cpu_seconds = config.timeout_seconds;
  return plan;
}

}  // namespace

Result<Nest> nest_of_keepers(const NurseryOrder& config, pid_t supervisor) {
  if (auto changed = become_nobody(); !changed) return std::unexpected(changed.error());
  Nest nest;
  nest.layers.push_back(enter_user_namespace());
  if (!die_with_parent(supervisor)) return fail(ErrorCode::internal, "the supervisor is gone");
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  CommandPlan plan = plan_of(config);
  Scratch::sweep(config.scratch);
  const auto scratch = Scratch::make(config.scratch);
  if (!scratch) return fail(ErrorCode::internal, "no scratch folder can be made for the command in TMPDIR, /tmp or /var/tmp");
  plan.scratch = scratch->path();
  auto layers = probe_enclosure(plan);
  scratch->remove();
  if (!layers) return std::unexpected(layers.error());
  std::ranges::move(*layers, std::back_inserter(nest.layers));
  nest.layers.push_back({"no_new_privs", true, {}});
  nest.layers.push_back({"resource limits", true, "memory, CPU, file size, processes, no core dumps"});
  nest.brood = std::make_unique<KeeperBrood>(config, std::move(plan));
  return nest;
}

}  // namespace mapiguard
