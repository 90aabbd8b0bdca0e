#include "converter/mime/summary.h"

#include <gtest/gtest.h>

namespace mapiguard {
namespace {

TEST(Summary, TimesAreReadable) {
  EXPECT_EQ(summary_of_lines("DTSTART;TZID=\"W: Europe\":20240301T090000\r\nDTEND:20240301T100000Z\r\n"),
            "When: 2024-03-01 09:00 (W: Europe)\r\nUntil: 2024-03-01 10:00 UTC\r\n");
  EXPECT_EQ(summary_of_lines("DTSTART;VALUE=DATE:20240301\r\n"), "When: 2024-03-01\r\n");
}

TEST(Summary, TimesOfZonesAlarmsAndExceptionsAreLeftOut) {
  EXPECT_EQ(summary_of_lines("BEGIN:VTIMEZONE\r\nDTSTART:19700101T000000\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\n"
                             "LOCATION:Here\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nLOCATION:There\r\nEND:VEVENT\r\n"),
            "Where: Here\r\n");
}

TEST(Summary, FoldsAndEscapesAreUndone) {
  EXPECT_EQ(summary_of_lines("LOCATION:A\\, b\r\n c\\nd\\\\\r\n"), "Where: A, bc d\\\r\n");
}

TEST(Summary, PeopleHaveNameAndAddress) {
  EXPECT_EQ(summary_of_lines("ORGANIZER;CN=\"L; Ada\":mailto:ada@example.org\r\nATTENDEE:MAILTO:b@example.org\r\n"),
            "Organizer: L; Ada <ada@example.org>\r\nAttendee: b@example.org\r\n");
}

TEST(Summary, OddLinesAreHarmless) {
  for (const char* odd :
       {"", ":", "DTSTART", "DTSTART:", "ADR:;;;", "ORGANIZER;CN=\":x\r\n", "RRULE:COUNT=2\r\n", "\r\n\r\n "})
    summary_of_lines(odd);
  EXPECT_EQ(summary_of_lines("ADR:;;;\r\n"), "");
}

}  // namespace
}  // namespace mapiguard
