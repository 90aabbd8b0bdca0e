#include "converter/mime/calendar_zone.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "base/text.h"
#include "converter/mime/dates.h"
#include "converter/mime/header_text.h"
#include "converter/model/planted_bugs.h"

namespace mapiguard {
namespace {

constexpr std::int64_t kTicksPerMinute = 600'000'000;
constexpr std::int32_t kFarthestOffset = 24 * 60;
constexpr const char* kDays[] = {"SU", "MO", "TU", "WE", "TH", "FR", "SA"};
constexpr int kReferenceYear = 1970;  // of DTSTART: readers choke on the 1601 that Windows counts from
constexpr std::uint16_t kLastWeek = 5;
constexpr int kFirstYear = 1601, kLastYear = 9999;  // that a FileTime and a calendar both have
constexpr std::uint64_t kEndOfTime = 2'650'467'744'000'000'000;  // 10000-01-01

// A time that no calendar reaches stays where it is.
FileTime moved(FileTime time, std::int32_t minutes) {
  if (time.ticks > kEndOfTime) return time;
  const std::int64_t ticks = static_cast<std::int64_t>(time.ticks) + minutes * kTicksPerMinute;
  return {ticks < 0 ? 0 : static_cast<std::uint64_t>(ticks)};
}

bool is_leap(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }
int days_in_month(int year, int month) {
  constexpr int kLengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : kLengths[month - 1];
}

// Days since 1601-01-01.
std::int64_t day_number(int year, int month, int day) {
  const std::int64_t years = year - 1601;
  std::int64_t days = years * 365 + years / 4 - years / 100 + years / 400;
  for (int m = 1; m < month; ++m) days += days_in_month(year, m);
  return days + day - 1;
}

int day_of_transition(const ZoneTransition& t, int year) {
  if (t.year != 0) return t.day;
  const int first_weekday = static_cast<int>((day_number(year, t.month, 1) + 1) % 7);  // 1601-01-01 was a Monday
  const int first = 1 + (t.weekday - first_weekday + 7) % 7;
  int day = first + 7 * (t.day - 1);
  while (day > days_in_month(year, t.month)) day -= 7;
  return day;
}

FileTime local_time_of(const ZoneTransition& t, int year) {
  const std::int64_t day = day_number(year, t.month, day_of_transition(t, year));
  const std::int64_t minutes = day * 1440 + t.hour * 60 + t.minute;
  return {static_cast<std::uint64_t>(minutes * kTicksPerMinute + t.second * (kTicksPerMinute / 60))};
}

bool is_daylight(const ZoneRule& rule, FileTime utc) {
  if (!rule.has_daylight() || utc.ticks >= kEndOfTime) return false;
  const int year = civil_time(moved(utc, rule.standard_offset)).year;
  const FileTime begin = moved(local_time_of(rule.to_daylight, year), -rule.standard_offset);
  const FileTime end = moved(local_time_of(rule.to_standard, year), -rule.daylight_offset);
  return begin < end ? begin <= utc && utc < end : utc < end || begin <= utc;
}

// SYSTEMTIME (MS-DTYP 2.3.13). nullopt when it is no date; month 0 means that there is no change.
std::optional<ZoneTransition> read_transition(ByteCursor& cursor) {
  ZoneTransition t;
  std::uint16_t* const fields[] = {&t.year, &t.month, &t.weekday, &t.day, &t.hour, &t.minute, &t.second};
  for (std::uint16_t* field : fields) {
    const auto value = cursor.u16();
    if (!value) return std::nullopt;
    *field = *value;
  }
  if (!cursor.skip(2)) return std::nullopt;
  if (t.year != 0 && (t.year < kFirstYear || t.year > kLastYear)) return std::nullopt;
  if (t.month > 12 || t.weekday > 6 || t.hour > 23 || t.minute > 59 || t.second > 59) return std::nullopt;
  if (t.month != 0 && (t.day == 0 || t.day > (t.year ? 31 : kLastWeek))) return std::nullopt;
  return t;
}

struct Biases {
  std::int32_t bias = 0, standard = 0, daylight = 0;
};
std::optional<Biases> read_biases(ByteCursor& cursor) {
  const auto bias = cursor.u32(), standard = cursor.u32(), daylight = cursor.u32();
  if (!bias || !standard || !daylight) return std::nullopt;
  const Biases biases{static_cast<std::int32_t>(*bias), static_cast<std::int32_t>(*standard),
                      static_cast<std::int32_t>(*daylight)};
  const auto is_near = [](std::int32_t minutes) { return minutes > -kFarthestOffset && minutes < kFarthestOffset; };
  if (!is_near(biases.bias) || !is_near(biases.standard) || !is_near(biases.daylight)) return std::nullopt;
  return biases;
}

void set_offsets(ZoneRule& rule, const Biases& biases) {
  rule.standard_offset = -(biases.bias + biases.standard);
  rule.daylight_offset = -(biases.bias + biases.daylight);
  // Zones without summer time repeat one date.
  if (rule.to_standard == rule.to_daylight) rule.to_standard = rule.to_daylight = {};
}

std::string offset_text(std::int32_t minutes) {
  char text[16];
  const int absolute = std::abs(minutes);
  std::snprintf(text, sizeof text, "%c%02d%02d", minutes < 0 ? '-' : '+', absolute / 60, absolute % 60);
  return text;
}

std::string yearly_rule(const ZoneTransition& t) {
  const std::string week = t.day == kLastWeek ? "-1" : std::to_string(t.day);
  return "FREQ=YEARLY;BYMONTH=" + std::to_string(t.month) + ";BYDAY=" + week + kDays[t.weekday];
}

void write_observance(ContentLines& out, const char* kind, const ZoneTransition& t, std::int32_t from,
                      std::int32_t to) {
  out.begin(kind);
  out.raw("DTSTART", local_stamp(t.month == 0 ? FileTime{local_time_of({0, 1, 4, 1, 0, 0, 0}, kReferenceYear)}
                                              : local_time_of(t, t.year ? t.year : kReferenceYear)));
  if (t.month != 0 && t.year == 0) out.raw("RRULE", yearly_rule(t));
  out.raw("TZOFFSETFROM", offset_text(from));
  out.raw("TZOFFSETTO", offset_text(to));
  out.end(kind);
}

std::string zone_name(std::string name) {
  name = one_line(name);
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '"'; }, '\'');
  constexpr std::size_t kMostName = 200;
  if (name.size() > kMostName || !is_utf8(name)) name.clear();
  return name.empty() ? "Local" : name;
}

