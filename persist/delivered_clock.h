// The time that rows of DeliveredTo are aged by. It is the store's own: it runs with the host's uptime (suspended or
// not), so that no setting of the wall clock moves it, and goes on where it was when the host is started again. While
// the host is off it stands still, since what a wall clock says after a boot may be anything: a row may live longer
// than the window then, it never goes early.
//
// Thread promise: AgeClock from any thread; pure functions.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

namespace mapiguard {

inline constexpr std::int64_t kNsPerMs = 1'000'000;
// What lies further ahead than this was written by a clock that was wrong.
inline constexpr std::int64_t kClockToleranceMs = 3'600'000;

struct ClockReading {
  std::int64_t wall_ns = 0;             // since 1970
  std::int64_t uptime_ns = 0;           // since the boot
  std::array<std::uint64_t, 2> boot{};  // names it
};

class AgeClock {
 public:
  virtual ~AgeClock() = default;
  virtual ClockReading read() const = 0;
};
const AgeClock& boot_clock();  // CLOCK_BOOTTIME and the kernel's boot ID

// What the store remembers of its time.
struct ClockRecord {
  std::uint64_t sequence = 0;
  std::array<std::uint64_t, 2> boot{};
  std::int64_t offset_ns = 0;  // age = uptime + offset, in this boot
  std::int64_t last_age_ns = 0;
  std::uint64_t check = 0;
};

// The record to go on with. `at_least_ms`: the newest age that is on record elsewhere, of use when there is no record.
ClockRecord continued(const std::optional<ClockRecord>& before, const ClockReading& now, std::int64_t at_least_ms);
constexpr std::int64_t age_ms(const ClockRecord& record, const ClockReading& now) {
  return (now.uptime_ns + record.offset_ns) / kNsPerMs;
}

void seal_clock(ClockRecord& record);
bool is_whole(const ClockRecord& record);

}  // namespace mapiguard
