#include "guardian/pool.h"

#include <sys/eventfd.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "guardian/lanes.h"
#include "guardian/limits.h"
#include "guardian/command_line.h"
#include "guardian/local_conversion.h"
#include "guardian/nursery_link.h"
#if MAPIGUARD_FAULTS
#include "guardian/plant.h"
#endif
#include "guardian/worker_handle.h"
#include <mapiguard/version.h>

namespace mapiguard {
namespace {

using Clock = std::chrono::steady_clock;
using Worker = std::shared_ptr<WorkerHandle>;

constexpr std::chrono::seconds kShortLife{1};

std::chrono::milliseconds milliseconds(double seconds) { return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000)); }

}  // namespace

class Pool::Impl {
 public:
  explicit Impl(const GuardOptions& options);
  ~Impl();

  Result<void> start();
  Attempt run(const Task& task);
  void stop();
  std::vector<SandboxLayer> layers() const {
    const std::lock_guard lock(mutex_);
    return layers_;
  }

 private:
  // What the pool knows of a living worker beside its handle.
  struct Record {
    Worker handle;
    std::optional<WorkerEnd> death;
    bool born = false;    // forked by the nursery
    bool in_use = false;  // by a caller: it is forgotten when that lets go
  };
  // A worker that serves message after message (Isolation::worker).
  struct Serving {
    Worker handle;
    unsigned load = 0;
    std::size_t messages = 0;
    double cpu_limit_base = 0;  // its CPU seconds when the limit was last moved
  };
  using Lock = std::unique_lock<std::mutex>;

  // -- the pool's own thread: one nursery after another --
  void attend();
  void live_with_nursery(Lock& lock);
  bool serve_nursery(Lock& lock);
  bool hear_all();
  void on_news(NurseryLink::Heard heard);
  void on_ready(const NurseryNews& news);
  void on_forked(NurseryLink::Heard heard);
  void on_died(const NurseryNews& news);
  void replace_spare(const NurseryNews& news);
  void on_nursery_lost(std::string why);
  void configure();

  // -- callers --
  Attempt run_alone(const Task& task);
  Attempt run_shared(const Task& task);
  bool is_ordinary(const Task& task) const { return task.output_limit <= file_ceiling_; }
  std::optional<Error> trouble() const;
  Result<Worker> take_spare(Lock& lock, const Task& task);
  Result<Worker> take_special(Lock& lock, const Task& task);
  Result<Serving*> take_serving(Lock& lock);
  Result<Serving*> hire(Lock& lock);
  static bool is_fit(const Serving& serving) { return !serving.handle->spent() && serving.messages < kMessagesOfAWorker; }
  void give_back(Serving& serving);
  void move_cpu_limit(Serving& serving);
  void top_up();
  std::uint64_t request_worker(std::uint64_t file_bytes, bool as_spare);
  void dismiss(const Worker& worker);
  void forget_if_over(std::uint64_t id);
  std::optional<WorkerEnd> await_death(WorkerHandle& worker);
  void kill(WorkerHandle& worker);
  void kill_locked(const WorkerHandle& worker);
  Worker put_to_use(std::uint64_t id);
  std::unique_ptr<Page> blank_page();

  const GuardOptions options_;
  const unsigned most_;                // workers at once
  const std::uint64_t file_ceiling_;   // RLIMIT_FSIZE of spares
  std::string program_;
  WorkerHandle::Plan plan_;
  UniqueFd stop_event_, wake_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<NurseryLink> nursery_;
  bool ready_ = false;
  bool stopping_ = false;
  bool nursery_is_bad_ = false;
  bool has_served_ = false;       // this nursery
  Clock::time_point started_{};   // this nursery
  unsigned failed_starts_ = 0;  // in a row, without a reply in between
  unsigned idle_deaths_ = 0;    // likewise, of workers that had nothing to do
  std::string last_failure_;
  std::vector<SandboxLayer> layers_;
  std::uint64_t next_worker_ = 1;
  std::unordered_map<std::uint64_t, Record> workers_;
  std::vector<std::uint64_t> spares_;      // forked, waiting for a task
  std::size_t expected_ = 0;               // ordered as spares, not yet forked
  std::unordered_map<std::uint64_t, bool> special_;  // ordered for one caller; true = forked
  std::vector<std::unique_ptr<Serving>> serving_;
  std::vector<std::unique_ptr<Page>> pages_;  // of dead workers, wiped when used again
  unsigned hiring_ = 0;                    // callers that wait for one of these
  unsigned running_ = 0;                   // callers inside run()
  unsigned exclusive_ = 0;                 // of them, with a worker of their own
  std::thread thread_;
};

