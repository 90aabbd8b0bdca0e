#include "converter/mime/calendar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libical/ical.h>

#include <memory>

#include "converter/mime/calendar_zone.h"
#include "converter/mime/recurrence.h"
#include "tests/converter/mime/mail_reader.h"
#include "tests/converter/mime/model_builder.h"

namespace mapiguard {
namespace {

using testing::BagBuilder;
using ::testing::HasSubstr;
using testing::le16;
using testing::le32;
using testing::ModelBuilder;
using ::testing::Not;
using testing::ReadMail;
using testing::ticks_of;
using testing::utf16le;

std::uint32_t minutes_of(int year, unsigned month, unsigned day, unsigned hour = 0, unsigned minute = 0) {
  return static_cast<std::uint32_t>(ticks_of(year, month, day, hour, minute) / 600'000'000);
}

std::string system_time(unsigned month, unsigned weekday, unsigned day, unsigned hour) {
  return le16(0) + le16(month) + le16(weekday) + le16(day) + le16(hour) + le16(0) + le16(0) + le16(0);
}
// Central Europe: an hour east of UTC, summer time from the last Sunday of March to that of October.
std::string berlin_struct() {
  return le32(static_cast<std::uint32_t>(-60)) + le32(0) + le32(static_cast<std::uint32_t>(-60)) + le16(0) +
         system_time(10, 0, 5, 3) + le16(0) + system_time(3, 0, 5, 2);
}
std::string berlin_definition() {
  const std::string name = "W. Europe Standard Time";
  return std::string("\x02\x01") + le16(6 + 2 * name.size()) + le16(2) + le16(name.size()) + utf16le(name) + le16(1) +
         std::string("\x02\x01") + le16(0x3E) + le16(2) + le16(0) + std::string(14, '\0') +
         le32(static_cast<std::uint32_t>(-60)) + le32(0) + le32(static_cast<std::uint32_t>(-60)) +
         system_time(10, 0, 5, 3) + system_time(3, 0, 5, 2);
}

std::string pattern(unsigned frequency, unsigned type, unsigned period, const std::string& specific, unsigned end,
                    unsigned count, const std::vector<std::uint32_t>& deleted = {},
                    const std::vector<std::uint32_t>& modified = {}) {
  std::string out = le16(0x3004) + le16(0x3004) + le16(frequency) + le16(type) + le16(0) + le32(0) + le32(period) +
                    le32(0) + specific + le32(end) + le32(count) + le32(1);
  out += le32(deleted.size());
  for (const auto day : deleted) out += le32(day);
  out += le32(modified.size());
  for (const auto day : modified) out += le32(day);
  return out + le32(minutes_of(2024, 1, 1)) + le32(minutes_of(2024, 12, 31));
}
std::string appointment_tail(const std::string& exceptions = le16(0) + le32(0)) {
  return le32(0x3006) + le32(0x3009) + le32(9 * 60) + le32(10 * 60) + exceptions;
}

class Calendar : public ::testing::Test {
 protected:
  Calendar() {
    m_.message()
        .unicode("PidTagMessageClass"_pid, "IPM.Appointment")
        .unicode("PidTagSubject"_pid, "Lunch; with, Ada")
        .unicode("PidTagBody"_pid, "Bring a fork.\r\n")
        .time("PidTagLastModificationTime"_pid, ticks_of(2024, 1, 2, 3, 4, 5));
    times(ticks_of(2024, 7, 1, 10), ticks_of(2024, 7, 1, 11));
  }
  void times(std::uint64_t start, std::uint64_t end) {
    m_.message()
        .named("PidLidAppointmentStartWhole"_lid, PropertyType::time, FileTime{start})
        .named("PidLidAppointmentEndWhole"_lid, PropertyType::time, FileTime{end});
  }
  void binary(NamedId id, const std::string& bytes) {
    auto bag = m_.message();
    bag.named(id, PropertyType::binary, bag.blob(bytes));
  }
  // The calendar without its folds; libical has found nothing wrong with it.
  std::string calendar() {
    const ReadMail mail(m_.mail());
    const testing::ReadPart* part = mail.part("text/calendar");
    if (!part) return {};
    method_ = part->parameter("method");
    const std::unique_ptr<icalcomponent, decltype(&icalcomponent_free)> parsed(
        icalparser_parse_string(part->content.c_str()), icalcomponent_free);
    EXPECT_TRUE(parsed);
    if (parsed) {
      EXPECT_EQ(icalcomponent_count_errors(parsed.get()), 0) << part->content;
      EXPECT_TRUE(icalrestriction_check(parsed.get())) << icalcomponent_as_ical_string(parsed.get());
    }
    std::string out = part->content;
    for (std::size_t at; (at = out.find("\r\n ")) != out.npos;) out.erase(at, 3);
    return out;
  }
  ModelBuilder m_;
  std::string method_;
};

TEST_F(Calendar, AppointmentIsPublishedInUtcWithoutAZone) {
  const std::string text = calendar();
  EXPECT_EQ(method_, "PUBLISH");
  for (const char* line :
       {"\r\nDTSTART:20240701T100000Z\r\n", "\r\nDTEND:20240701T110000Z\r\n", "\r\nSUMMARY:Lunch\\; with\\, Ada\r\n",
        "\r\nDESCRIPTION:Bring a fork.\r\n", "\r\nDTSTAMP:20240102T030405Z\r\n"})
    EXPECT_THAT(text, HasSubstr(line));
  EXPECT_THAT(text, Not(HasSubstr("ATTENDEE")));
}

TEST_F(Calendar, ZoneDefinitionGivesLocalTimes) {
  binary("PidLidAppointmentTimeZoneDefinitionStartDisplay"_lid, berlin_definition());
  const std::string text = calendar();
  EXPECT_THAT(text, HasSubstr("TZID:W. Europe Standard Time\r\n"));
  EXPECT_THAT(text, HasSubstr("DTSTART;TZID=W. Europe Standard Time:20240701T120000\r\n"));
  EXPECT_THAT(text, HasSubstr("RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\n"));
}

TEST_F(Calendar, OlderZoneStructureServesToo) {
  binary("PidLidTimeZoneStruct"_lid, berlin_struct());
  auto bag = m_.message();
  bag.named("PidLidTimeZoneDescription"_lid, PropertyType::unicode, bag.text("(GMT+01:00) Berlin"));
  EXPECT_THAT(calendar(), HasSubstr("DTSTART;TZID=\"(GMT+01:00) Berlin\":20240701T120000\r\n"));
}

TEST_F(Calendar, AllDayEventHasDays) {
  m_.message().named("PidLidAppointmentSubType"_lid, PropertyType::boolean, true);
  ModelBuilder all_day;
  all_day.message()
      .unicode("PidTagMessageClass"_pid, "IPM.Appointment")
      .named("PidLidAppointmentSubType"_lid, PropertyType::boolean, true)
      .named("PidLidAppointmentStartWhole"_lid, PropertyType::time, FileTime{ticks_of(2024, 6, 30, 22)})
      .named("PidLidAppointmentEndWhole"_lid, PropertyType::time, FileTime{ticks_of(2024, 7, 1, 22)});
  const ReadMail mail(all_day.mail());
  EXPECT_THAT(mail.part("text/calendar")->content,
              HasSubstr("DTSTART;VALUE=DATE:20240701\r\nDTEND;VALUE=DATE:20240702\r\n"));
}

TEST_F(Calendar, MeetingRequestNamesItsPeople) {
  m_ = ModelBuilder();
  m_.message()
      .unicode("PidTagMessageClass"_pid, "IPM.Schedule.Meeting.Request")
      .unicode("PidTagSubject"_pid, "Lunch")
      .unicode("PidTagSentRepresentingName"_pid, "Boss, The")
      .unicode("PidTagSentRepresentingAddressType"_pid, "SMTP")
      .unicode("PidTagSentRepresentingEmailAddress"_pid, "boss@example.org")
      .named("PidLidAppointmentSequence"_lid, PropertyType::integer32, std::int64_t{3});
  times(ticks_of(2024, 7, 1, 10), ticks_of(2024, 7, 1, 11));
  m_.recipient(1, "Ada", "ada@example.org").integer("PidTagRecipientTrackStatus"_pid, 3);
  m_.recipient(2, "Grace", "grace@example.org");
  m_.recipient(3, "Room 1", "room@example.org");
  m_.recipient(1, "Boss, The", "boss@example.org").integer("PidTagRecipientFlags"_pid, 3);
  const std::string text = calendar();
  EXPECT_EQ(method_, "REQUEST");
  for (const char* line :
       {"\r\nORGANIZER;CN=\"Boss, The\":mailto:boss@example.org\r\n", "\r\nSEQUENCE:3\r\n",
        "\r\nATTENDEE;CN=Ada;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;RSVP=TRUE:mailto:ada@example.org\r\n",
        "\r\nATTENDEE;CN=Grace;ROLE=OPT-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:grace@example.org\r\n",
        "\r\nATTENDEE;CN=Room "
        "1;CUTYPE=RESOURCE;ROLE=NON-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:room@example.org\r\n"})
    EXPECT_THAT(text, HasSubstr(line));
  EXPECT_THAT(text, Not(HasSubstr("ATTENDEE;CN=\"Boss")));
}

TEST_F(Calendar, AnswersAndCancellationsHaveTheirMethods) {
  struct Case {
    const char* message_class;
    const char* method;
    const char* line;
  };
  for (const Case& c : {Case{"IPM.Schedule.Meeting.Resp.Pos", "REPLY", "PARTSTAT=ACCEPTED"},
                        Case{"IPM.Schedule.Meeting.Resp.Neg", "REPLY", "PARTSTAT=DECLINED"},
                        Case{"IPM.Schedule.Meeting.Resp.Tent", "REPLY", "PARTSTAT=TENTATIVE"},
                        Case{"IPM.Schedule.Meeting.Canceled", "CANCEL", "STATUS:CANCELLED"}}) {
    m_ = ModelBuilder();
    m_.message()
        .unicode("PidTagMessageClass"_pid, c.message_class)
        .unicode("PidTagSubject"_pid, "Lunch")
        .unicode("PidTagSenderName"_pid, "ada@example.org");
    m_.recipient(1, "Boss", "boss@example.org");
    times(ticks_of(2024, 7, 1, 10), ticks_of(2024, 7, 1, 11));
    EXPECT_THAT(calendar(), HasSubstr(c.line));
    EXPECT_EQ(method_, c.method);
  }
}

TEST_F(Calendar, UidOfAForeignCalendarComesBack) {
  binary("PidLidGlobalObjectId"_lid,
         std::string(40, '\0') + std::string("vCal-Uid\x01\0\0\0", 12) + "abc@example.org" + std::string(1, '\0'));
  EXPECT_THAT(calendar(), HasSubstr("\r\nUID:abc@example.org\r\n"));
}

TEST_F(Calendar, ReminderIsAnAlarm) {
  m_.message()
      .named("PidLidReminderSet"_lid, PropertyType::boolean, true)
      .named("PidLidReminderDelta"_lid, PropertyType::integer32, std::int64_t{30});
  EXPECT_THAT(calendar(), HasSubstr("TRIGGER;RELATED=START:-PT30M\r\n"));
}

TEST_F(Calendar, AppointmentWithoutBeginningIsStillAMail) {
  m_ = ModelBuilder();
  m_.message().unicode("PidTagMessageClass"_pid, "IPM.Appointment").unicode("PidTagBody"_pid, "text");
  EXPECT_EQ(ReadMail(m_.mail()).tree(), "text/plain");
  ASSERT_EQ(m_.report.defects.size(), 1u);
  EXPECT_EQ(m_.report.defects[0].severity, Severity::loss);
}

TEST_F(Calendar, ExceptionsAndDeletionsOfASeriesAreTold) {
  const std::uint32_t deleted = minutes_of(2024, 7, 8), changed = minutes_of(2024, 7, 15);
  const std::string subject = "Moved";
  const std::string exceptions = le16(1) + le32(changed + 600) + le32(changed + 660) + le32(changed + 540) + le16(1) +
                                 le16(subject.size() + 1) + le16(subject.size()) + subject + le32(0) + le32(4) +
                                 le32(0) + le32(0) + le32(changed + 600) + le32(changed + 660) + le32(changed + 540) +
                                 le16(subject.size()) + utf16le("Mové!") + le32(0);
  binary("PidLidAppointmentRecur"_lid,
         pattern(0x200B, 1, 1, le32(2), 0x2021, 0, {deleted, changed}, {changed}) + appointment_tail(exceptions));
  binary("PidLidAppointmentTimeZoneDefinitionRecur"_lid, berlin_definition());
  const std::string text = calendar();
  EXPECT_THAT(text, HasSubstr("RRULE:FREQ=WEEKLY;BYDAY=MO;UNTIL=20241231T080000Z\r\n"));
  EXPECT_THAT(text, HasSubstr("EXDATE;TZID=W. Europe Standard Time:20240708T090000\r\n"));
  EXPECT_THAT(text, Not(HasSubstr("EXDATE;TZID=W. Europe Standard Time:20240715")));
  EXPECT_THAT(text, HasSubstr("RECURRENCE-ID;TZID=W. Europe Standard Time:20240715T090000\r\nDTSTART;TZID=W. Europe "
                              "Standard Time:20240715T100000\r\n"));
  EXPECT_THAT(text, HasSubstr("SUMMARY:Mové!\r\n"));
}

// Every occurrence of the first event, in UTC, as libical sees them.
std::vector<std::string> occurrences(const std::string& calendar) {
  const std::unique_ptr<icalcomponent, decltype(&icalcomponent_free)> parsed(icalparser_parse_string(calendar.c_str()),
                                                                             icalcomponent_free);
  icalcomponent* event = icalcomponent_get_first_component(parsed.get(), ICAL_VEVENT_COMPONENT);
  icalproperty* start = icalcomponent_get_first_property(event, ICAL_DTSTART_PROPERTY);
  const char* zone_name = icalparameter_get_tzid(icalproperty_get_first_parameter(start, ICAL_TZID_PARAMETER));
  icaltimezone* zone = icalcomponent_get_timezone(parsed.get(), zone_name);
  icaltimetype first = icalproperty_get_dtstart(start);
  const auto rule = icalproperty_get_rrule(icalcomponent_get_first_property(event, ICAL_RRULE_PROPERTY));
  std::vector<std::string> times;
  icalrecur_iterator* iterator = icalrecur_iterator_new(rule, icaltime_set_timezone(&first, zone));
  for (auto t = icalrecur_iterator_next(iterator); !icaltime_is_null_time(t); t = icalrecur_iterator_next(iterator)) {
    icaltime_set_timezone(&t, zone);
    times.emplace_back(icaltime_as_ical_string(icaltime_convert_to_zone(t, icaltimezone_get_utc_timezone())));
  }
  icalrecur_iterator_free(iterator);
  return times;
}

TEST_F(Calendar, EventWithoutASubjectIsStillValid) {
  m_ = ModelBuilder();
  m_.message().unicode("PidTagMessageClass"_pid, "IPM.Appointment");
  times(ticks_of(2024, 3, 25, 8), ticks_of(2024, 3, 25, 9));
  EXPECT_THAT(calendar(), HasSubstr("SUMMARY:(no subject)\r\n"));
}

TEST_F(Calendar, SeriesKeepsItsWallClockAcrossTheChangeToSummerTime) {
  m_ = ModelBuilder();
  m_.message().unicode("PidTagMessageClass"_pid, "IPM.Appointment");
  times(ticks_of(2024, 3, 25, 8), ticks_of(2024, 3, 25, 9));
  const std::uint32_t changed = minutes_of(2024, 4, 1);
  const std::string exceptions = le16(1) + le32(changed + 600) + le32(changed + 660) + le32(changed + 540) + le16(0) +
                                 le32(0) + le32(4) + le32(0) + le32(0);
  binary("PidLidAppointmentRecur"_lid,
         pattern(0x200B, 1, 1, le32(2), 0x2022, 3, {changed}, {changed}) + appointment_tail(exceptions));
  binary("PidLidAppointmentTimeZoneDefinitionRecur"_lid, berlin_definition());
  const std::string text = calendar();
  EXPECT_THAT(occurrences(text), ::testing::ElementsAre("20240325T080000Z", "20240401T070000Z", "20240408T070000Z"));
  EXPECT_THAT(text, HasSubstr("RECURRENCE-ID;TZID=W. Europe Standard Time:20240401T090000\r\nDTSTART;TZID=W. Europe "
                              "Standard Time:20240401T100000\r\n"));
}

std::string rule(const std::string& bytes) {
  ModelBuilder model;
  Budget budget(1'000'000);
  const auto recurrence = parse_recurrence(as_bytes(bytes), Texts(model.get()), budget);
  return recurrence ? recurrence_rule(*recurrence, "20241231") : "unreadable";
}

TEST(Recurrence, EachPatternHasItsRule) {
  EXPECT_EQ(rule(pattern(0x200A, 0, 3 * 1440, "", 0x2023, 10)), "FREQ=DAILY;INTERVAL=3");
  EXPECT_EQ(rule(pattern(0x200A, 1, 1, le32(0x3E), 0x2022, 5)), "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;COUNT=5");
  EXPECT_EQ(rule(pattern(0x200B, 1, 2, le32(0x12), 0x2021, 0)),
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH;WKST=MO;UNTIL=20241231");
  EXPECT_EQ(rule(pattern(0x200C, 2, 1, le32(15), 0x2023, 0)), "FREQ=MONTHLY;BYMONTHDAY=15");
  EXPECT_EQ(rule(pattern(0x200C, 2, 1, le32(31), 0x2023, 0)), "FREQ=MONTHLY;BYMONTHDAY=-1");
  EXPECT_EQ(rule(pattern(0x200C, 2, 1, le32(30), 0x2023, 0)), "FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1");
  EXPECT_EQ(rule(pattern(0x200C, 3, 2, le32(0x04) + le32(5), 0x2023, 0)),
            "FREQ=MONTHLY;INTERVAL=2;BYDAY=TU;BYSETPOS=-1");
  EXPECT_EQ(rule(pattern(0x200D, 2, 12, le32(1), 0x2023, 0)), "FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=1");
}
TEST(Recurrence, PeriodOrCountThatReadersCannotHoldHasNoRule) {
  EXPECT_EQ(rule(pattern(0x200B, 1, 4294967236, le32(2), 0x2022, 10)), "");
  EXPECT_EQ(rule(pattern(0x200B, 1, 1, le32(2), 0x2022, 0xFFFFFFFF)), "");
  EXPECT_EQ(rule(pattern(0x200A, 0, 999 * 1440, "", 0x2023, 10)), "FREQ=DAILY;INTERVAL=999");
}
TEST(Recurrence, TruncatedPatternIsUnreadable) {
  const std::string whole = pattern(0x200B, 1, 1, le32(2), 0x2023, 0);
  for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_EQ(rule(whole.substr(0, size)), "unreadable");
}
TEST(Recurrence, PatternWithoutAppointmentPartIsEnough) {
  EXPECT_EQ(rule(pattern(0x200B, 1, 1, le32(2), 0x2023, 0)), "FREQ=WEEKLY;BYDAY=MO");
}
TEST(Recurrence, CountsThatLieEndWithTheBytes) {
  std::string bytes = pattern(0x200B, 1, 1, le32(2), 0x2023, 0);
  bytes.replace(38, 4, le32(0xFFFFFFFF));
  EXPECT_EQ(rule(bytes), "unreadable");
}

TEST(CalendarZone, LocalAndUtcAgreeAcrossTheChanges) {
  const auto zone = zone_of_struct(as_bytes(berlin_struct()), "Berlin");
  ASSERT_TRUE(zone);
  EXPECT_EQ(zone->to_local({ticks_of(2024, 3, 31, 0, 59)}).ticks, ticks_of(2024, 3, 31, 1, 59));
  EXPECT_EQ(zone->to_local({ticks_of(2024, 3, 31, 1, 0)}).ticks, ticks_of(2024, 3, 31, 3, 0));
  EXPECT_EQ(zone->to_local({ticks_of(2024, 10, 27, 0, 59)}).ticks, ticks_of(2024, 10, 27, 2, 59));
  EXPECT_EQ(zone->to_local({ticks_of(2024, 10, 27, 1, 0)}).ticks, ticks_of(2024, 10, 27, 2, 0));
  for (std::uint64_t hour = 0; hour < 366 * 24; ++hour) {
    const FileTime utc{ticks_of(2024, 1, 1) + hour * 36'000'000'000};
    const FileTime local = zone->to_local(utc);
    if (local.ticks < ticks_of(2024, 10, 27, 2) ||
        local.ticks >= ticks_of(2024, 10, 27, 3)) {  // that hour is told twice
      ASSERT_EQ(zone->to_utc(local), utc) << hour;
    }
  }
}
TEST(CalendarZone, TimesThatNoCalendarReachesStayWhereTheyAre) {
  const auto zone = zone_of_struct(as_bytes(berlin_struct()), "Berlin");
  ASSERT_TRUE(zone);
  constexpr std::uint64_t kHour = 36'000'000'000;
  for (const std::uint64_t ticks : {~std::uint64_t{0}, std::uint64_t{1} << 63, (std::uint64_t{1} << 63) - 1}) {
    EXPECT_LE(zone->to_local({ticks}).ticks - ticks + kHour, 2 * kHour) << ticks;
    EXPECT_LE(zone->to_utc({ticks}).ticks - ticks + kHour, 2 * kHour) << ticks;
  }
}

TEST(CalendarZone, NonsenseIsRefused) {
  std::string bytes = berlin_struct();
  bytes.replace(0, 4, le32(0x7FFFFFFF));
  EXPECT_FALSE(zone_of_struct(as_bytes(bytes), "x"));
  for (std::size_t size = 0; size < 48; ++size)
    EXPECT_FALSE(zone_of_struct(as_bytes(berlin_struct().substr(0, size)), "x"));
  const std::string definition = berlin_definition();
  for (std::size_t size = 0; size < definition.size(); ++size)
    EXPECT_FALSE(zone_of_definition(as_bytes(definition.substr(0, size))));
}

TEST(Task, BecomesATodo) {
  ModelBuilder m;
  m.message()
      .unicode("PidTagMessageClass"_pid, "IPM.Task")
      .unicode("PidTagSubject"_pid, "Write tests")
      .named("PidLidTaskStartDate"_lid, PropertyType::time, FileTime{ticks_of(2024, 7, 1)})
      .named("PidLidTaskDueDate"_lid, PropertyType::time, FileTime{ticks_of(2024, 7, 5)})
      .named("PidLidPercentComplete"_lid, PropertyType::floating64, 0.5)
      .named("PidLidTaskStatus"_lid, PropertyType::integer32, std::int64_t{1});
  const ReadMail mail(m.mail());
  const std::string& text = mail.part("text/calendar")->content;
  for (const char* line : {"BEGIN:VTODO\r\n", "DTSTART;VALUE=DATE:20240701\r\n", "DUE;VALUE=DATE:20240705\r\n",
                           "PERCENT-COMPLETE:50\r\n", "STATUS:IN-PROCESS\r\n", "SUMMARY:Write tests\r\n"})
    EXPECT_THAT(text, HasSubstr(line));
}

}  // namespace
}  // namespace mapiguard
