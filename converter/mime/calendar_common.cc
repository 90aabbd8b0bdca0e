#include "converter/mime/calendar_common.h"

#include <array>

#include "converter/mime/dates.h"
#include "converter/mime/header_text.h"
#include "converter/model/property_table.h"

namespace mapiguard {

std::string upper_hex(Bytes bytes) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  for (const std::byte byte : bytes) {
    out += kDigits[std::to_integer<unsigned>(byte) >> 4];
    out += kDigits[std::to_integer<unsigned>(byte) & 15];
  }
  return out;
}

std::string description_of(const Content& content) {
  for (const Part& part : content.alternatives) {
    if (part.headers.empty() || !part.headers.front().value.starts_with("text/plain")) continue;
    const std::size_t last = part.text.find_last_not_of(" \r\n\t");
    return last == part.text.npos ? std::string() : part.text.substr(0, last + 1);
  }
  return {};
}

std::string summary_or_word(std::string_view subject) {
  const std::string text = one_line(subject);
  return text.empty() ? "(no subject)" : text;
}

void write_common_fields(const ItemSource& item, const Content& content, ContentLines& out) {
  const PropertyBag& bag = item.message.properties;
  out.text("SUMMARY", summary_or_word(subject_of(bag, item.texts)));
  out.text("DESCRIPTION", description_of(content));
  // MS-OXCICAL 2.1.3.1.1.20.4: PidTagSensitivity; the personal has no word of its own.
  constexpr std::array kClasses = {"PUBLIC", "X-PERSONAL", "PRIVATE", "CONFIDENTIAL"};
  const auto sensitivity = bag.integer("PidTagSensitivity"_pid).value_or(0);
  out.raw("CLASS", kClasses[sensitivity >= 0 && sensitivity < 4 ? static_cast<std::size_t>(sensitivity) : 0]);
  const auto importance = bag.integer("PidTagImportance"_pid).value_or(1);
  out.raw("PRIORITY", importance == 2 ? "1" : importance == 0 ? "9" : "5");
  if (const Property* keywords = bag.find_named(kPsPublicStrings, "Keywords")) {
    std::string list;
    for (const std::string& keyword : item.texts.list(*keywords))
      list += (list.empty() ? "" : ",") + escaped_text(one_line(keyword));
    if (!list.empty()) out.raw("CATEGORIES", list);
  }
  if (const auto created = bag.time("PidTagCreationTime"_pid); created && is_date(*created))
    out.raw("CREATED", utc_stamp(*created));
  if (const auto changed = bag.time("PidTagLastModificationTime"_pid); changed && is_date(*changed))
    out.raw("LAST-MODIFIED", utc_stamp(*changed));
}

void write_stamp(const ItemSource& item, std::initializer_list<std::optional<FileTime>> candidates, ContentLines& out) {
  for (const auto& time : candidates)
    if (time && is_date(*time)) return out.raw("DTSTAMP", utc_stamp(*time));
  for (const PropertyId id : {"PidTagLastModificationTime"_pid, "PidTagClientSubmitTime"_pid, "PidTagCreationTime"_pid})
    if (const auto time = item.message.properties.time(id); time && is_date(*time))
      return out.raw("DTSTAMP", utc_stamp(*time));
  out.raw("DTSTAMP", "19700101T000000Z");  // required, and the clock is not ours to read
}

void write_alarm(const ItemSource& item, ContentLines& out) {
  if (!boolean(item.message.properties, "PidLidReminderSet"_lid).value_or(false)) return;
  constexpr std::int64_t kDefault = 15, kUnset = 0x5AE980E1;  // MS-OXORMDR 2.2.1.3: "use the default"
  std::int64_t minutes = integer(item.message.properties, "PidLidReminderDelta"_lid).value_or(kDefault);
  if (minutes == kUnset || minutes < 0) minutes = kDefault;
  out.begin("VALARM");
  out.raw("ACTION", "DISPLAY");
  out.raw("DESCRIPTION", "Reminder");
  out.raw("TRIGGER", "-PT" + std::to_string(minutes) + "M", {{"RELATED", "START"}});
  out.end("VALARM");
}

Part calendar_part(std::string text, const char* method) {
  if (!method) return text_part("text/calendar", text);
  return text_part("text/calendar", text, {{"method", method}});
}

}  // namespace mapiguard