Pool::Impl::Impl(const GuardOptions& options)
    : options_(options),
      most_(options.workers ? options.workers : std::max(1u, std::thread::hardware_concurrency())),
      file_ceiling_(options.output_bytes ? options.output_bytes : kOutputInMemory) {
  plan_.timeout_seconds = options.timeout_seconds;
  plan_.external = options_.converter ? &*options_.converter : nullptr;
  plan_.await_death = [this](WorkerHandle& worker) { return await_death(worker); };
  plan_.kill = [this](WorkerHandle& worker) { kill(worker); };
}

Pool::Impl::~Impl() {
  stop();
  Lock lock(mutex_);
  changed_.wait(lock, [&] { return running_ == 0; });
  lock.unlock();
  if (thread_.joinable()) thread_.join();
}

Result<void> Pool::Impl::start() {
  if (options_.converter)
    if (auto usable = check_command(*options_.converter); !usable) return usable;
  auto program = find_worker_program(options_);
  if (!program) return std::unexpected(program.error());
  program_ = std::move(*program);
  stop_event_ = UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  wake_ = UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!stop_event_ || !wake_) return fail(ErrorCode::internal, std::string("no descriptors for the worker pool: ") + std::strerror(errno));
  plan_.stop_event = stop_event_.get();
  // The thread takes no signal of the host's.
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { attend(); });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);

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

// -- the pool's own thread ----------------------------------------------------------------------------------------------

void Pool::Impl::attend() {
  Lock lock(mutex_);
  while (!stopping_) {
    live_with_nursery(lock);
    changed_.notify_all();
    // Callers are told of the failure meanwhile; the host may recover.
    if (failed_starts_ >= kNurseryStartsInARow) changed_.wait_for(lock, milliseconds(kNurseryRestSeconds), [&] { return stopping_; });
  }
}

void Pool::Impl::live_with_nursery(Lock& lock) {
  auto started = NurseryLink::start(program_);
  if (!started) return on_nursery_lost(started.error().message);
  nursery_.emplace(std::move(*started));
  nursery_is_bad_ = has_served_ = false;
  started_ = Clock::now();
  configure();
  while (serve_nursery(lock)) continue;
  std::optional<NurseryLink> ended;
  ended.swap(nursery_);
  if (stopping_ && options_.converter) {  // keepers that are hung up on end their commands and clean up; the nursery waits for them
    workers_.clear();
    ended->let_go();
  }
  lock.unlock();
  std::string how = ended->end();
  ended.reset();
  lock.lock();
  on_nursery_lost(how.empty() ? "the nursery was lost" : "the nursery was lost: " + how);
}

void Pool::Impl::configure() {
  NurseryOrder order;
  order.kind = NurseryOrder::Kind::configure;
  order.value = static_cast<std::uint64_t>(::getpid());
  order.memory_bytes = options_.memory_bytes;
  order.timeout_seconds = options_.timeout_seconds;
  if (options_.converter) describe_command(order, *options_.converter, options_.state_dir);
  nursery_->order(order);
  top_up();  // before it is ready: the order waits in its socket
}

// False when this nursery is over.
bool Pool::Impl::serve_nursery(Lock& lock) {
  pollfd watched[] = {{nursery_->socket(), POLLIN, 0}, {wake_.get(), POLLIN, 0}};
  lock.unlock();
  const int ready = ::poll(watched, std::size(watched), -1);
  lock.lock();
  if (stopping_ && running_ == 0) return false;
  if (watched[1].revents) {
    std::uint64_t count;
    (void)!::read(wake_.get(), &count, sizeof count);
  }
  return ready < 0 || watched[0].revents == 0 || hear_all();
}

