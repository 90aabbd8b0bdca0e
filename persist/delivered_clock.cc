#include "persist/delivered_clock.h"

#include <time.h>

#include <cstddef>
#include <cstring>
#include <fstream>
#include <string>

#include "base/clock.h"
#include "persist/delivered_row.h"

namespace mapiguard {
namespace {

std::array<std::uint64_t, 2> boot_name() {
  std::string text;
  std::ifstream("/proc/sys/kernel/random/boot_id") >> text;
  return {checksum_of(1, text.data(), text.size()), checksum_of(2, text.data(), text.size())};
}

class BootClock final : public AgeClock {
 public:
  ClockReading read() const override {
    timespec up{};
    ::clock_gettime(CLOCK_BOOTTIME, &up);
    return {system_clock().now_ns(), up.tv_sec * kNsPerSecond + up.tv_nsec, boot_};
  }

 private:
  const std::array<std::uint64_t, 2> boot_ = boot_name();
};

}  // namespace

const AgeClock& boot_clock() {
  static const BootClock clock;
  return clock;
}

ClockRecord continued(const std::optional<ClockRecord>& before, const ClockReading& now, std::int64_t at_least_ms) {
  ClockRecord record;
  if (before && before->boot == now.boot) return *before;
  record.boot = now.boot;
  record.sequence = before ? before->sequence + 1 : 1;
  // A new store's time begins at the wall clock's, which makes it easy to read; one whose record is lost goes on at its
  // newest row.
  record.last_age_ns = before ? before->last_age_ns : at_least_ms > 0 ? at_least_ms * kNsPerMs : now.wall_ns;
  record.offset_ns = record.last_age_ns - now.uptime_ns;
  seal_clock(record);
  return record;
}

void seal_clock(ClockRecord& record) {
  record.check = checksum_of(0x636C6F636Bull, &record, offsetof(ClockRecord, check));
}

bool is_whole(const ClockRecord& record) {
  return record.sequence != 0 && record.check == checksum_of(0x636C6F636Bull, &record, offsetof(ClockRecord, check));
}

}  // namespace mapiguard
