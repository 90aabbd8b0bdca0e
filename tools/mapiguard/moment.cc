#include "tools/mapiguard/moment.h"

#include <time.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <vector>

#include "base/clock.h"
#include "base/text.h"

namespace mapiguard {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                      "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::int64_t kSecondsADay = 86'400;
constexpr std::int64_t kFirstYear = 1900, kLastYear = 9999;  // RFC 5322 3.3, and what four digits can say

// Zones by name (RFC 5322 4.3), in minutes; any other name is "unknown", which the RFC reads as UTC.
struct NamedZone {
  std::string_view name;
  int minutes;
};
constexpr std::array kZones = {NamedZone{"EST", -300}, NamedZone{"EDT", -240}, NamedZone{"CST", -360},
                               NamedZone{"CDT", -300}, NamedZone{"MST", -420}, NamedZone{"MDT", -360},
                               NamedZone{"PST", -480}, NamedZone{"PDT", -420}};

std::optional<int> number_of(std::string_view digits) {
  int value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size() || value < 0) return std::nullopt;
  return value;
}

std::optional<std::int64_t> nanoseconds_ago(std::string_view text) {
  if (text.size() < 2 || text.size() > 6) return std::nullopt;
  constexpr std::string_view kUnits = "smhd";
  constexpr std::array<std::int64_t, kUnits.size()> kSeconds = {1, 60, 3600, kSecondsADay};
  const std::size_t unit = kUnits.find(text.back());
  const auto count = number_of(text.substr(0, text.size() - 1));
  if (unit == std::string_view::npos || !count) return std::nullopt;
  return system_clock().now_ns() - *count * kSeconds[unit] * kNsPerSecond;
}

// "hh:mm" or "hh:mm:ss" in seconds; 60 is a leap second.
std::optional<int> time_of_day(std::string_view text) {
  const bool has_seconds = text.size() == 8 && text[5] == ':';
  if ((text.size() != 5 && !has_seconds) || text[2] != ':') return std::nullopt;
  const auto hours = number_of(text.substr(0, 2)), minutes = number_of(text.substr(3, 2));
  const auto seconds = has_seconds ? number_of(text.substr(6)) : std::optional<int>(0);
  if (!hours || !minutes || !seconds || *hours > 23 || *minutes > 59 || *seconds > 60) return std::nullopt;
  return *hours * 3600 + *minutes * 60 + *seconds;
}

// "+0200" or a name, in seconds.
int zone_offset(std::string_view zone) {
  if (zone.size() == 5 && (zone[0] == '+' || zone[0] == '-')) {
    const auto hours = number_of(zone.substr(1, 2)), minutes = number_of(zone.substr(3, 2));
    if (hours && minutes && *hours < 24 && *minutes < 60)
      return (zone[0] == '-' ? -1 : 1) * (*hours * 3600 + *minutes * 60);
  }
  for (const NamedZone& named : kZones)
    if (equals_ignoring_case(zone, named.name)) return named.minutes * 60;
  return 0;
}

// Two- and three-digit years: RFC 5322 4.3.
std::optional<int> year_of(std::string_view digits) {
  const auto year = number_of(digits);
  if (!year || digits.size() < 2 || digits.size() > 4) return std::nullopt;
  const int full = digits.size() == 2 ? *year + (*year < 50 ? 2000 : 1900) : digits.size() == 3 ? *year + 1900 : *year;
  return full >= kFirstYear && full <= kLastYear ? std::optional(full) : std::nullopt;
}

// The words of a date, without its comments in parentheses.
std::vector<std::string_view> words_of(std::string_view value) {
  constexpr std::string_view kSeparators = " \t\r\n,()";
  std::vector<std::string_view> words;
  int depth = 0;
  while (!value.empty()) {
    const std::size_t end = std::min(value.find_first_of(kSeparators), value.size());
    if (depth == 0 && end > 0) words.push_back(value.substr(0, end));
    if (end < value.size() && value[end] == '(') ++depth;
    if (end < value.size() && value[end] == ')' && depth > 0) --depth;
    value.remove_prefix(std::min(end + 1, value.size()));
  }
  return words;
}

// [day-of-week ","] day month year time [zone]
std::optional<std::int64_t> seconds_of_date(std::string_view value) {
  std::vector<std::string_view> words = words_of(value);
  if (!words.empty() && !number_of(words[0])) words.erase(words.begin());
  if (words.size() < 4) return std::nullopt;
  const auto day = number_of(words[0]);
  const auto month = std::find(kMonths.begin(), kMonths.end(), ascii_lower(words[1].substr(0, 3)));
  const auto year = year_of(words[2]);
  const auto time = time_of_day(words[3]);
  if (!day || *day > 31 || month == kMonths.end() || !year || !time) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(month - kMonths.begin() + 1)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return days * kSecondsADay + *time - (words.size() > 4 ? zone_offset(words[4]) : 0);
}

// A header field's end: of its line, and of the lines after it that begin with a blank (RFC 5322 2.2.3).
std::size_t field_end(std::string_view text) {
  std::size_t end = std::min(text.find('\n'), text.size());
  while (end + 1 < text.size() && (text[end + 1] == ' ' || text[end + 1] == '\t'))
    end = std::min(text.find('\n', end + 1), text.size());
  return end;
}

}  // namespace

Result<std::string> moment_of(std::string_view typed) {
  const auto nanoseconds = nanoseconds_ago(typed);
  const auto moment = nanoseconds ? nanoseconds : parse_rfc3339(typed);
  if (moment) return rfc3339(*moment);
  return fail(ErrorCode::usage, "'" + std::string(typed) + "' is no time",
              "write 2026-01-31T08:00:00Z, 2026-01-31, or 30m, 12h, 7d");
}

std::string mbox_date(std::int64_t unix_seconds) {
  const time_t moment = unix_seconds;
  tm calendar{};
  char text[64];
  if (::gmtime_r(&moment, &calendar) == nullptr || ::asctime_r(&calendar, text) == nullptr) return mbox_date(0);
  return std::string(trim(text));
}

std::optional<std::int64_t> date_of_header(std::string_view message) {
  while (!message.empty()) {
    const std::size_t end = field_end(message);
    const std::string_view field = message.substr(0, end);
    if (trim(field).empty()) return std::nullopt;
    if (starts_with_ignoring_case(field, "Date:")) return seconds_of_date(field.substr(5));
    message.remove_prefix(std::min(end + 1, message.size()));
  }
  return std::nullopt;
}

}  // namespace mapiguard
