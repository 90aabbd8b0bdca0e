// Tasks as VTODO (MS-OXOTASK 2.2.2, RFC 5545 3.6.2).
#include <algorithm>
#include <array>

#include "base/sha256.h"
#include "converter/mime/calendar.h"
#include "converter/mime/calendar_common.h"
#include "converter/mime/dates.h"
#include "converter/mime/header_text.h"
#include "converter/mime/recurrence.h"
#include "converter/mime/summary.h"
#include "converter/model/property_table.h"

namespace mapiguard {
namespace {

std::string uid_of(const ItemSource& item) {
  std::string storage;
  const PropertyBag& bag = item.message.properties;
  if (const Blob* id = binary(bag, "PidLidTaskGlobalId"_lid); id && !id->empty() && id->size() <= 256)
    return upper_hex(id->contiguous(storage));
  if (const Blob* key = bag.binary("PidTagSearchKey"_pid); key && !key->empty() && key->size() <= 256)
    return upper_hex(key->contiguous(storage));
  return hex(sha256(as_bytes(subject_of(bag, item.texts)))).substr(0, 32);
}

// Task dates are midnights, local time written as UTC (MS-OXOTASK 2.2.2.2.4).
void write_day(ContentLines& out, const char* name, std::optional<FileTime> time) {
  if (time && is_date(*time)) out.raw(name, day_stamp(*time), {{"VALUE", "DATE"}});
}

void write_recurrence(const ItemSource& item, ContentLines& out) {
  const Blob* pattern = binary(item.message.properties, "PidLidTaskRecurrence"_lid);
  if (!pattern || pattern->empty()) return;
  std::string storage;
  const auto recurrence = parse_recurrence(pattern->contiguous(storage), item.texts, item.context.budget);
  const std::string rule = recurrence ? recurrence_rule(*recurrence, day_stamp(recurrence->end_date)) : "";
  if (rule.empty())
    item.context.defects.loss(item.where("PidLidTaskRecurrence"), "the recurrence pattern of the task cannot be told");
  else
    out.raw("RRULE", rule);
}

}  // namespace

void add_task(const ItemSource& item, Content& content) {
  const PropertyBag& bag = item.message.properties;
  ContentLines out;
  out.begin("VCALENDAR");
  out.raw("PRODID", kProductId);
  out.raw("VERSION", "2.0");
  out.begin("VTODO");
  out.raw("UID", uid_of(item));
  write_stamp(item, {time(bag, "PidLidTaskLastUpdate"_lid)}, out);
  const auto start = time(bag, "PidLidTaskStartDate"_lid), due = time(bag, "PidLidTaskDueDate"_lid);
  write_day(out, "DTSTART", start);
  if (!start || !due || *start <= *due) write_day(out, "DUE", due);
  if (start && is_date(*start)) write_recurrence(item, out);  // RRULE needs a DTSTART (RFC 5545 3.8.2.4)
  write_common_fields(item, content, out);
  const auto percent = [&]() -> std::optional<double> {
    const Property* property = find(bag, "PidLidPercentComplete"_lid);
    const double* value = property ? std::get_if<double>(&property->value) : nullptr;
    return value && *value >= 0 && *value <= 1 ? std::optional(*value) : std::nullopt;
  }();
  if (percent) out.raw("PERCENT-COMPLETE", std::to_string(static_cast<int>(*percent * 100 + 0.5)));
  // MS-OXOTASK 2.2.2.2.2: not started, in progress, complete, waiting, deferred.
  constexpr std::array kStates = {"NEEDS-ACTION", "IN-PROCESS", "COMPLETED", "NEEDS-ACTION", "NEEDS-ACTION"};
  const auto status = std::clamp<std::int64_t>(integer(bag, "PidLidTaskStatus"_lid).value_or(0), 0, 4);
  out.raw("STATUS", kStates[static_cast<std::size_t>(status)]);
  if (const auto done = time(bag, "PidLidTaskDateCompleted"_lid); done && is_date(*done))
    out.raw("COMPLETED", utc_stamp(*done));
  if (const Property* owner = find(bag, "PidLidTaskOwner"_lid))
    out.text("X-MAPIGUARD-TASK-OWNER", one_line(item.texts.decode(*owner, false)));
  if (start && is_date(*start)) write_alarm(item, out);
  out.end("VTODO");
  out.end("VCALENDAR");
  // No METHOD: RFC 5546 3.4.1 wants an organizer and a beginning for each, and tasks have neither.
  Part part = calendar_part(out.take(), nullptr);
  add_summary(part.text, content);
  content.alternatives.push_back(std::move(part));
}

}  // namespace mapiguard
