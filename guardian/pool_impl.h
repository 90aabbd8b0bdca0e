// The inside of a Pool, in two halves: pool.cc serves the callers, pool_attend.cc is the thread that lives with the
// nursery. Both look after the same books, under one lock.
//
// Thread promise: every member behind `mutex_`, unless const.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "guardian/nursery_link.h"
#include "guardian/pool.h"
#include "guardian/worker_handle.h"

namespace mapiguard {

inline std::chrono::milliseconds milliseconds(double seconds) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

using Worker = std::shared_ptr<WorkerHandle>;

class Pool::Impl {
 public:
  Impl(const GuardOptions& options, std::string plugin);
  ~Impl();

  Result<void> launch();
  Result<void> await_ready();
  Attempt run(const Task& task);
  void stop();
  std::vector<SandboxLayer> layers() const {
    const std::lock_guard lock(mutex_);
    return layers_;
  }
  std::vector<LoadedModule> modules() const {
    const std::lock_guard lock(mutex_);
    return modules_;
  }

 private:
  using Lock = std::unique_lock<std::mutex>;
  using Clock = std::chrono::steady_clock;

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
    Clock::time_point cpu_asked{};
  };

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
  bool may_replace();
  void on_nursery_lost(std::string why);
  void configure();

  // -- callers --
  Attempt run_once(const Task& task, bool shared, bool on_desk);
  Attempt run_alone(const Task& task, const WorkerHandle::Manner& manner);
  Attempt run_shared(const Task& task, const WorkerHandle::Manner& manner);
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
  std::unique_ptr<Desk> clean_desk();
  bool is_shared() const { return options_.isolation == Isolation::worker && !options_.converter; }

  const GuardOptions options_;
  const unsigned most_;                // workers at once
  const std::uint64_t file_ceiling_;   // RLIMIT_FSIZE of spares
  std::string program_;
  std::string plugin_;
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
  std::vector<LoadedModule> modules_;
  std::uint64_t next_worker_ = 1;
  std::unordered_map<std::uint64_t, Record> workers_;
  std::vector<std::uint64_t> spares_;      // forked, waiting for a task
  std::size_t expected_ = 0;               // ordered as spares, not yet forked
  Clock::time_point replacing_since_{};    // the second in which `replaced_` spares were replaced
  unsigned replaced_ = 0;
  std::unordered_map<std::uint64_t, bool> special_;  // ordered for one caller; true = forked
  std::vector<std::unique_ptr<Serving>> serving_;
  std::vector<std::unique_ptr<Desk>> desks_;  // of dead workers, wiped when used again
  unsigned hiring_ = 0;                    // callers that wait for one of these
  unsigned running_ = 0;                   // callers inside run()
  unsigned exclusive_ = 0;                 // of them, with a worker of their own
  std::thread thread_;
};

}  // namespace mapiguard
