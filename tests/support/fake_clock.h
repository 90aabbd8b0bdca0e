// A clock that a test sets; each look moves it on by a millisecond, so that no two moments are one.
#pragma once

#include <atomic>

#include "base/clock.h"

namespace mapiguard::testing {

class FakeClock final : public Clock {
 public:
  explicit FakeClock(const char* start = "2025-11-22T10:00:00Z") : now_(*parse_rfc3339(start)) {}
  std::int64_t now_ns() const override { return now_.fetch_add(1'000'000); }
  void advance_seconds(double seconds) { now_ += static_cast<std::int64_t>(seconds * 1e9); }

 private:
  mutable std::atomic<std::int64_t> now_;
};

}  // namespace mapiguard::testing
