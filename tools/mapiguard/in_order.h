// InOrder: work that finishes in any order is settled in its own order: 0, 1, 2 ...
//
// Thread promise: settle() from many threads; the actions run one at a time, in some of these threads.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <utility>

namespace mapiguard {

class InOrder {
 public:
  // `most_bytes`: how much may wait for an earlier number before callers are made to wait too.
  explicit InOrder(std::size_t most_bytes) : most_bytes_(most_bytes) {}

  // Runs `action` when every number before has been settled: now, or in the thread that settles the one before it.
  // Whoever works on the lowest number is never made to wait.
  void settle(std::size_t number, std::size_t bytes, std::function<void()> action) {
    std::unique_lock lock(mutex_);
    waiting_.emplace(number, Waiting{bytes, std::move(action)});
    bytes_ += bytes;
    while (!waiting_.empty() && waiting_.begin()->first == next_) {
      auto first = waiting_.extract(waiting_.begin());
      first.mapped().action();
      bytes_ -= first.mapped().bytes;
      ++next_;
      changed_.notify_all();
    }
    changed_.wait(lock, [&] { return bytes_ <= most_bytes_ || next_ > number || let_go_; });
  }
  // Some numbers will never come: nobody waits any longer.
  void let_go() {
    const std::lock_guard lock(mutex_);
    let_go_ = true;
    changed_.notify_all();
  }
  // Runs what still waits behind such gaps, in order. After the last settle().
  void settle_rest() {
    const std::lock_guard lock(mutex_);
    for (auto& [number, rest] : waiting_) rest.action();
    waiting_.clear();
  }

 private:
  struct Waiting {
    std::size_t bytes;
    std::function<void()> action;
  };

  const std::size_t most_bytes_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::size_t, Waiting> waiting_;
  std::size_t bytes_ = 0;
  std::size_t next_ = 0;
  bool let_go_ = false;
};

}  // namespace mapiguard
