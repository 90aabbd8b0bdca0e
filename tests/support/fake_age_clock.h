// An AgeClock that a test sets: time that passes, a wall clock that jumps, a host that is started again.
#pragma once

#include <atomic>

#include "base/clock.h"
#include "persist/delivered_clock.h"

namespace mapiguard::testing {

class FakeAgeClock final : public AgeClock {
 public:
  ClockReading read() const override { return {wall_, uptime_, {boot_, 1}}; }
  void pass(double seconds) {
    wall_ += ns(seconds);
    uptime_ += ns(seconds);
  }
  void jump_wall(double seconds) { wall_ += ns(seconds); }
  void jump_uptime(double seconds) { uptime_ += ns(seconds); }  // what no clock of a host should do
  void reboot(double off_seconds, double wall_jump = 0) {
    ++boot_;
    uptime_ = ns(20);
    wall_ += ns(off_seconds + 20 + wall_jump);
  }

 private:
  static std::int64_t ns(double seconds) { return static_cast<std::int64_t>(seconds * 1e9); }
  std::atomic<std::int64_t> wall_{1'760'000'000 * kNsPerSecond}, uptime_{1000 * kNsPerSecond};
  std::atomic<std::uint64_t> boot_{1};
};

}  // namespace mapiguard::testing
