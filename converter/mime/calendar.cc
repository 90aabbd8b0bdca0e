#include "converter/mime/calendar.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/sha256.h"
#include "base/text.h"
#include "converter/mime/calendar_common.h"
#include "converter/mime/calendar_zone.h"
#include "converter/mime/dates.h"
#include "converter/mime/header_text.h"
#include "converter/mime/recurrence.h"
#include "converter/mime/summary.h"
#include "converter/model/property_table.h"

namespace mapiguard {
namespace {

constexpr std::uint64_t kTicksPerMinute = 600'000'000;
constexpr std::uint64_t kTicksPerDay = 1440 * kTicksPerMinute;
constexpr std::uint64_t kMostBlob = 1 << 20;

struct Method {
  const char* message_class;
  const char* method;
  const char* answer;  // PARTSTAT of the one who answers
};
// MS-OXCICAL 2.1.3.1.1.1. Longer prefixes first.
constexpr Method kMethods[] = {
    {"IPM.Schedule.Meeting.Resp.Pos", "REPLY", "ACCEPTED"}, {"IPM.Schedule.Meeting.Resp.Tent", "REPLY", "TENTATIVE"},
    {"IPM.Schedule.Meeting.Resp.Neg", "REPLY", "DECLINED"}, {"IPM.Schedule.Meeting.Canceled", "CANCEL", nullptr},
    {"IPM.Schedule.Meeting", "REQUEST", nullptr},           {"IPM.Appointment", "PUBLISH", nullptr},
};
const Method& method_of_class(std::string_view message_class) {
  for (const Method& method : kMethods)
    if (starts_with_ignoring_case(message_class, method.message_class)) return method;
  return kMethods[std::size(kMethods) - 1];
}

Bytes bytes_of(const PropertyBag& bag, NamedId id, std::string& storage) {
  const Blob* blob = binary(bag, id);
  return blob && blob->size() <= kMostBlob ? blob->contiguous(storage) : Bytes{};
}

// The definition that the series repeats by, or that the times were entered in; else the older structure.
std::optional<CalendarZone> zone_of(const ItemSource& item, bool is_recurring) {
  const PropertyBag& bag = item.message.properties;
  std::string storage;
  if (is_recurring)
    if (auto zone = zone_of_definition(bytes_of(bag, "PidLidAppointmentTimeZoneDefinitionRecur"_lid, storage)))
      return zone;
  if (auto zone = zone_of_definition(bytes_of(bag, "PidLidAppointmentTimeZoneDefinitionStartDisplay"_lid, storage)))
    return zone;
  const Property* description = find(bag, "PidLidTimeZoneDescription"_lid);
  return zone_of_struct(bytes_of(bag, "PidLidTimeZoneStruct"_lid, storage),
                        description ? item.texts.decode(*description, false) : "");
}

// MS-OXOCAL 2.2.1.27: the UID that iCalendar knows stands in the ID, or the ID in hexadecimal is the UID, without the
// date that names one occurrence.
std::string uid_of_global_id(Bytes id) {
  constexpr std::string_view kForeign("vCal-Uid\x01\0\0\0", 12);
  constexpr std::size_t kDateAt = 16, kDataAt = 40;
  const std::string_view data = as_chars(slice(id, kDataAt));
  if (data.starts_with(kForeign)) {
    const std::string_view uid = data.substr(kForeign.size());
    const std::string clean = one_line(uid.substr(0, uid.find('\0')));
    if (!clean.empty() && is_utf8(clean)) return clean;
  }
  std::string text = upper_hex(id);
  for (std::size_t i = 2 * kDateAt; i < 2 * (kDateAt + 4) && i < text.size(); ++i) text[i] = '0';
  return text;
}

std::string uid_of(const ItemSource& item, FileTime start) {
  std::string storage;
  for (const NamedId id : {"PidLidCleanGlobalObjectId"_lid, "PidLidGlobalObjectId"_lid})
    if (const Bytes bytes = bytes_of(item.message.properties, id, storage); !bytes.empty() && bytes.size() <= 2000)
      return uid_of_global_id(bytes);
  for (const PropertyId id : {"PidTagSearchKey"_pid, "PidTagRecordKey"_pid})
    if (const Blob* key = item.message.properties.binary(id); key && !key->empty() && key->size() <= 256)
      return upper_hex(key->contiguous(storage));
  return hex(sha256(as_bytes(subject_of(item.message.properties, item.texts) + local_stamp(start)))).substr(0, 32);
}

// The occurrence that a Global Object ID names (year, month, day at offset 16); nullopt: the whole series.
std::optional<FileTime> occurrence_of_global_id(const ItemSource& item) {
  std::string storage;
  ByteCursor cursor(bytes_of(item.message.properties, "PidLidGlobalObjectId"_lid, storage));
  if (!cursor.seek(16)) return std::nullopt;
  cursor.skip(2);  // the year, high byte first
  const auto month = cursor.u8(), day = cursor.u8();
  if (!month || !day || *month == 0 || *month > 12 || *day == 0 || *day > 31) return std::nullopt;
  return time(item.message.properties, "PidLidExceptionReplaceTime"_lid);
}

// Writes times as the event has them: days, times of its zone, or UTC.
class EventClock {
 public:
  EventClock(std::optional<CalendarZone> zone, bool is_all_day) : zone_(std::move(zone)), is_all_day_(is_all_day) {}

