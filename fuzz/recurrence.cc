// Recurrences and time zones of appointments: the input as each of the three blobs. What is made of them is sound to
// libical, and the arithmetic of a zone agrees with libical's.
#include "converter/mime/recurrence.h"

#include <libical/ical.h>

#include <cstdint>
#include <cstdlib>
#include <memory>

#include "base/text.h"
#include "converter/mime/calendar_zone.h"
#include "converter/mime/dates.h"

using namespace mapiguard;

namespace {

constexpr std::uint64_t kTicksPerSecond = 10'000'000;
constexpr std::uint64_t kFarthest = 2 * 24 * 3600 * kTicksPerSecond;  // bias and its change are below a day each

void expect(bool holds) {
  if (!holds) std::abort();
}

std::uint64_t distance(FileTime a, FileTime b) { return a.ticks > b.ticks ? a.ticks - b.ticks : b.ticks - a.ticks; }

// Noon, so that no change of the clock by less than half a day moves the day.
FileTime noon(int year, int month, int day) {
  const icaltimetype when = {year, month, day, 12, 0, 0, 0, 0, icaltimezone_get_utc_timezone()};
  constexpr std::int64_t kFrom1601 = 11'644'473'600;
  return {static_cast<std::uint64_t>(icaltime_as_timet(when) + kFrom1601) * kTicksPerSecond};
}

using Component = std::unique_ptr<icalcomponent, decltype(&icalcomponent_free)>;

// Parsed without an error; the lines' own form is checked on the way.
Component parsed(const std::string& lines) {
  expect(is_utf8(lines) && lines.find('\0') == lines.npos);
  for (std::size_t at = 0, end; at < lines.size(); at = end + 2) {
    end = lines.find("\r\n", at);
    expect(end != lines.npos && end - at <= 75);
  }
  Component component(icalparser_parse_string(lines.c_str()), icalcomponent_free);
  expect(component && icalcomponent_count_errors(component.get()) == 0);
  return component;
}

void expect_bounded(const Recurrence& recurrence, std::size_t size) {
  expect((recurrence.deleted.size() + recurrence.modified.size()) * 4 <= size);
  expect(recurrence.exceptions.size() * 14 <= size && recurrence.weekdays < 128 && recurrence.first_weekday < 7);
  for (const RecurrenceException& exception : recurrence.exceptions)
    expect(is_utf8(exception.subject.value_or("")) && is_utf8(exception.location.value_or("")));
}

void try_recurrence(Bytes blob) {
  const Message message;
  const Texts texts(message);
  Budget budget(1'000'000);
  const auto recurrence = parse_recurrence(blob, texts, budget);
  expect(1'000'000 - budget.left() <= 32 + 16 * blob.size());
  if (!recurrence) return;
  expect_bounded(*recurrence, blob.size());
  const std::string rule = recurrence_rule(*recurrence, utc_stamp(recurrence->end_date));
  if (rule.empty()) return;
  expect(icalrecurrencetype_from_string(rule.c_str()).freq != ICAL_NO_RECURRENCE);
  ContentLines lines;
  lines.begin("VEVENT");
  lines.raw("DTSTART", utc_stamp(recurrence->start_date));
  lines.raw("RRULE", rule);
  lines.end("VEVENT");
  const auto event = parsed(lines.take());
  expect(icalcomponent_get_first_property(event.get(), ICAL_RRULE_PROPERTY) != nullptr);
}

// The months in which libical says that the clock changes; two of them, well apart, are a zone as the world has them.
struct Changes {
  int months[2] = {0, 0};
  bool is_yearly = true;
};
Changes changes_of(icalcomponent* zone) {
  Changes changes;
  int count = 0;
  for (icalcomponent* c = icalcomponent_get_first_component(zone, ICAL_ANY_COMPONENT); c && count < 2;
       c = icalcomponent_get_next_component(zone, ICAL_ANY_COMPONENT)) {
    changes.months[count++] = icalcomponent_get_dtstart(c).month;
    changes.is_yearly = changes.is_yearly && icalcomponent_get_first_property(c, ICAL_RRULE_PROPERTY) != nullptr;
  }
  return changes;
}

int seconds_east(const CalendarZone& zone, FileTime utc) {
  return static_cast<int>(static_cast<std::int64_t>(zone.to_local(utc).ticks - utc.ticks) /
                          static_cast<std::int64_t>(kTicksPerSecond));
}

// In the middle of months without a change, where nothing is for an implementation to choose.
void expect_same_arithmetic(const CalendarZone& zone, icalcomponent* component) {
  const Changes changes = changes_of(component);
  const int apart = std::abs(changes.months[0] - changes.months[1]);
  if (changes.months[1] == 0 || !changes.is_yearly || apart < 2 || apart > 10) return;
  const std::unique_ptr<icaltimezone, void (*)(icaltimezone*)> theirs(icaltimezone_new(),
                                                                      [](icaltimezone* z) { icaltimezone_free(z, 1); });
  expect(icaltimezone_set_component(theirs.get(), icalcomponent_new_clone(component)) != 0);
  for (const int year : {1975, 2024, 2031}) {
    for (int month = 1; month <= 12; ++month) {
      if (month == changes.months[0] || month == changes.months[1]) continue;
      icaltimetype when = {year, month, 15, 12, 0, 0, 0, 0, icaltimezone_get_utc_timezone()};
      int is_daylight = 0;
      const int offset = icaltimezone_get_utc_offset_of_utc_time(theirs.get(), &when, &is_daylight);
      const FileTime utc = noon(year, month, 15);
      expect(offset == seconds_east(zone, utc));
      expect(zone.to_utc(zone.to_local(utc)) == utc);
    }
  }
}

void try_zone(const std::optional<CalendarZone>& zone, bool has_one_rule) {
  if (!zone) return;
  expect(is_utf8(zone->name()) && !zone->name().empty());
  for (const int year : {1601, 1970, 2025, 4500, 9999}) {
    const FileTime utc = noon(year, 1, 1);
    expect(distance(zone->to_local(utc), utc) < kFarthest && distance(zone->to_utc(utc), utc) < kFarthest);
    ContentLines lines;
    zone->write(lines, utc);
    const auto component = parsed(lines.take());
    if (has_one_rule && year == 2025) expect_same_arithmetic(*zone, component.get());
  }
  for (const std::uint64_t ticks : {std::uint64_t{0}, std::uint64_t{1}, UINT64_MAX >> 1})
    static_cast<void>(zone->to_utc(zone->to_local({ticks})));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool prepared = (icalerror_set_errors_are_fatal(0), true);
  static_cast<void>(prepared);
  const Bytes blob(reinterpret_cast<const std::byte*>(data), size);
  try_recurrence(blob);
  try_zone(zone_of_struct(blob, std::string(as_chars(slice(blob, 48)))), true);
  try_zone(zone_of_definition(blob), false);
  return 0;
}
