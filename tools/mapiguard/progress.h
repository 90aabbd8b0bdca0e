// Progress: one line at the foot of the terminal: how far, how fast, how long still, what went wrong.
//
// Thread promise: note() from any thread; line() from one.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

#include <mapiguard/guard.h>

namespace mapiguard {

class Progress {
 public:
  explicit Progress(std::size_t total) : total_(total) {}

  void note(Outcome outcome) { counts_[static_cast<std::size_t>(outcome)].fetch_add(1, std::memory_order_relaxed); }
  std::uint64_t count(Outcome outcome) const {
    return counts_[static_cast<std::size_t>(outcome)].load(std::memory_order_relaxed);
  }
  std::uint64_t done() const;
  // "120/1000 (12 %)  480/s  2 s left  1 damaged"
  std::string line() const;
  // "1000 inputs: 990 converted, 7 damaged, 3 died"
  std::string summary() const;

 private:
  std::string bad_ones(const char* before) const;

  std::size_t total_;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::array<std::atomic<std::uint64_t>, 6> counts_{};
};

}  // namespace mapiguard
