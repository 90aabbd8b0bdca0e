#include "base/clock.h"

#include <algorithm>
#include <chrono>
#include <cstdio>

namespace mapiguard {
namespace {

class SystemClock final : public Clock {
 public:
  std::int64_t now_ns() const override {
    const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::nanoseconds>(since_epoch).count();
  }
};

// Reads the parts of a time from the left; each step says whether the text went on as it should.
class TimeReader {
 public:
  explicit TimeReader(std::string_view text) : text_(text) {}

  bool digits(std::size_t count, int& value) {
    if (text_.size() < count) return false;
    value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (text_[i] < '0' || text_[i] > '9') return false;
      value = value * 10 + (text_[i] - '0');
    }
    text_.remove_prefix(count);
    return true;
  }
  bool literal(std::string_view one_of) {
    if (text_.empty() || one_of.find(text_[0]) == std::string_view::npos) return false;
    text_.remove_prefix(1);
    return true;
  }
  // ".123456": any number of digits, nine of them used.
  bool fraction(std::int64_t& ns) {
    ns = 0;
    if (!literal(".")) return true;
    std::int64_t unit = kNsPerSecond / 10;
    int digit = 0, count = 0;
    for (; digits(1, digit); ++count, unit /= 10) ns += digit * unit;
    return count > 0;
  }
  char front() const { return text_.empty() ? '\0' : text_[0]; }
  bool at_end() const { return text_.empty(); }

 private:
  std::string_view text_;
};

bool read_offset(TimeReader& reader, int& minutes) {
  minutes = 0;
  if (reader.literal("Zz") || reader.at_end()) return true;
  const int sign = reader.front() == '-' ? -1 : 1;
  int hour = 0, minute = 0;
  if (!reader.literal("+-") || !reader.digits(2, hour) || !reader.literal(":") || !reader.digits(2, minute))
    return false;
  minutes = sign * (hour * 60 + minute);
  return hour < 24 && minute < 60;
}

}  // namespace

const Clock& system_clock() {
  static const SystemClock clock;
  return clock;
}

std::string rfc3339(std::int64_t unix_ns) {
  using namespace std::chrono;
  const sys_time<nanoseconds> time{nanoseconds(unix_ns)};
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{floor<milliseconds>(time - day)};
  char text[40];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
                std::clamp(static_cast<int>(date.year()), 0, 9999), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()),
                static_cast<int>(clock.subseconds().count()));
  return text;
}

std::optional<std::int64_t> parse_rfc3339(std::string_view text) {
  using namespace std::chrono;
  TimeReader reader(text);
  int year_number = 0, month_number = 0, day_number = 0, hour = 0, minute = 0, second = 0, offset = 0;
  std::int64_t fraction = 0;
  if (!reader.digits(4, year_number) || !reader.literal("-") || !reader.digits(2, month_number) ||
      !reader.literal("-") || !reader.digits(2, day_number))
    return std::nullopt;
  if (!reader.at_end()) {
    if (!reader.literal("Tt ") || !reader.digits(2, hour) || !reader.literal(":") || !reader.digits(2, minute))
      return std::nullopt;
    if (reader.literal(":") && (!reader.digits(2, second) || !reader.fraction(fraction))) return std::nullopt;
    if (!read_offset(reader, offset) || !reader.at_end()) return std::nullopt;
  }
  const year_month_day date{year(year_number), month(static_cast<unsigned>(month_number)),
                            day(static_cast<unsigned>(day_number))};
  // A leap second is the last one of its minute, 60 (RFC 3339 section 5.7). 64 bits of nanoseconds hold 1678 … 2261.
  if (!date.ok() || hour > 23 || minute > 59 || second > 60 || year_number < 1678 || year_number > 2261)
    return std::nullopt;
  const std::int64_t since_epoch =
      sys_days{date}.time_since_epoch().count() * 86400ll + hour * 3600 + (minute - offset) * 60 + second;
  return since_epoch * kNsPerSecond + fraction;
}

}  // namespace mapiguard
