// Dates: FILETIME as RFC 5322 and iCalendar write it, always in UTC: never the machine's zone, never the clock.
//
// Thread promise: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "converter/model/property.h"

namespace mapiguard {

struct CivilTime {
  int year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0;
  int weekday = 4;  // 0 = Sunday
  friend bool operator==(const CivilTime&, const CivilTime&) = default;
};

// False for 0, for the "no date" of Outlook (4501-01-01, MS-OXOCAL 2.2.1.23) and for what lies outside 1601 to 4500.
bool is_date(FileTime time);

CivilTime civil_time(FileTime time);

std::string rfc5322_date(FileTime time);  // "Thu, 01 Jan 1970 00:00:00 +0000"
std::string utc_stamp(FileTime time);     // "19700101T000000Z" (RFC 5545 3.3.5, form 2)
std::string local_stamp(FileTime time);   // "19700101T000000" of a FILETIME that holds local time
std::string day_stamp(FileTime time);     // "19700101"
std::string rfc3339_time(FileTime time);  // "1970-01-01T00:00:00Z", with fraction where there is one

// True when `value` has the form of an RFC 5322 date-time, obsolete zones included.
bool is_rfc5322_date(std::string_view value);

}  // namespace mapiguard