  void write_utc(ContentLines& out, const char* name, FileTime utc) const {
    if (is_all_day_) return write_day(out, name, midnight_of(utc));
    zone_ ? write_local(out, name, zone_->to_local(utc)) : out.raw(name, utc_stamp(utc));
  }
  // `local` by the zone of the series; UTC where it has none.
  void write_local(ContentLines& out, const char* name, FileTime local) const {
    if (is_all_day_) return write_day(out, name, local);
    zone_ ? out.raw(name, local_stamp(local), {{"TZID", zone_->name()}}) : out.raw(name, utc_stamp(local));
  }
  std::string until(FileTime local) const {
    return is_all_day_ ? day_stamp(local) : utc_stamp(zone_ ? zone_->to_utc(local) : local);
  }
  FileTime local_of(FileTime utc) const { return is_all_day_ ? midnight_of(utc) : zone_ ? zone_->to_local(utc) : utc; }
  void write_zone(ContentLines& out, FileTime when) const {
    if (zone_ && !is_all_day_) zone_->write(out, when);
  }
  EventClock with_all_day(bool is_all_day) const { return {zone_, is_all_day}; }
  bool is_all_day() const { return is_all_day_; }

 private:
  static void write_day(ContentLines& out, const char* name, FileTime local) {
    out.raw(name, day_stamp(local), {{"VALUE", "DATE"}});
  }
  // An all-day event begins at midnight of a zone; without the zone it is the nearest midnight.
  FileTime midnight_of(FileTime utc) const {
    if (zone_) return zone_->to_local(utc);
    return {(utc.ticks + kTicksPerDay / 2) / kTicksPerDay * kTicksPerDay};
  }
  std::optional<CalendarZone> zone_;
  bool is_all_day_;
};

class EventWriter {
 public:
  EventWriter(const ItemSource& item, const Content& content)
      : item_(item),
        bag_(item.message.properties),
        content_(content),
        method_(method_of_class(item.headers.message_class)) {}

  // nullopt: the event has no beginning.
  std::optional<Part> write() {
    if (!read_times()) return std::nullopt;
    const EventClock clock(zone_of(item_, recurrence_.has_value()),
                           boolean(bag_, "PidLidAppointmentSubType"_lid).value_or(false));
    const bool is_counter = method_.answer && boolean(bag_, "PidLidAppointmentCounterProposal"_lid).value_or(false);
    const char* method = is_counter ? "COUNTER" : method_.method;
    out_.begin("VCALENDAR");
    out_.raw("PRODID", kProductId);
    out_.raw("VERSION", "2.0");
    out_.raw("METHOD", method);
    clock.write_zone(out_, start_);
    write_series(clock, is_counter);
    if (recurrence_)
      for (const RecurrenceException& exception : recurrence_->exceptions)
        if (item_.context.budget.spend(64)) write_exception(clock, exception);
    out_.end("VCALENDAR");
    return calendar_part(out_.take(), method);
  }

