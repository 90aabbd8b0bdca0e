#include "guardian/pool.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>

#include "base/try.h"
#include "guardian/lanes.h"
#include "guardian/limits.h"
#include "guardian/signals_blocked.h"
#include "guardian/command_line.h"
#include "guardian/local_conversion.h"
#include "guardian/pool_impl.h"
#if MAPIGUARD_FAULTS
#include "guardian/plant.h"
#endif

namespace mapiguard {
Pool::Impl::Impl(const GuardOptions& options, std::string plugin)
    : options_(options),
      most_(options.workers ? options.workers : std::max(1u, std::thread::hardware_concurrency())),
      file_ceiling_(options.output_bytes ? options.output_bytes : kOutputInMemory),
      plugin_(std::move(plugin)) {
  plan_.timeout_seconds = options.timeout_seconds;
  plan_.external = options_.converter ? &*options_.converter : nullptr;
  plan_.state_dir = options.state_dir;
  plan_.await_death = [this](WorkerHandle& worker) { return await_death(worker); };
  plan_.kill = [this](WorkerHandle& worker) { kill(worker); };
  plan_.dying = [this] {
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
  };
}

Pool::Impl::~Impl() {
  stop();
  Lock lock(mutex_);
  changed_.wait(lock, [&] { return running_ == 0; });
  lock.unlock();
  if (thread_.joinable()) thread_.join();
}

Result<void> Pool::Impl::launch() {
  if (options_.converter)
    if (auto usable = check_command(*options_.converter); !usable) return usable;
  auto program = find_worker_program(options_);
  if (!program) return std::unexpected(program.error());
  program_ = std::move(*program);
  stop_event_ = UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  wake_ = UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!stop_event_ || !wake_) return fail(ErrorCode::internal, std::string("no descriptors for the worker pool: ") + std::strerror(errno));
  plan_.stop_event = stop_event_.get();
  const SignalsBlocked blocked;
  thread_ = std::thread([this] { attend(); });
  return {};
}

Result<void> Pool::Impl::await_ready() {
  if (options_.isolation == Isolation::none) return {};
  Lock lock(mutex_);
  changed_.wait(lock, [&] { return ready_ || trouble(); });
  if (auto error = trouble()) return std::unexpected(std::move(*error));
  return {};
}

void Pool::Impl::stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  const std::uint64_t one = 1;
  (void)!::write(stop_event_.get(), &one, sizeof one);
  (void)!::write(wake_.get(), &one, sizeof one);
  changed_.notify_all();
}

// Why callers cannot be served at all.
std::optional<Error> Pool::Impl::trouble() const {
  if (stopping_) return stopping_error();
  if (!ready_ && failed_starts_ >= kNurseryStartsInARow) return Error{ErrorCode::internal, "no worker can be started: " + last_failure_, "see 'mapiguard doctor'"};
  return std::nullopt;
}

// -- workers --------------------------------------------------------------------------------------------------------------

std::unique_ptr<Desk> Pool::Impl::clean_desk() {
  while (!desks_.empty()) {
    auto desk = std::move(desks_.back());
    desks_.pop_back();
    if (desk->wipe()) return desk;
  }
  return Desk::make(options_.converter ? 0 : is_shared() ? std::max(1u, options_.depth) : 1);
}

// 0 when the nursery cannot be told.
std::uint64_t Pool::Impl::request_worker(std::uint64_t file_bytes, bool as_spare) {
  auto pair = make_socket_pair();
  auto desk = clean_desk();
  if (!nursery_ || !pair || !desk) return 0;
  NurseryOrder order;
  order.kind = NurseryOrder::Kind::fork_worker;
  order.worker = next_worker_++;
  order.value = file_bytes;
  const int fds[] = {pair->theirs.get(), desk->inbox(), desk->outbox()};
  if (!nursery_->order(order, fds)) return 0;
  workers_[order.worker].handle = std::make_shared<WorkerHandle>(order.worker, std::move(pair->ours), std::move(desk), plan_);
  if (as_spare)
    ++expected_;
  else
    special_[order.worker] = false;
  return order.worker;
}

// As many spares as there are callers, so that the next message finds one; at least one, at most one a processor and one.
void Pool::Impl::top_up() {
  const std::size_t wanted = is_shared() ? std::max(hiring_, 1u) : std::clamp(running_, 1u, most_ + 1);
  while (spares_.size() + expected_ < wanted)
    if (request_worker(file_ceiling_, true) == 0) return;
}

Result<Worker> Pool::Impl::take_spare(Lock& lock, const Task& task) {
  if (!is_ordinary(task)) return take_special(lock, task);
  top_up();
  const auto deadline = Clock::now() + milliseconds(kWorkerPatienceSeconds);
  if (!changed_.wait_until(lock, deadline, [&] { return !spares_.empty() || trouble(); }))
    return fail(ErrorCode::try_again, "no worker came in time", "the machine may be overloaded");
  if (auto error = trouble()) return std::unexpected(std::move(*error));
  const std::uint64_t id = spares_.back();
  spares_.pop_back();
  top_up();
  return put_to_use(id);
}