bool Pool::Impl::hear_all() {
  for (;;) {
    auto heard = nursery_->hear();
    if (heard.kind == NurseryLink::Heard::Kind::nothing) return true;
    if (heard.kind == NurseryLink::Heard::Kind::end) return false;
    on_news(std::move(heard));
    if (nursery_is_bad_) return false;
  }
}

void Pool::Impl::on_news(NurseryLink::Heard heard) {
  switch (heard.news.kind) {
    case NurseryNews::Kind::ready: on_ready(heard.news); break;
    case NurseryNews::Kind::unfit: last_failure_ = heard.news.text; break;
    case NurseryNews::Kind::forked: on_forked(std::move(heard)); break;
    case NurseryNews::Kind::refused:
      last_failure_ = heard.news.text;
      on_died(heard.news);
      break;
    case NurseryNews::Kind::died: on_died(heard.news); break;
  }
  changed_.notify_all();
}

void Pool::Impl::on_ready(const NurseryNews& news) {
  if (news.build != kBuildId) {
    failed_starts_ = kNurseryStartsInARow;
    last_failure_ = program_ + " is of another build (" + news.build + ")";
    return;
  }
  layers_ = news.layers;
  last_failure_.clear();
  ready_ = true;
}

void Pool::Impl::on_forked(NurseryLink::Heard heard) {
  const std::uint64_t id = heard.news.worker;
  const auto found = workers_.find(id);
  if (found == workers_.end() || !heard.pidfd) return;
  found->second.handle->born(heard.news.pid, std::move(heard.pidfd));
  found->second.born = true;
  if (const auto special = special_.find(id); special != special_.end()) {
    special->second = true;
  } else {
    --expected_;
    spares_.push_back(id);
  }
}

void Pool::Impl::on_died(const NurseryNews& news) {
  const auto found = workers_.find(news.worker);
  if (found == workers_.end()) return;
  found->second.death = WorkerEnd{.known = true,
                              .exited = news.exited,
                              .status = news.status,
                              .cpu_seconds = static_cast<double>(news.cpu_microseconds) * 1e-6,
                              .peak_rss = news.peak_rss};
  const bool was_spare = std::erase(spares_, news.worker) > 0;
  const bool was_expected = !found->second.born && !special_.contains(news.worker);
  special_.erase(news.worker);
  if (was_expected) --expected_;
  forget_if_over(news.worker);
  if (was_spare || was_expected) replace_spare(news);
}

// A spare that dies has seen no message. Should they all do so of themselves, another nursery may do better.
void Pool::Impl::replace_spare(const NurseryNews& news) {
  const bool was_killed = !news.exited && news.status == SIGKILL;
  if (was_killed || ++idle_deaths_ < kIdleDeathsInARow) return top_up();
  last_failure_ = !news.text.empty() ? news.text
                                     : (news.exited ? "workers end before they are given a message, with exit code "
                                                    : "workers die before they are given a message, by signal ") +
                                           std::to_string(news.status);
  idle_deaths_ = 0;
  nursery_is_bad_ = true;
}

// Its workers are dead or dying with it, and nobody can say how.
void Pool::Impl::on_nursery_lost(std::string why) {
  if (last_failure_.empty() || (ready_ && !nursery_is_bad_)) last_failure_ = std::move(why);
  // One that has served and was killed is no failed start; one that never did anything is, lest they follow one another.
  const bool was_good = ready_ && !nursery_is_bad_ && (has_served_ || Clock::now() - started_ > kShortLife);
  failed_starts_ = was_good ? 0 : failed_starts_ + 1;
  ready_ = false;
  spares_.clear();
  special_.clear();
  expected_ = 0;
  for (auto& [id, record] : workers_)
    if (!record.death) record.death = WorkerEnd{};
  std::erase_if(workers_, [](const auto& entry) { return !entry.second.in_use; });
  changed_.notify_all();
}

