// The inside of DeliveredTo: what delivered_to.cc (deliveries) and delivered_care.cc (looking after them) share.
//
// Thread promise: as delivered_to.h says; elapsed_since() is pure.
#pragma once

#include <algorithm>
#include <atomic>
#include <optional>
#include <utility>

#include "persist/delivered_partition.h"
#include "persist/delivered_to.h"

namespace mapiguard {

inline constexpr double kDeliveredLockSeconds = 10;
inline constexpr std::uint64_t kDeliveredWriterByte = 0, kDeliveredCleanerByte = 1;  // of the file "lock"

struct DeliveredTo::StatePage {
  char magic[8];
  std::atomic<std::uint64_t> generation;   // raised with every change of the set of files
  std::atomic<std::int64_t> cleaned_ms;    // the last cleanup
  std::atomic<std::uint64_t> next_number;  // of a partition: none is used twice
  ClockRecord clock[2];                    // written in turns: one of them is always whole
};

// The writer lock, between processes. mutex_ is held already.
class DeliveredTo::Writing {
 public:
  explicit Writing(DeliveredTo& store) : store_(store) {}
  Writing(const Writing&) = delete;
  ~Writing() {
    if (lock_) store_.writer_fd_ = lock_->unlock(kDeliveredWriterByte);
  }
  Result<void> begin() {
    auto lock = FileLock::take(store_.folder_ + "/lock", kDeliveredWriterByte, kDeliveredLockSeconds,
                               std::exchange(store_.writer_fd_, -1));
    if (!lock) return std::unexpected(lock.error());
    if (!*lock)
      return fail(ErrorCode::try_again, "another process kept the record of deliveries busy for long", "try again");
    lock_ = std::move(**lock);
    return store_.refresh_locked();
  }

 private:
  DeliveredTo& store_;
  std::optional<FileLock> lock_;
};

// How long ago, by the store's time. What is dated in the future is taken for as old as when that was noticed (`cap`).
inline std::int64_t elapsed_since(std::int64_t cap, std::int64_t age, std::int64_t now) {
  if (age <= now + kClockToleranceMs) return std::max<std::int64_t>(0, now - age);
  return cap == 0 ? 0 : std::max<std::int64_t>(0, now - cap);
}

}  // namespace mapiguard
