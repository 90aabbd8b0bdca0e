// Recurrences: PidLidAppointmentRecur and PidLidTaskRecurrence (MS-OXOCAL 2.2.1.44) as RRULE, EXDATE and exceptions
// (MS-OXCICAL 2.1.3.2.2).
//
// Thread promise: plain values and pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/budget.h"
#include "base/bytes.h"
#include "converter/body/charset.h"
#include "converter/model/property.h"

namespace mapiguard {

// One changed occurrence. Times are local to the series' zone.
struct RecurrenceException {
  FileTime start, end, original_start;
  std::optional<std::string> subject, location;
  std::optional<std::uint32_t> reminder_delta, busy_status;
  std::optional<bool> reminder_set, is_all_day;
};

struct Recurrence {
  enum class Pattern : std::uint16_t {
    day = 0,
    week = 1,
    month = 2,
    month_nth = 3,
    month_end = 4,
    hijri_month = 10,
    hijri_month_nth = 11,
    hijri_month_end = 12
  };
  enum class Frequency : std::uint16_t { daily = 0x200A, weekly = 0x200B, monthly = 0x200C, yearly = 0x200D };
  enum class End : std::uint32_t { by_date = 0x2021, after_count = 0x2022, never = 0x2023 };

  Frequency frequency = Frequency::daily;
  Pattern pattern = Pattern::day;
  std::uint32_t period = 0, weekdays = 0, day = 0, nth = 0, first_weekday = 0, count = 0;
  End end = End::never;
  std::vector<FileTime> deleted, modified;           // midnights, local
  FileTime start_date, end_date;                     // midnights, local
  std::uint32_t start_minutes = 0, end_minutes = 0;  // of an occurrence, from midnight; 0 for tasks
  std::vector<RecurrenceException> exceptions;
};

// nullopt: the pattern itself cannot be read. What follows it (exceptions) is taken as far as it goes.
std::optional<Recurrence> parse_recurrence(Bytes bytes, const Texts& texts, Budget& budget);

// "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH"; "" for a pattern that iCalendar cannot say (Hijri months). `until` is what
// UNTIL is to be where the series ends by date.
std::string recurrence_rule(const Recurrence& recurrence, const std::string& until);

}  // namespace mapiguard
