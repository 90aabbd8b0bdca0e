// The properties by name. Code names a property as the specifications do, and the compiler looks it up:
//
//   texts.get(message.properties, "PidTagSubject"_pid);
//   find(message.properties, "PidLidReminderSet"_lid);
//
// A misspelt name does not compile. Thread promise: constants and pure functions.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>

#include "converter/model/property.h"
#include "converter/model/property_names.h"
#include "converter/model/property_tags.h"

namespace mapiguard {

static_assert(std::is_sorted(std::begin(kProperties), std::end(kProperties),
                             [](const auto& a, const auto& b) { return a.tag <= b.tag; }),
              "kProperties is ordered by tag, and no tag stands in it twice");
static_assert(std::is_sorted(std::begin(kNamedProperties), std::end(kNamedProperties),
                             [](const auto& a, const auto& b) {
                               return a.set != b.set ? a.set < b.set : a.lid <= b.lid;
                             }),
              "kNamedProperties is ordered by set and number, and none stands in it twice");

// Property sets (MS-OXPROPS 1.3.2). Those that end alike differ in their first two bytes alone.
constexpr Guid outlook_guid(std::uint8_t low, std::uint8_t high = 0x20) {
  return Guid{{low, high, 0x06, 0x00, 0x00, 0x00, 0x00, 0x00, 0xC0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x46}};
}
inline constexpr Guid kPsMapi{{0x28, 0x03, 0x02, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46}};
inline constexpr Guid kPsPublicStrings{{0x29, 0x03, 0x02, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46}};
inline constexpr Guid kPsInternetHeaders{{0x86, 0x03, 0x02, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46}};
inline constexpr Guid kPsetidMeeting{
    {0x90, 0xDA, 0xD8, 0x6E, 0x0B, 0x45, 0x1B, 0x10, 0x98, 0xDA, 0x00, 0xAA, 0x00, 0x3F, 0x13, 0x05}};
inline constexpr Guid kPsetidCalendarAssistant{
    {0x07, 0x0E, 0x00, 0x11, 0x1B, 0xB5, 0xD6, 0x40, 0xAF, 0x21, 0xCA, 0xA8, 0x5E, 0xDA, 0xB1, 0xD0}};

constexpr Guid guid_of(PropertySet set) {
  switch (set) {
    case PropertySet::address: return outlook_guid(0x04);
    case PropertySet::appointment: return outlook_guid(0x02);
    case PropertySet::calendar_assistant: return kPsetidCalendarAssistant;
    case PropertySet::common: return outlook_guid(0x08);
    case PropertySet::log: return outlook_guid(0x0A);
    case PropertySet::meeting: return kPsetidMeeting;
    case PropertySet::note: return outlook_guid(0x0E);
    case PropertySet::post_rss: return outlook_guid(0x41);
    case PropertySet::remote: return outlook_guid(0x14);
    case PropertySet::report: return outlook_guid(0x13);
    case PropertySet::sharing: return outlook_guid(0x40);
    case PropertySet::task: return outlook_guid(0x03);
  }
  return {};
}

struct NamedId {
  PropertySet set;
  std::uint16_t lid;
};

consteval PropertyId operator""_pid(const char* name, std::size_t length) {
  for (const PropertyInfo& info : kProperties)
    if (std::string_view(name, length) == info.name) return static_cast<PropertyId>(info.tag >> 16);
  throw "no such property";
}
consteval NamedId operator""_lid(const char* name, std::size_t length) {
  for (const NamedPropertyInfo& info : kNamedProperties)
    if (std::string_view(name, length) == info.name) return {info.set, info.lid};
  throw "no such named property";
}

// Canonical name of a property: by ID and type, else by ID alone; for a named one by its set and number, or its
// text. "" when the tables do not know it.
std::string_view name_of_property(const Property& property);

// "PtypString", "PtypMultipleInteger32" … (MS-OXCDATA 2.11.1); "Ptyp0x1234" for what is none.
std::string name_of_type(std::uint16_t type);

inline const Property* find(const PropertyBag& bag, NamedId id) { return bag.find_named(guid_of(id.set), id.lid); }

// Typed access to named properties, as PropertyBag has it for the others.
std::optional<std::int64_t> integer(const PropertyBag& bag, NamedId id);
std::optional<bool> boolean(const PropertyBag& bag, NamedId id);
std::optional<FileTime> time(const PropertyBag& bag, NamedId id);
const Blob* binary(const PropertyBag& bag, NamedId id);

}  // namespace mapiguard
