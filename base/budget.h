// Budget: what one conversion may still spend. Every loop and recursion whose length the input decides draws
// on it; when it is used up the loop ends and the caller notes a Defect.
//
// Thread promise: one Budget belongs to one conversion, and so to one thread.
#pragma once

#include <cstdint>

#include <mapiguard/options.h>

namespace mapiguard {

class Budget {
 public:
  explicit Budget(std::uint64_t steps) : steps_(steps) {}

  static Budget for_input(const Limits& limits, std::uint64_t input_bytes) {
    const std::uint64_t wanted = input_bytes > UINT64_MAX / limits.max_steps_per_input_byte
                                     ? UINT64_MAX
                                     : input_bytes * limits.max_steps_per_input_byte;
    return Budget(wanted > limits.min_steps ? wanted : limits.min_steps);
  }

  // False when there is not that much left; nothing is left then.
  bool spend(std::uint64_t steps = 1) {
    if (steps > steps_) {
      steps_ = 0;
      return false;
    }
    steps_ -= steps;
    return true;
  }
  bool exhausted() const { return steps_ == 0; }
  std::uint64_t left() const { return steps_; }

 private:
  std::uint64_t steps_;
};

}  // namespace mapiguard