 private:
  bool read_times() {
    const auto first = [&](std::initializer_list<std::optional<FileTime>> candidates) {
      for (const auto& candidate : candidates)
        if (candidate && is_date(*candidate)) return candidate;
      return std::optional<FileTime>();
    };
    const auto start = first({time(bag_, "PidLidAppointmentStartWhole"_lid), time(bag_, "PidLidCommonStart"_lid),
                              bag_.time("PidTagStartDate"_pid)});
    if (!start) return false;
    start_ = *start;
    const auto end = first({time(bag_, "PidLidAppointmentEndWhole"_lid), time(bag_, "PidLidCommonEnd"_lid),
                            bag_.time("PidTagEndDate"_pid)});
    const auto minutes =
        std::clamp<std::int64_t>(integer(bag_, "PidLidAppointmentDuration"_lid).value_or(0), 0, 1 << 30);
    end_ = end.value_or(FileTime{start_.ticks + static_cast<std::uint64_t>(minutes) * kTicksPerMinute});
    if (end_ < start_) end_ = start_;
    std::string storage;
    if (const Bytes pattern = bytes_of(bag_, "PidLidAppointmentRecur"_lid, storage); !pattern.empty()) {
      recurrence_ = parse_recurrence(pattern, item_.texts, item_.context.budget);
      if (!recurrence_)
        item_.context.defects.loss(item_.where("PidLidAppointmentRecur"), "the recurrence pattern cannot be read");
    }
    return true;
  }

  void write_series(const EventClock& clock, bool is_counter) {
    out_.begin("VEVENT");
    out_.raw("UID", uid_of(item_, start_));
    write_stamp(item_,
                {time(bag_, method_.answer ? "PidLidAttendeeCriticalChange"_lid : "PidLidOwnerCriticalChange"_lid)},
                out_);
    write_span(clock, is_counter);
    if (const auto original = occurrence_of_global_id(item_); original && is_date(*original))
      clock.write_utc(out_, "RECURRENCE-ID", *original);
    if (recurrence_) write_recurrence(clock);
    write_common_fields(item_, content_, out_);
    out_.text("LOCATION", text_of("PidLidLocation"_lid));
    out_.raw("SEQUENCE",
             std::to_string(std::max<std::int64_t>(integer(bag_, "PidLidAppointmentSequence"_lid).value_or(0), 0)));
    write_people();
    write_busy(integer(bag_, "PidLidBusyStatus"_lid).value_or(2), clock.is_all_day());
    if (const auto intended = integer(bag_, "PidLidIntendedBusyStatus"_lid))
      out_.raw("X-MICROSOFT-CDO-INTENDEDSTATUS", busy_name(*intended));
    if (boolean(bag_, "PidLidAppointmentNotAllowPropose"_lid).value_or(false))
      out_.raw("X-MICROSOFT-DISALLOW-COUNTER", "TRUE");
    write_alarm(item_, out_);
    out_.end("VEVENT");
  }

  void write_span(const EventClock& clock, bool is_counter) {
    const auto proposed_start = time(bag_, "PidLidAppointmentProposedStartWhole"_lid),
               proposed_end = time(bag_, "PidLidAppointmentProposedEndWhole"_lid);
    const bool is_moved =
        is_counter && proposed_start && proposed_end && is_date(*proposed_start) && *proposed_start <= *proposed_end;
    write_start_and_end(clock, is_moved ? *proposed_start : start_, is_moved ? *proposed_end : end_);
    if (is_moved) {
      out_.raw("X-MS-OLK-ORIGINALSTART", utc_stamp(start_));
      out_.raw("X-MS-OLK-ORIGINALEND", utc_stamp(end_));
    }
  }

