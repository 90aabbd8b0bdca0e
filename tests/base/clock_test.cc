#include "base/clock.h"

#include <gtest/gtest.h>

namespace mapiguard {
namespace {

TEST(Clock, TimesAreShownInUtcWithMillisecondsRoundedDown) {
  EXPECT_EQ(rfc3339(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(rfc3339(1'763'775'184'120'999'999), "2025-11-22T01:33:04.120Z");
  EXPECT_EQ(rfc3339(-1), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(rfc3339(1'709'164'800'000'000'000), "2024-02-29T00:00:00.000Z");
}

TEST(Clock, WhatIsShownIsReadBackAsTheSameMillisecond) {
  for (const std::int64_t ns : {std::int64_t{0}, std::int64_t{1'763'775'184'120'000'000},
                                std::int64_t{-86'400'000'000'000}, std::int64_t{9'000'000'000'000'000'000}})
    EXPECT_EQ(parse_rfc3339(rfc3339(ns)), ns / 1'000'000 * 1'000'000);
}

TEST(Clock, OffsetsFractionsAndShortFormsAreRead) {
  const auto base = parse_rfc3339("2025-11-22T10:00:00Z");
  ASSERT_TRUE(base);
  EXPECT_EQ(parse_rfc3339("2025-11-22T12:30:00+02:30"), base);
  EXPECT_EQ(parse_rfc3339("2025-11-22t05:00:00-05:00"), base);
  EXPECT_EQ(parse_rfc3339("2025-11-22 10:00"), base);
  EXPECT_EQ(parse_rfc3339("2025-11-22T10:00:00.5z"), *base + kNsPerSecond / 2);
  EXPECT_EQ(parse_rfc3339("2025-11-22T10:00:00.1234567891Z"), *base + 123'456'789);
  EXPECT_EQ(parse_rfc3339("2025-11-22"), *base - 10 * 3600 * kNsPerSecond);
  EXPECT_TRUE(parse_rfc3339("2016-12-31T23:59:60Z"));
}

TEST(Clock, WhatIsNoTimeIsRefused) {
  for (const char* text : {"", "now", "2025-11-31", "2025-13-01", "2025-02-29", "2025-11-22T", "2025-11-22T24:00:00Z",
                           "2025-11-22T10:60:00Z", "2025-11-22T10:00:61Z", "2025-11-22T10:00:00.Z",
                           "2025-11-22T10:00:00Zx", "2025-11-22T10:00:00+0200", "1500-01-01", "9999-01-01", "2025-1-1"})
    EXPECT_FALSE(parse_rfc3339(text)) << text;
}

TEST(Clock, SystemClockIsInThisCentury) {
  EXPECT_GT(system_clock().now_ns(), *parse_rfc3339("2024-01-01"));
  EXPECT_LT(system_clock().now_ns(), *parse_rfc3339("2200-01-01"));
}

}  // namespace
}  // namespace mapiguard
