// Lanes: how many messages may be under way at once, each with a number (its row of the in-flight table).
//
// Thread promise: safe from many threads.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include <mapiguard/result.h>

namespace mapiguard {

inline Error stopping_error() {
  return {ErrorCode::try_again, "the conversion was abandoned because the program is stopping", "run it again; nothing was charged"};
}

class Lanes {
 public:
  explicit Lanes(std::size_t count) {
    for (std::size_t i = count; i > 0; --i) free_.push_back(i - 1);
  }

  // A lane taken; given back when destroyed.
  class Taken {
   public:
    Taken(Lanes& lanes, std::size_t index) : lanes_(&lanes), index_(index) {}
    Taken(Taken&& other) noexcept : lanes_(std::exchange(other.lanes_, nullptr)), index_(other.index_) {}
    Taken& operator=(Taken&&) = delete;
    ~Taken() {
      if (lanes_) lanes_->give_back(index_);
    }
    std::size_t index() const { return index_; }

   private:
    Lanes* lanes_;
    std::size_t index_;
  };

  // Waits for a free one; nullopt once stop() was called.
  std::optional<Taken> take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return stopping_ || !free_.empty(); });
    if (stopping_) return std::nullopt;
    const std::size_t index = free_.back();
    free_.pop_back();
    return Taken(*this, index);
  }

  void stop() {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }

 private:
  void give_back(std::size_t index) {
    const std::lock_guard lock(mutex_);
    free_.push_back(index);
    changed_.notify_one();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::size_t> free_;
  bool stopping_ = false;
};

}  // namespace mapiguard
