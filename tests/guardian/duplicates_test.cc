#include "guardian/duplicates.h"

#include <gmock/gmock.h>

#include <chrono>
#include <thread>

#include "tests/support/child.h"
#include "tests/support/fake_age_clock.h"
#include "tests/support/ledger_fixture.h"

namespace mapiguard {
namespace {

using testing::Child;
using testing::FakeAgeClock;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr double kHour = 3600;

MailIdentity mail(const std::string& id, const std::string& content = "text") {
  return {id, 1'700'000'000, sha256(as_bytes(content))};
}

class DuplicatesTest : public testing::LedgerTest {
 protected:
  void SetUp() override {
    LedgerTest::SetUp();
    start();
  }
  void start(Duplicates::Cleaner cleaner = Duplicates::Cleaner::none) {
    duplicates_.reset();
    auto opened = Duplicates::open(dir_ / "state", *ledger_, cleaner, age_clock_);
    ASSERT_TRUE(opened) << opened.error().message;
    duplicates_ = std::move(*opened);
  }
  Duplicates::Delivery begin(const MailIdentity& identity, const std::string& mailbox = "anna", double wait = 0.05) {
    return duplicates_->begin(mailbox, identity, 100, wait);
  }
  void deliver(const MailIdentity& identity, const std::string& mailbox = "anna") {
    auto delivery = begin(identity, mailbox);
    ASSERT_FALSE(delivery.is_duplicate());
    const auto done = delivery.delivered();
    ASSERT_TRUE(done) << done.error().message;
  }
  TrackingRules rules() {
    const auto found = ledger_->tracking_rules();
    EXPECT_TRUE(found);
    return found ? *found : TrackingRules{};
  }
  // As an imported registry has it, also outside the range.
  void import(const std::string& name, const std::string& value) {
    const auto done = ledger_->import_setting(name, value);
    EXPECT_TRUE(done) << done.error().message;
  }

  FakeAgeClock age_clock_;
  std::unique_ptr<Duplicates> duplicates_;
};

// -- the rules of the eras ---------------------------------------------------------------------------------------

struct RuleCase {
  const char* era;
  const char* name;
  const char* value;  // nullptr = absent
  std::int64_t window_hours;
  std::int64_t cleanup_ms;
};

TEST_F(DuplicatesTest, SettingsOfEachEraGiveWindowAndInterval) {
  constexpr RuleCase kCases[] = {
      {"2007", "DeliveredTo Expiration in Hours", nullptr, 168, 3'600'000},
      {"2007", "DeliveredTo Expiration in Hours", "1", 1, 3'600'000},
      {"2007", "DeliveredTo Expiration in Hours", "0", 1, 3'600'000},  // cannot be turned off
      {"2007", "DeliveredTo Expiration in Hours", "876000", 876'000, 3'600'000},
      {"2007", "DeliveredTo Expiration in Hours", "876001", 876'000, 3'600'000},  // 100 years at most
      {"2007", "DeliveredTo Cleanup Interval in Seconds", "60", 168, 60'000},
      {"2007", "Track Duplicates", "5", 168, 3'600'000},  // feeds the Analyzer alone
      {"2007", "Track Duplicates", nullptr, 168, 3'600'000},
      {"2007", "Background Cleanup", "1000", 168, 3'600'000},
      {"2003", "Track Duplicates", "5", 5, 60'000},
      {"2003", "Track Duplicates", nullptr, 1, 60'000},
      {"2003", "Track Duplicates", "0", 1, 60'000},
      {"2003", "Track Duplicates", "1176", 1'176, 60'000},  // 49 days
      {"2003", "Track Duplicates", "1177", 24, 60'000},     // more is ignored, and a day is used
      {"2003", "Background Cleanup", "120000", 1, 120'000},
      {"2003", "DeliveredTo Expiration in Hours", "300", 1, 60'000},
  };
  for (const RuleCase& row : kCases) {
    for (const char* name : {"DeliveredTo Expiration in Hours", "DeliveredTo Cleanup Interval in Seconds",
                             "Track Duplicates", "Background Cleanup"})
      ASSERT_TRUE(ledger_->unset_setting(name));
    set("Era", row.era);
    if (row.value) import(row.name, row.value);
    const TrackingRules found = rules();
    EXPECT_EQ(found.window_ms, row.window_hours * kHourMs) << row.era << ' ' << row.name << ' ' << row.value;
    EXPECT_EQ(found.cleanup_ms, row.cleanup_ms) << row.era << ' ' << row.name;
    EXPECT_EQ(std::to_string(found.era), row.era);
  }
}

TEST_F(DuplicatesTest, ExpirationOutsideItsRangeCannotBeSet) {
  for (const char* value : {"0", "876001"})
    EXPECT_FALSE(ledger_->set_setting("DeliveredTo Expiration in Hours", value)) << value;
}

TEST_F(DuplicatesTest, RulesOf2003ForgetAfterAnHour) {
  set("Era", "2003");
  start();
  deliver(mail("<1>"));
  age_clock_.pass(kHour - 1);
  EXPECT_TRUE(begin(mail("<1>")).is_duplicate());
  age_clock_.pass(2);
  EXPECT_FALSE(begin(mail("<1>")).is_duplicate());
}

TEST_F(DuplicatesTest, RulesOf2007ForgetAfterAWeek) {
  deliver(mail("<1>"));
  age_clock_.pass(168 * kHour - 1);
  EXPECT_TRUE(begin(mail("<1>")).is_duplicate());
  age_clock_.pass(2);
  EXPECT_FALSE(begin(mail("<1>")).is_duplicate());
}

TEST_F(DuplicatesTest, TrackDuplicatesIsNoSwitchInEitherEra) {
  ASSERT_TRUE(ledger_->unset_setting("Track Duplicates"));
  for (const char* era : {"2003", "2007"}) {
    set("Era", era);
    start();
    deliver(mail(std::string("<") + era + ">"));
    EXPECT_TRUE(begin(mail(std::string("<") + era + ">")).is_duplicate()) << era;
  }
}

// -- verdicts ------------------------------------------------------------------------------------------------------

TEST_F(DuplicatesTest, EachSightingHasItsVerdict) {
  const DeliveredTo::Seen seen{1000, 1, {}};
  struct Case {
    bool same, other, expired, abandoned, trouble;
    DeliveryVerdict verdict;
  };
  using enum DeliveryVerdict;
  constexpr Case kCases[] = {
      {false, false, false, false, false, deliver},      {true, false, false, false, false, duplicate},
      {false, true, false, false, false, other_content}, {true, true, false, false, false, duplicate},
      {false, false, true, false, false, deliver},       {true, false, true, false, false, duplicate},
      {false, false, false, true, false, deliver},       {true, false, false, true, false, duplicate},
      {false, true, false, true, false, other_content},  {false, false, false, false, true, deliver},
      {true, false, false, false, true, duplicate},      {false, true, true, true, true, other_content},
  };
  for (const Case& row : kCases) {
    DeliveredTo::Sighting sighting;
    if (row.same) sighting.same = seen;
    if (row.other) sighting.other = seen;
    if (row.expired) sighting.expired = seen;
    if (row.abandoned) sighting.abandoned.emplace();
    if (row.trouble) sighting.trouble = "a page could not be read";
    EXPECT_EQ(judge_delivery(sighting), row.verdict)
        << row.same << row.other << row.expired << row.abandoned << row.trouble;
  }
}

TEST_F(DuplicatesTest, MailToAUserAndToHisListIsDeliveredOnce) {
  deliver(mail("<1>"));
  const auto second = begin(mail("<1>"));
  EXPECT_TRUE(second.is_duplicate());
  EXPECT_FALSE(second.is_reserved());
  ASSERT_TRUE(second.seen());
}

TEST_F(DuplicatesTest, EachMailboxGetsItsOwnCopy) {
  deliver(mail("<1>"), "anna");
  deliver(mail("<1>"), "bert");
  EXPECT_TRUE(begin(mail("<1>"), "anna").is_duplicate());
  EXPECT_TRUE(begin(mail("<1>"), "bert").is_duplicate());
}

TEST_F(DuplicatesTest, OtherContentUnderAKnownKeyIsDeliveredAndToldOnce) {
  deliver(mail("<1>", "harmless"));
  EXPECT_EQ(begin(mail("<1>", "important")).verdict(), DeliveryVerdict::other_content);
  EXPECT_THAT(events(514), IsEmpty()) << "nothing is delivered yet";
  deliver(mail("<1>", "important"));
  const auto told = events(514);
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_EQ(told[0].severity, "warning");
  EXPECT_THAT(told[0].params, ::testing::ElementsAre("mapiguard", "0-0", "<1>"));
  EXPECT_THAT(told[0].text, HasSubstr("another content"));
  EXPECT_THAT(told[0].ext, HasSubstr(hex(sha256(as_bytes("harmless")))));
  EXPECT_TRUE(begin(mail("<1>", "important")).is_duplicate());
  EXPECT_TRUE(begin(mail("<1>", "harmless")).is_duplicate());
}

TEST_F(DuplicatesTest, SenderWithAConstantIdLosesNothing) {
  for (int i = 0; i < 20; ++i) deliver(mail("$null", std::to_string(i)));
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(begin(mail("$null", std::to_string(i))).is_duplicate());
}

TEST_F(DuplicatesTest, MessagesWithoutAnIdAreKnownByTheirContent) {
  deliver(mail("", "one"));
  deliver(mail("", "two"));
  EXPECT_TRUE(begin(mail("", "one")).is_duplicate());
  EXPECT_THAT(events(514), IsEmpty());
}

TEST_F(DuplicatesTest, DeliveryThatFailedIsTriedAgain) {
  { auto failed = begin(mail("<1>")); }
  EXPECT_FALSE(begin(mail("<1>")).is_duplicate());
  deliver(mail("<1>"));
  EXPECT_TRUE(begin(mail("<1>")).is_duplicate());
}

// -- several at once ---------------------------------------------------------------------------------------------

TEST_F(DuplicatesTest, SecondWaitsForTheFirstAndIsADuplicateThen) {
  std::optional<Duplicates::Delivery> first(begin(mail("<1>")));
  std::jthread delivering([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    EXPECT_TRUE(first->delivered());
  });
  EXPECT_TRUE(begin(mail("<1>"), "anna", 10).is_duplicate());
}

TEST_F(DuplicatesTest, SecondDeliversWhenTheFirstFails) {
  std::optional<Duplicates::Delivery> first(begin(mail("<1>")));
  std::jthread failing([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    first.reset();
  });
  const auto second = begin(mail("<1>"), "anna", 10);
  EXPECT_FALSE(second.is_duplicate());
  EXPECT_TRUE(second.is_reserved());
}

TEST_F(DuplicatesTest, WaitIsBoundedAndEndsInDelivery) {
  const auto first = begin(mail("<1>"));
  const auto second = begin(mail("<1>"), "anna", 0.1);
  EXPECT_TRUE(second.is_busy());
  EXPECT_FALSE(second.is_duplicate());
  EXPECT_FALSE(second.is_reserved());
  EXPECT_THAT(second.trouble(), HasSubstr("another process"));
}

TEST_F(DuplicatesTest, ReservationOfAKilledProcessCountsForNothing) {
  Child killed([&] {
    auto ledger = Ledger::open(dir_ / "state");
    auto own = Duplicates::open(dir_ / "state", **ledger, Duplicates::Cleaner::none, age_clock_);
    const auto delivery = (*own)->begin("anna", mail("<1>"), 100, 1);
    ::raise(SIGKILL);
    return delivery.is_reserved() ? 0 : 1;
  });
  EXPECT_EQ(killed.wait(), 1000 + SIGKILL);
  auto next = begin(mail("<1>"));
  EXPECT_FALSE(next.is_duplicate());
  EXPECT_TRUE(next.is_reserved());
}

// -- cleaning up -------------------------------------------------------------------------------------------------

TEST_F(DuplicatesTest, CleanerRemovesWhatHasExpiredInTheBackground) {
  set("DeliveredTo Cleanup Interval in Seconds", "1");
  set("DeliveredTo Expiration in Hours", "1");
  start(Duplicates::Cleaner::in_background);
  deliver(mail("<1>"));
  const auto until = [&](auto condition) {
    for (int i = 0; i < 400 && !condition(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(25));
    return condition();
  };
  // Found expired once, and again by a cleanup that comes a minute after.
  age_clock_.pass(2 * kHour);
  ASSERT_TRUE(until([&] { return !duplicates_->store().is_cleanup_due(2000); }));
  age_clock_.pass(120);
  EXPECT_TRUE(until([&] { return duplicates_->store().stats()->partitions == 0; }));
}

TEST_F(DuplicatesTest, CleanerHeedsAChangedWindow) {
  set("DeliveredTo Cleanup Interval in Seconds", "1");
  deliver(mail("<1>"));
  age_clock_.pass(2 * kHour);
  set("DeliveredTo Expiration in Hours", "1");
  start(Duplicates::Cleaner::in_background);
  EXPECT_FALSE(begin(mail("<1>")).is_duplicate());
}

// -- trouble -----------------------------------------------------------------------------------------------------

TEST_F(DuplicatesTest, MailboxNameThatIsTooLongMeansDelivery) {
  auto delivery = begin(mail("<1>"), std::string(2000, 'x'));
  EXPECT_FALSE(delivery.is_duplicate());
  EXPECT_THAT(delivery.trouble(), HasSubstr("longer"));
  EXPECT_FALSE(delivery.delivered()) << "it cannot be remembered";
}

TEST_F(DuplicatesTest, BackgroundCleanupIsASettingInMilliseconds) {
  const auto row = ledger_->setting("Background Cleanup");
  ASSERT_TRUE(row);
  EXPECT_EQ(row->value, "60000");
  EXPECT_EQ(row->unit, "milliseconds");
}

}  // namespace
}  // namespace mapiguard