// A worker that may write a larger file than the others.
Result<Worker> Pool::Impl::take_special(Lock& lock, const Task& task) {
  const std::uint64_t id = request_worker(task.output_limit, false);
  const auto deadline = Clock::now() + milliseconds(kWorkerPatienceSeconds);
  const auto settled = [&] { return !special_.contains(id) || special_[id] || trouble(); };
  if (id == 0 || !changed_.wait_until(lock, deadline, settled) || !special_.contains(id) || !special_[id]) {
    special_.erase(id);
    if (auto error = trouble()) return std::unexpected(std::move(*error));
    return fail(ErrorCode::try_again, "no worker came in time", "the machine may be overloaded");
  }
  special_.erase(id);
  return put_to_use(id);
}

// The caller is done with a worker that is to serve nobody again.
void Pool::Impl::dismiss(const Worker& worker) {
  kill_locked(*worker);
  const auto found = workers_.find(worker->id());
  if (found == workers_.end()) return;
  found->second.in_use = false;
  forget_if_over(worker->id());
}

Worker Pool::Impl::put_to_use(std::uint64_t id) {
  Record& record = workers_.at(id);
  record.in_use = true;
  return record.handle;
}

void Pool::Impl::forget_if_over(std::uint64_t id) {
  const auto found = workers_.find(id);
  if (found == workers_.end() || found->second.in_use || !found->second.death) return;
  // As many as there are workers at once: many that die together must not leave their memory with us.
  if (found->second.death->known && desks_.size() <= most_) desks_.push_back(found->second.handle->take_desk());
  workers_.erase(found);
}

std::optional<WorkerEnd> Pool::Impl::await_death(WorkerHandle& worker) {
  Lock lock(mutex_);
  const auto deadline = Clock::now() + milliseconds(kDeathReportSeconds);
  const auto told = [&] {
    const auto found = workers_.find(worker.id());
    return found == workers_.end() || found->second.death;
  };
  if (!changed_.wait_until(lock, deadline, told)) return std::nullopt;
  const auto found = workers_.find(worker.id());
  return found == workers_.end() ? std::nullopt : found->second.death;
}

void Pool::Impl::kill(WorkerHandle& worker) {
  const std::lock_guard lock(mutex_);
  kill_locked(worker);
}

void Pool::Impl::kill_locked(const WorkerHandle& worker) {
  if (kill_by_pidfd(worker.pidfd()) || errno != EPERM) return;
  // A host that gave up root after it started us may not signal nobody's processes; the nursery may.
  NurseryOrder order;
  order.kind = NurseryOrder::Kind::kill_worker;
  order.worker = worker.id();
  if (nursery_) nursery_->order(order);
}

// -- callers ----------------------------------------------------------------------------------------------------------------

Attempt Pool::Impl::run(const Task& task) {
  if (options_.isolation == Isolation::none) return convert_here(task, options_.state_dir);
  const bool shared = is_shared() && !task.alone && is_ordinary(task);
  {
    const std::lock_guard lock(mutex_);
    if (auto error = trouble()) {
      Attempt attempt;
      attempt.failure = std::move(*error);
      return attempt;
    }
    ++running_;
  }
  // A worker that somebody killed while it waited says nothing about the message: another takes its place.
  Attempt attempt;
  bool on_desk = true;
  for (unsigned worker = 0; worker < kWorkersForAMessage; ++worker) {
    attempt = run_once(task, shared, on_desk);
    if (attempt.no_room) on_desk = false;
    if (!attempt.not_given && !attempt.no_room) break;
  }
  const std::lock_guard lock(mutex_);
  --running_;
  if (attempt.reply) {
    failed_starts_ = idle_deaths_ = 0;
    has_served_ = true;
  }
  if (stopping_) {
    const std::uint64_t one = 1;
    (void)!::write(wake_.get(), &one, sizeof one);
  }
  changed_.notify_all();
  return attempt;
}

Attempt Pool::Impl::run_once(const Task& task, bool shared, bool on_desk) {
  const WorkerHandle::Manner manner{.last = !shared, .on_desk = on_desk, .plant = options_.plant};
  return shared ? run_shared(task, manner) : run_alone(task, manner);
}

Attempt Pool::Impl::run_alone(const Task& task, const WorkerHandle::Manner& manner) {
  Lock lock(mutex_);
  changed_.wait(lock, [&] { return exclusive_ < most_ || trouble(); });
  ++exclusive_;
  auto worker = take_spare(lock, task);
  Attempt attempt;
  if (worker) {
    lock.unlock();
    attempt = (*worker)->run(task, manner);
    lock.lock();
    dismiss(*worker);
  } else {
    attempt.failure = worker.error();
  }
  --exclusive_;
  return attempt;
}