  void write_start_and_end(const EventClock& clock, FileTime start, FileTime end) {
    clock.write_utc(out_, "DTSTART", start);
    if (start < end) clock.write_utc(out_, "DTEND", end);  // DTEND must lie behind DTSTART (RFC 5545 3.6.1)
  }

  void write_recurrence(const EventClock& clock) {
    const Recurrence& r = *recurrence_;
    const FileTime last = {r.end_date.ticks + r.start_minutes * kTicksPerMinute};
    const std::string rule = recurrence_rule(r, is_date(last) ? clock.until(last) : "");
    if (rule.empty())
      return item_.context.defects.loss(item_.where("PidLidAppointmentRecur"),
                                        "iCalendar has no word for the recurrence pattern");
    out_.raw("RRULE", rule);
    std::vector<std::uint64_t> changed;  // days that an exception stands for
    for (const RecurrenceException& e : r.exceptions) changed.push_back(e.original_start.ticks / kTicksPerDay);
    std::sort(changed.begin(), changed.end());
    for (const FileTime& day : r.deleted)
      if (!std::binary_search(changed.begin(), changed.end(), day.ticks / kTicksPerDay))
        clock.write_local(out_, "EXDATE", {day.ticks + r.start_minutes * kTicksPerMinute});
  }

  void write_exception(const EventClock& series, const RecurrenceException& e) {
    const EventClock clock = series.with_all_day(e.is_all_day.value_or(series.is_all_day()));
    out_.begin("VEVENT");
    out_.raw("UID", uid_of(item_, start_));
    write_stamp(item_, {}, out_);
    series.write_local(out_, "RECURRENCE-ID", e.original_start);
    clock.write_local(out_, "DTSTART", e.start);
    if (e.start < e.end) clock.write_local(out_, "DTEND", e.end);
    out_.text("SUMMARY", summary_or_word(e.subject.value_or(subject_of(bag_, item_.texts))));
    out_.text("LOCATION", one_line(e.location.value_or(text_of("PidLidLocation"_lid))));
    out_.raw("SEQUENCE",
             std::to_string(std::max<std::int64_t>(integer(bag_, "PidLidAppointmentSequence"_lid).value_or(0), 0)));
    write_people();
    write_busy(e.busy_status.value_or(static_cast<std::uint32_t>(integer(bag_, "PidLidBusyStatus"_lid).value_or(2))),
               clock.is_all_day());
    out_.end("VEVENT");
  }

  static std::string busy_name(std::int64_t status) {
    constexpr std::array kNames = {"FREE", "TENTATIVE", "BUSY", "OOF", "WORKINGELSEWHERE"};
    return kNames[status >= 0 && status < std::ssize(kNames) ? static_cast<std::size_t>(status) : 2];
  }

  void write_busy(std::int64_t status, bool is_all_day) {
    out_.raw("TRANSP", status == 0 ? "TRANSPARENT" : "OPAQUE");
    if (std::string_view(method_.method) == "CANCEL")
      out_.raw("STATUS", "CANCELLED");
    else
      out_.raw("STATUS", status == 1 ? "TENTATIVE" : "CONFIRMED");
    out_.raw("X-MICROSOFT-CDO-BUSYSTATUS", busy_name(status));
    out_.raw("X-MICROSOFT-CDO-ALLDAYEVENT", is_all_day ? "TRUE" : "FALSE");
  }

  std::string text_of(NamedId id) const {
    const Property* property = find(bag_, id);
    return property ? one_line(item_.texts.decode(*property, false)) : std::string();
  }

  static std::vector<LineParameter> named(const Mailbox& mailbox) {
    std::vector<LineParameter> parameters;
    if (!mailbox.name.empty()) parameters.emplace_back("CN", mailbox.name);
    return parameters;
  }
  void write_organizer(const Mailbox& mailbox) { out_.raw("ORGANIZER", "mailto:" + mailbox.address, named(mailbox)); }

