// Time zones of appointments: PidLidTimeZoneStruct (MS-OXOCAL 2.2.1.39) and the time zone definitions (2.2.1.41), as
// VTIMEZONE (RFC 5545 3.6.5) and as arithmetic. No table of zones of the machine is consulted.
//
// Thread promise: plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "converter/mime/content_lines.h"
#include "converter/model/property.h"

namespace mapiguard {

// When the clock changes: a day of each year ("the nth weekday of a month") where year is 0, else one date.
struct ZoneTransition {
  std::uint16_t year = 0, month = 0, weekday = 0, day = 0, hour = 0, minute = 0, second = 0;
  friend bool operator==(const ZoneTransition&, const ZoneTransition&) = default;
};

struct ZoneRule {
  std::uint16_t year = 0;                                 // from which on it holds
  std::int32_t standard_offset = 0, daylight_offset = 0;  // minutes east of UTC
  ZoneTransition to_standard, to_daylight;
  bool has_daylight() const { return to_standard.month != 0 && to_daylight.month != 0; }
};

class CalendarZone {
 public:
  CalendarZone(std::string name, std::vector<ZoneRule> rules) : name_(std::move(name)), rules_(std::move(rules)) {}

  const std::string& name() const { return name_; }
  FileTime to_local(FileTime utc) const;
  FileTime to_utc(FileTime local) const;
  // The rule that holds in the year of `when`, as a VTIMEZONE.
  void write(ContentLines& out, FileTime when) const;

 private:
  const ZoneRule& rule_of(FileTime when) const;
  std::string name_;
  std::vector<ZoneRule> rules_;  // at least one, by year
};

// nullopt: too short, or offsets that no zone has.
std::optional<CalendarZone> zone_of_struct(Bytes bytes, std::string description);
std::optional<CalendarZone> zone_of_definition(Bytes bytes);

}  // namespace mapiguard