Attempt Pool::Impl::run_shared(const Task& task, const WorkerHandle::Manner& manner) {
  Lock lock(mutex_);
  auto serving = take_serving(lock);
  Attempt attempt;
  if (!serving) {
    attempt.failure = serving.error();
    return attempt;
  }
  const Worker worker = (*serving)->handle;
  lock.unlock();
  attempt = worker->run(task, manner);
  lock.lock();
  give_back(**serving);
  return attempt;
}

// An idle one, else a new one, else the one with the shortest queue.
Result<Pool::Impl::Serving*> Pool::Impl::take_serving(Lock& lock) {
  const unsigned depth = std::max(1u, options_.depth);
  for (;;) {
    if (auto error = trouble()) return std::unexpected(std::move(*error));
    Serving* best = nullptr;
    std::size_t fit = 0;
    for (const auto& serving : serving_) {
      fit += is_fit(*serving);
      if (is_fit(*serving) && serving->load < depth && (!best || serving->load < best->load)) best = serving.get();
    }
    const bool may_grow = fit + hiring_ < most_;
    if (may_grow && (!best || best->load > 0)) {
      auto hired = hire(lock);
      if (!hired) return hired;
      best = *hired;
    }
    if (best) {
      ++best->load;
      ++best->messages;
      move_cpu_limit(*best);
      return best;
    }
    changed_.wait(lock);
  }
}

// One more that serves message after message.
Result<Pool::Impl::Serving*> Pool::Impl::hire(Lock& lock) {
  ++hiring_;
  auto spare = take_spare(lock, Task{});
  --hiring_;
  changed_.notify_all();
  if (!spare) return std::unexpected(spare.error());
  serving_.push_back(std::make_unique<Serving>());
  serving_.back()->handle = std::move(*spare);
  return serving_.back().get();
}

// The soft limit counts from the worker's birth. It is moved when half a second of CPU has gone since, so that a
// message gets the seconds that it should and at most one more. A worker has one thread: it need not be asked before
// that much time has passed.
void Pool::Impl::move_cpu_limit(Serving& serving) {
  constexpr double kMoveAfter = 0.5;
  constexpr std::chrono::milliseconds kAskAfter{100};
  const auto now = Clock::now();
  if (now - serving.cpu_asked < kAskAfter) return;
  serving.cpu_asked = now;
  const double used = serving.handle->cpu_seconds_now();
  if (used - serving.cpu_limit_base < kMoveAfter) return;
  serving.cpu_limit_base = used;
  NurseryOrder order;
  order.kind = NurseryOrder::Kind::move_cpu_limit;
  order.worker = serving.handle->id();
  order.value = static_cast<std::uint64_t>(used) + 1 + options_.timeout_seconds;
  if (nursery_) nursery_->order(order);
}

void Pool::Impl::give_back(Serving& serving) {
  --serving.load;
  if (serving.load > 0 || is_fit(serving)) return;
  const Worker worker = std::move(serving.handle);
  std::erase_if(serving_, [&](const auto& entry) { return entry.get() == &serving; });
  dismiss(worker);
  top_up();
}

namespace {

Result<void> check_plant(const GuardOptions& options) {
  if (options.plant.empty()) return {};
#if MAPIGUARD_FAULTS
  if (is_plant(options.plant) && !options.converter && options.isolation != Isolation::none) return {};
  return fail(ErrorCode::usage, "no fault of that name can be planted here: " + options.plant);
#else
  return fail(ErrorCode::usage, "this build plants no faults", "'make faults' makes one that does");
#endif
}

}  // namespace

// -- Pool -------------------------------------------------------------------------------------------------------------------

Pool::Pool(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Pool::~Pool() = default;

Result<std::unique_ptr<Pool>> Pool::start(const GuardOptions& options, std::string plugin) {
  auto pool = launch(options, std::move(plugin));
  if (pool) MAPIGUARD_TRY((*pool)->await_ready());
  return pool;
}

Result<void> Pool::await_ready() { return impl_->await_ready(); }

Result<std::unique_ptr<Pool>> Pool::launch(const GuardOptions& options, std::string plugin) {
  if (auto allowed = check_plant(options); !allowed) return std::unexpected(allowed.error());
  auto impl = std::make_unique<Impl>(options, std::move(plugin));
  if (options.isolation != Isolation::none)
    MAPIGUARD_TRY(impl->launch());
  return std::unique_ptr<Pool>(new Pool(std::move(impl)));
}

Attempt Pool::run(const Task& task) { return impl_->run(task); }
void Pool::stop() { impl_->stop(); }
std::vector<SandboxLayer> Pool::layers() const { return impl_->layers(); }
std::vector<LoadedModule> Pool::modules() const { return impl_->modules(); }

}  // namespace mapiguard