  static bool is_organizer(const Recipient& recipient) {
    constexpr std::int64_t kOrganizer = 2;  // PidTagRecipientFlags, MS-OXOCAL 2.2.4.10.1
    return recipient.properties.integer("PidTagRecipientFlags"_pid).value_or(0) & kOrganizer;
  }
  Mailbox mailbox(const Recipient& recipient) const {
    return mailbox_of(read_person(recipient.properties, kRecipientTags, item_.texts), item_.headers.known,
                      item_.context.options.imcea_domain);
  }

  void write_people() {
    const auto& recipients = item_.message.recipients;
    if (method_.answer) {
      if (!recipients.empty()) write_organizer(mailbox(recipients.front()));
      auto parameters = named(item_.headers.from);
      parameters.emplace_back("PARTSTAT", method_.answer);
      return out_.raw("ATTENDEE", "mailto:" + item_.headers.from.address, parameters);
    }
    constexpr std::int64_t kIsMeeting = 1;  // asfMeeting, MS-OXOCAL 2.2.1.10
    const bool is_meeting = !starts_with_ignoring_case(item_.headers.message_class, "IPM.Appointment") ||
                            integer(bag_, "PidLidAppointmentStateFlags"_lid).value_or(0) & kIsMeeting;
    // Who publishes an event is its organizer, attendees or not (RFC 5546 3.2.1).
    const auto organizer = std::find_if(recipients.begin(), recipients.end(), is_organizer);
    write_organizer(organizer != recipients.end() ? mailbox(*organizer) : item_.headers.from);
    if (!is_meeting) return;
    for (const Recipient& recipient : recipients)
      if (!is_organizer(recipient) && item_.context.budget.spend(64)) write_attendee(recipient);
  }

  // Roles: MS-OXCICAL 2.1.3.1.1.20.2; states: PidTagRecipientTrackStatus, MS-OXOCAL 2.2.4.10.2.
  void write_attendee(const Recipient& recipient) {
    constexpr std::array kRoles = {"REQ-PARTICIPANT", "REQ-PARTICIPANT", "OPT-PARTICIPANT", "NON-PARTICIPANT"};
    constexpr std::array kStates = {"NEEDS-ACTION", "ACCEPTED", "TENTATIVE", "ACCEPTED", "DECLINED", "NEEDS-ACTION"};
    const auto type = static_cast<std::size_t>(recipient.properties.integer("PidTagRecipientType"_pid).value_or(1) & 3);
    const auto state = recipient.properties.integer("PidTagRecipientTrackStatus"_pid).value_or(0);
    const Mailbox who = mailbox(recipient);
    auto parameters = named(who);
    if (type == 3) parameters.emplace_back("CUTYPE", "RESOURCE");
    parameters.emplace_back("ROLE", kRoles[type]);
    parameters.emplace_back("PARTSTAT",
                            kStates[state >= 0 && state < std::ssize(kStates) ? static_cast<std::size_t>(state) : 0]);
    if (bag_.boolean("PidTagResponseRequested"_pid).value_or(true)) parameters.emplace_back("RSVP", "TRUE");
    out_.raw("ATTENDEE", "mailto:" + who.address, parameters);
  }

  const ItemSource& item_;
  const PropertyBag& bag_;
  const Content& content_;
  const Method& method_;
  FileTime start_, end_;
  std::optional<Recurrence> recurrence_;
  ContentLines out_;
};

}  // namespace

void add_event(const ItemSource& item, Content& content) {
  if (auto part = EventWriter(item, content).write()) {
    add_summary(part->text, content);
    return content.alternatives.push_back(std::move(*part));
  }
  item.context.defects.loss(item.where("PidLidAppointmentStartWhole"),
                            "the appointment has no beginning; no calendar was written");
}

}  // namespace mapiguard
