#include "converter/mime/dates.h"

#include <array>
#include <cstdio>

#include "base/text.h"

namespace mapiguard {
namespace {

constexpr std::uint64_t kTicksPerSecond = 10'000'000;
constexpr std::uint64_t kTicksPerDay = 86'400 * kTicksPerSecond;
constexpr std::uint64_t kNoDate = 0x0CB3'4557'A3DD'4000;  // 4501-01-01T00:00:00Z
constexpr std::int64_t kDays1601To0000March = 584'694;    // days from 0000-03-01 to 1601-01-01
constexpr std::array kDayNames = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array kMonthNames = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

template <class... Arguments>
std::string formatted(const char* format, Arguments... arguments) {
  char buffer[64];
  const int length = std::snprintf(buffer, sizeof buffer, format, arguments...);
  return {buffer, static_cast<std::size_t>(length)};
}

// A cursor over the tokens of a date: what it wants next, or false.
class DateReader {
 public:
  explicit DateReader(std::string_view text) : text_(text) {}

  void blanks() {
    const std::size_t first = text_.find_first_not_of(" \t\r\n");
    text_.remove_prefix(first == text_.npos ? text_.size() : first);
  }
  bool character(char c) {
    blanks();
    if (text_.empty() || text_[0] != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool digits(std::size_t least, std::size_t most, int largest) {
    blanks();
    std::size_t count = 0;
    int value = 0;
    while (count < text_.size() && count < most && text_[count] >= '0' && text_[count] <= '9')
      value = value * 10 + (text_[count++] - '0');
    text_.remove_prefix(count);
    return count >= least && value <= largest;
  }
  template <std::size_t N>
  bool one_of(const std::array<const char*, N>& names) {
    blanks();
    for (const char* name : names)
      if (starts_with_ignoring_case(text_, name)) return text_.remove_prefix(3), true;
    return false;
  }
  bool zone() {
    blanks();
    if (!text_.empty() && (text_[0] == '+' || text_[0] == '-')) return text_.remove_prefix(1), digits(4, 4, 1459);
    for (const char* name : {"GMT", "UTC", "UT", "EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT", "Z"})
      if (starts_with_ignoring_case(text_, name)) return text_.remove_prefix(std::string_view(name).size()), true;
    return false;
  }
  bool ends() {
    blanks();
    return text_.empty() || (text_.front() == '(' && text_.back() == ')');
  }

 private:
  std::string_view text_;
};

}  // namespace

bool is_date(FileTime time) { return time.ticks >= kTicksPerDay * 2 && time.ticks < kNoDate; }

// H. Hinnant, "chrono-Compatible Low-Level Date Algorithms": days since 0000-03-01 to year, month, day.
CivilTime civil_time(FileTime time) {
  const auto days = static_cast<std::int64_t>(time.ticks / kTicksPerDay);
  const auto seconds = static_cast<int>(time.ticks % kTicksPerDay / kTicksPerSecond);
  const std::int64_t from_march = days + kDays1601To0000March;
  const std::int64_t era = from_march / 146'097, day_of_era = from_march % 146'097;
  const std::int64_t year_of_era = (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month = (5 * day_of_year + 2) / 153;
  CivilTime civil;
  civil.day = static_cast<int>(day_of_year - (153 * month + 2) / 5 + 1);
  civil.month = static_cast<int>(month < 10 ? month + 3 : month - 9);
  civil.year = static_cast<int>(year_of_era + era * 400 + (civil.month <= 2 ? 1 : 0));
  civil.hour = seconds / 3600;
  civil.minute = seconds / 60 % 60;
  civil.second = seconds % 60;
  civil.weekday = static_cast<int>((days + 1) % 7);  // 1601-01-01 was a Monday
  return civil;
}

std::string rfc5322_date(FileTime time) {
  const CivilTime t = civil_time(time);
  return formatted("%s, %02d %s %04d %02d:%02d:%02d +0000", kDayNames[static_cast<std::size_t>(t.weekday)], t.day,
                   kMonthNames[static_cast<std::size_t>(t.month - 1)], t.year, t.hour, t.minute, t.second);
}

std::string local_stamp(FileTime time) {
  const CivilTime t = civil_time(time);
  return formatted("%04d%02d%02dT%02d%02d%02d", t.year, t.month, t.day, t.hour, t.minute, t.second);
}
std::string utc_stamp(FileTime time) { return local_stamp(time) + 'Z'; }
std::string day_stamp(FileTime time) { return local_stamp(time).substr(0, 8); }

std::string rfc3339_time(FileTime time) {
  const CivilTime t = civil_time(time);
  std::string text = formatted("%04d-%02d-%02dT%02d:%02d:%02d", t.year, t.month, t.day, t.hour, t.minute, t.second);
  if (const auto fraction = static_cast<unsigned>(time.ticks % kTicksPerSecond)) text += formatted(".%07u", fraction);
  return text + 'Z';
}

bool is_rfc5322_date(std::string_view value) {
  DateReader reader(value);
  if (reader.one_of(kDayNames) && !reader.character(',')) return false;
  if (!reader.digits(1, 2, 31) || !reader.one_of(kMonthNames) || !reader.digits(4, 4, 9999)) return false;
  if (!reader.digits(1, 2, 23) || !reader.character(':') || !reader.digits(2, 2, 59)) return false;
  if (reader.character(':') && !reader.digits(2, 2, 60)) return false;
  return reader.zone() && reader.ends();
}

}  // namespace mapiguard
