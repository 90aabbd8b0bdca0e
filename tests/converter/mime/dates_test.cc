#include "converter/mime/dates.h"

#include <gtest/gtest.h>

#include <ctime>

#include "tests/support/property_setters.h"

namespace mapiguard {
namespace {

using testing::ticks_of;

TEST(Dates, KnownInstantsAreWrittenInUtc) {
  EXPECT_EQ(rfc5322_date({ticks_of(2024, 2, 29, 23, 59, 58)}), "Thu, 29 Feb 2024 23:59:58 +0000");
  EXPECT_EQ(utc_stamp({ticks_of(1999, 12, 31, 1, 2, 3)}), "19991231T010203Z");
  EXPECT_EQ(rfc3339_time({ticks_of(2000, 1, 1) + 1}), "2000-01-01T00:00:00.0000001Z");
}

TEST(Dates, EachDayOfFourCenturiesAgreesWithTheLibrary) {
  constexpr std::uint64_t kEpoch = 116'444'736'000'000'000, kDay = 864'000'000'000;
  for (std::int64_t day = -100'000; day < 150'000; day += 7) {
    const std::time_t seconds = day * 86'400;
    std::tm tm{};
    gmtime_r(&seconds, &tm);
    const CivilTime civil = civil_time({kEpoch + static_cast<std::uint64_t>(day) * kDay});
    ASSERT_EQ(civil, (CivilTime{tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, 0, 0, 0, tm.tm_wday})) << day;
  }
}

TEST(Dates, SentinelsAreNoDates) {
  EXPECT_FALSE(is_date({0}));
  EXPECT_FALSE(is_date({ticks_of(4501, 1, 1)}));
  EXPECT_FALSE(is_date({UINT64_MAX}));
  EXPECT_TRUE(is_date({ticks_of(1970, 1, 1)}));
}

TEST(Rfc5322Date, FormsInUseAreAccepted) {
  for (const char* date : {"Thu, 29 Feb 2024 23:59:58 +0100", "1 Jan 2000 00:00 GMT",
                           "Mon,  3 Nov 2008 10:00:00 -0800 (PST)", "Tue, 1 Jul 2003 10:52:37 +0200"})
    EXPECT_TRUE(is_rfc5322_date(date)) << date;
  for (const char* date : {"", "yesterday", "Thu 29 Feb 2024 23:59:58 +0100", "29 Feb 24 23:59:58 +0100",
                           "Thu, 29 Feb 2024 23:59:58", "Thu, 29 Foo 2024 23:59:58 +0000"})
    EXPECT_FALSE(is_rfc5322_date(date)) << date;
}

}  // namespace
}  // namespace mapiguard