std::optional<ZoneRule> read_definition_rule(ByteCursor& cursor) {
  constexpr std::size_t kVersions = 4, kReserved = 14;                // major, minor, reserved; X
  if (!cursor.skip(kVersions) || !cursor.u16()) return std::nullopt;  // flags
  ZoneRule rule;
  const auto year = cursor.u16();
  if (!year || !cursor.skip(kReserved)) return std::nullopt;
  rule.year = *year;
  const auto biases = read_biases(cursor);
  const auto standard = biases ? read_transition(cursor) : std::nullopt;
  const auto daylight = standard ? read_transition(cursor) : std::nullopt;
  if (!daylight) return std::nullopt;
  rule.to_standard = *standard;
  rule.to_daylight = *daylight;
  set_offsets(rule, *biases);
  return rule;
}

}  // namespace

const ZoneRule& CalendarZone::rule_of(FileTime when) const {
  const int year = civil_time(when).year;
  const ZoneRule* found = &rules_.front();
  for (const ZoneRule& rule : rules_)
    if (rule.year <= year) found = &rule;
  return *found;
}

FileTime CalendarZone::to_local(FileTime utc) const {
  const ZoneRule& rule = rule_of(utc);
  return moved(utc, is_daylight(rule, utc) ? rule.daylight_offset : rule.standard_offset);
}

FileTime CalendarZone::to_utc(FileTime local) const {
  const ZoneRule& rule = rule_of(local);
  const FileTime as_daylight = moved(local, -rule.daylight_offset);
  return rule.has_daylight() && is_daylight(rule, as_daylight) ? as_daylight : moved(local, -rule.standard_offset);
}

void CalendarZone::write(ContentLines& out, FileTime when) const {
  const ZoneRule& rule = rule_of(when);
  out.begin("VTIMEZONE");
  out.raw("TZID", name_);
  const std::int32_t summer = rule.has_daylight() ? rule.daylight_offset : rule.standard_offset;
  write_observance(out, "STANDARD", rule.has_daylight() ? rule.to_standard : ZoneTransition{}, summer,
                   rule.standard_offset);
  if (rule.has_daylight()) write_observance(out, "DAYLIGHT", rule.to_daylight, rule.standard_offset, summer);
  out.end("VTIMEZONE");
}

std::optional<CalendarZone> zone_of_struct(Bytes bytes, std::string description) {
  ByteCursor cursor(bytes);
  const auto biases = read_biases(cursor);
  if (!biases || !cursor.u16()) return std::nullopt;  // wStandardYear repeats the year of the date
  const auto standard = read_transition(cursor);
  if (!standard || !cursor.u16()) return std::nullopt;
  const auto daylight = read_transition(cursor);
  if (!daylight) return std::nullopt;
  ZoneRule rule;
  rule.to_standard = *standard;
  rule.to_daylight = *daylight;
  set_offsets(rule, *biases);
  return CalendarZone(zone_name(std::move(description)), {rule});
}

std::optional<CalendarZone> zone_of_definition(Bytes bytes) {
  ByteCursor cursor(bytes);
  constexpr std::uint16_t kMostRules = 1024;  // MS-OXOCAL 2.2.1.41
  cursor.skip(2);                             // major and minor version
  const auto header = cursor.u16(), reserved = cursor.u16(), name_length = cursor.u16();
  if (!header || !reserved || !name_length) return std::nullopt;
  const auto name = cursor.take(std::uint64_t{*name_length} * 2);
  const auto count = name ? cursor.u16() : std::nullopt;
  if (!count) return std::nullopt;
  MAPIGUARD_PLANTED(zone_without_rule(name->size(), *count));  // 8
  std::vector<ZoneRule> rules;
  for (std::uint16_t i = 0; i < std::min(*count, kMostRules); ++i) {
    const auto rule = read_definition_rule(cursor);
    if (!rule) break;
    rules.push_back(*rule);
  }
  if (rules.empty()) return std::nullopt;
  std::stable_sort(rules.begin(), rules.end(), [](const ZoneRule& a, const ZoneRule& b) { return a.year < b.year; });
  return CalendarZone(zone_name(utf16le_to_utf8(*name)), std::move(rules));
}

}  // namespace mapiguard
