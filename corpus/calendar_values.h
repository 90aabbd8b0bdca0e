// The binary values of calendar items: recurrence patterns, time zones, global object IDs (MS-OXOCAL 2.2.1).
//
// Thread promise: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/mapi.h"

namespace mapiguard::corpus {

struct MovedInstance {
  std::uint32_t original_day, start, end;  // minutes since 1601, local; the day at midnight
  std::string_view subject, location;      // ASCII
};

struct WeeklySeries {
  std::uint32_t day_mask;  // Sunday is 1
  std::uint32_t first_day, last_day;
  std::uint32_t occurrences;
  std::uint32_t start_minute, end_minute;   // of the day
  std::vector<std::uint32_t> deleted_days;  // without the moved ones
  std::vector<MovedInstance> moved;
};

constexpr std::uint32_t minutes_since_1601(int year, unsigned month, unsigned day, unsigned hour = 0,
                                           unsigned minute = 0) {
  return static_cast<std::uint32_t>(filetime(year, month, day, hour, minute).ticks / 600'000'000);
}

std::string weekly_recurrence(const WeeklySeries& series);          // PidLidAppointmentRecur
std::string central_european_time();                                // PidLidTimeZoneStruct
std::string central_european_definition();                          // PidLidAppointmentTimeZoneDefinition…
std::string global_object_id(FileTime created, std::uint8_t seed);  // PidLidGlobalObjectId

}  // namespace mapiguard::corpus