// -- workers --------------------------------------------------------------------------------------------------------------

std::unique_ptr<Page> Pool::Impl::blank_page() {
  if (pages_.empty()) return Page::make();
  auto page = std::move(pages_.back());
  pages_.pop_back();
  page->wipe();
  return page;
}

// 0 when the nursery cannot be told.
std::uint64_t Pool::Impl::request_worker(std::uint64_t file_bytes, bool as_spare) {
  auto pair = make_socket_pair();
  auto page = blank_page();
  if (!nursery_ || !pair || !page) return 0;
  NurseryOrder order;
  order.kind = NurseryOrder::Kind::fork_worker;
  order.worker = next_worker_++;
  order.value = file_bytes;
  const int fds[] = {pair->theirs.get(), page->fd()};
  if (!nursery_->order(order, fds)) return 0;
  workers_[order.worker].handle = std::make_shared<WorkerHandle>(order.worker, std::move(pair->ours), std::move(page), plan_);
  if (as_spare)
    ++expected_;
  else
    special_[order.worker] = false;
  return order.worker;
}

// As many spares as there are callers, so that the next message finds one; at least one, at most one a processor and one.
void Pool::Impl::top_up() {
  const bool shared = options_.isolation == Isolation::worker && !options_.converter;
  const std::size_t wanted = shared ? std::max(hiring_, 1u) : std::clamp(running_, 1u, most_ + 1);
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
  if (found->second.death->known) pages_.push_back(found->second.handle->take_page());
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
  if (options_.isolation == Isolation::none) return convert_here(task);
  const bool shared = options_.isolation == Isolation::worker && !options_.converter && !task.alone && is_ordinary(task);
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
  for (unsigned worker = 0; worker < kWorkersForAMessage; ++worker) {
    attempt = shared ? run_shared(task) : run_alone(task);
    if (!attempt.not_given) break;
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

Attempt Pool::Impl::run_alone(const Task& task) {
  Lock lock(mutex_);
  changed_.wait(lock, [&] { return exclusive_ < most_ || trouble(); });
  ++exclusive_;
  auto worker = take_spare(lock, task);
  Attempt attempt;
  if (worker) {
    lock.unlock();
    attempt = (*worker)->run(task, true, options_.plant);
    lock.lock();
    dismiss(*worker);
  } else {
    attempt.failure = worker.error();
  }
  --exclusive_;
  return attempt;
}

Attempt Pool::Impl::run_shared(const Task& task) {
  Lock lock(mutex_);
  auto serving = take_serving(lock);
  Attempt attempt;
  if (!serving) {
    attempt.failure = serving.error();
    return attempt;
  }
  const Worker worker = (*serving)->handle;
  lock.unlock();
  attempt = worker->run(task, false, options_.plant);
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
    for (const auto& serving : serving_)
      if (is_fit(*serving) && serving->load < depth && (!best || serving->load < best->load)) best = serving.get();
    const bool may_grow = serving_.size() + hiring_ < most_;
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

// The soft limit counts from the worker's birth. It is moved when a second of CPU has gone since, so that a
// message gets the seconds that it should and at most one more.
void Pool::Impl::move_cpu_limit(Serving& serving) {
  constexpr double kMoveAfter = 0.5;
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

Result<std::unique_ptr<Pool>> Pool::start(const GuardOptions& options) {
  if (auto allowed = check_plant(options); !allowed) return std::unexpected(allowed.error());
  auto impl = std::make_unique<Impl>(options);
  if (options.isolation != Isolation::none)
    if (auto started = impl->start(); !started) return std::unexpected(started.error());
  return std::unique_ptr<Pool>(new Pool(std::move(impl)));
}

Attempt Pool::run(const Task& task) { return impl_->run(task); }
void Pool::stop() { impl_->stop(); }
std::vector<SandboxLayer> Pool::layers() const { return impl_->layers(); }

}  // namespace mapiguard
