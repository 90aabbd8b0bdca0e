#include "persist/delivered_to.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "persist/delivered_index.h"
#include "tests/support/child.h"
#include "tests/support/fake_age_clock.h"
#include "tests/support/temp_dir.h"

namespace mapiguard {
namespace {

using testing::Child;
using ::testing::Contains;
using testing::FakeAgeClock;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using testing::TempDir;
namespace fs = std::filesystem;

constexpr double kHour = 3600, kDay = 24 * kHour, kYear = 365 * kDay;

DeliveryKey key_of(const std::string& id, const std::string& content = "text", const std::string& mailbox = "anna") {
  return {mailbox, id, 1'700'000'000, sha256(as_bytes(content))};
}

DeliveredRow row_of(const DeliveryKey& key) {
  DeliveredRow row;
  row.key = key;
  row.size = 7;
  row.database = "mapiguard";
  return row;
}

class DeliveredToTest : public ::testing::Test {
 protected:
  void SetUp() override { reopen(); }
  void reopen(DeliveredOptions options = {}) {
    store_.reset();
    auto opened = DeliveredTo::open(dir_.path(), options, clock_);
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = std::move(*opened);
  }
  DeliveredTo::Sighting look(const DeliveryKey& key) {
    auto seen = store_->look(key, identity_of(key));
    EXPECT_TRUE(seen) << seen.error().message;
    return seen ? *seen : DeliveredTo::Sighting{};
  }
  bool is_known(const DeliveryKey& key) { return look(key).same.has_value(); }
  DeliveredTo::Place reserve(const DeliveryKey& key) {
    const auto place = store_->reserve(row_of(key), identity_of(key), look(key));
    EXPECT_TRUE(place) << place.error().message;
    return place ? *place : DeliveredTo::Place{};
  }
  void deliver(const DeliveryKey& key) {
    const auto done = store_->mark_delivered(reserve(key));
    EXPECT_TRUE(done) << done.error().message;
  }
  DeliveredTo::Cleaned cleanup(bool at_once = true) {
    const auto cleaned = store_->cleanup(at_once);
    EXPECT_TRUE(cleaned) << cleaned.error().message;
    return cleaned ? *cleaned : DeliveredTo::Cleaned{};
  }
  DeliveredTo::Stats stats() {
    const auto stats = store_->stats();
    EXPECT_TRUE(stats) << stats.error().message;
    return stats ? *stats : DeliveredTo::Stats{};
  }
  std::vector<std::string> files(const std::string& ending) const {
    std::vector<std::string> found;
    for (const std::string& name : testing::names_in(dir_ / "delivered"))
      if (name.ends_with(ending)) found.push_back(dir_ / ("delivered/" + name));
    std::sort(found.begin(), found.end());
    return found;
  }

  TempDir dir_;
  FakeAgeClock clock_;
  std::unique_ptr<DeliveredTo> store_;
};

TEST_F(DeliveredToTest, DeliveredMessageIsKnownAfterwards) {
  EXPECT_FALSE(is_known(key_of("<1>")));
  deliver(key_of("<1>"));
  EXPECT_TRUE(is_known(key_of("<1>")));
  reopen();
  EXPECT_TRUE(is_known(key_of("<1>")));
}

TEST_F(DeliveredToTest, EachPartOfTheKeyTellsMessagesApart) {
  deliver(key_of("<1>"));
  EXPECT_FALSE(is_known(key_of("<2>")));
  EXPECT_FALSE(is_known(key_of("<1>", "text", "bert")));
  DeliveryKey later = key_of("<1>");
  later.submit_time = 1'700'000'001;
  EXPECT_FALSE(is_known(later));
  later.submit_time.reset();
  EXPECT_FALSE(is_known(later));
}

TEST_F(DeliveredToTest, PartsOfTheKeyAreNotRunTogether) {
  EXPECT_NE(identity_of(key_of("bc", "x", "a")), identity_of(key_of("c", "x", "ab")));
}

TEST_F(DeliveredToTest, DomainOfAMailboxIsComparedIgnoringCase) {
  EXPECT_EQ(mailbox_name("Anna@EXAMPLE.Org"), "Anna@example.org");
  EXPECT_EQ(mailbox_name("Anna"), "Anna");
}

TEST_F(DeliveredToTest, OtherContentUnderTheSameKeyIsSeenAsOther) {
  deliver(key_of("$null", "harmless"));
  const auto seen = look(key_of("$null", "important"));
  EXPECT_FALSE(seen.same);
  ASSERT_TRUE(seen.other);
  EXPECT_EQ(seen.other->content, sha256(as_bytes("harmless")));
}

TEST_F(DeliveredToTest, ManyContentsUnderOneKeyAreEachRemembered) {
  for (int i = 0; i < 3000; ++i) deliver(key_of("$null", std::to_string(i)));
  for (int i = 0; i < 3000; i += 7) EXPECT_TRUE(is_known(key_of("$null", std::to_string(i)))) << i;
  EXPECT_FALSE(is_known(key_of("$null", "3000")));
}

TEST_F(DeliveredToTest, MessageWithoutAnIdIsKnownByItsContent) {
  deliver(key_of("", "one"));
  EXPECT_TRUE(is_known(key_of("", "one")));
  const auto seen = look(key_of("", "two"));
  EXPECT_FALSE(seen.same);
  EXPECT_FALSE(seen.other) << "two messages, not two contents of one";
}

TEST_F(DeliveredToTest, ReservationAloneIsNoDelivery) {
  reserve(key_of("<1>"));
  EXPECT_FALSE(is_known(key_of("<1>")));
}

TEST_F(DeliveredToTest, RetryTakesOverTheReservationOfTheDead) {
  for (int i = 0; i < 200; ++i) reserve(key_of("<1>"));
  EXPECT_EQ(stats().rows, 1u);
  deliver(key_of("<1>"));
  EXPECT_TRUE(is_known(key_of("<1>")));
  EXPECT_EQ(stats().rows, 1u);
}

TEST_F(DeliveredToTest, DeliveryIsForgottenAfterTheWindow) {
  deliver(key_of("<1>"));
  clock_.pass(168 * kHour - 1);
  EXPECT_TRUE(is_known(key_of("<1>")));
  clock_.pass(2);
  EXPECT_FALSE(is_known(key_of("<1>")));
  EXPECT_TRUE(look(key_of("<1>")).expired);
}

TEST_F(DeliveredToTest, NewWindowHoldsForRowsThatAreThere) {
  deliver(key_of("<1>"));
  clock_.pass(2 * kHour);
  store_->set_window(kHourMs);
  EXPECT_FALSE(is_known(key_of("<1>")));
  store_->set_window(3 * kHourMs);
  EXPECT_TRUE(is_known(key_of("<1>")));
}

TEST_F(DeliveredToTest, PartitionsAreNeverMoreThanSixteen) {
  for (int hour = 0; hour < 24 * 30; hour += 3) {
    deliver(key_of(std::to_string(hour)));
    ASSERT_LE(stats().partitions, kMostPartitions);
    clock_.pass(3 * kHour);
  }
  for (int hour = 24 * 30 - 165; hour < 24 * 30; hour += 3) EXPECT_TRUE(is_known(key_of(std::to_string(hour)))) << hour;
  EXPECT_EQ(files(".rows").size(), stats().partitions);
}

TEST_F(DeliveredToTest, PartitionsStayFewWhenTheWindowGrows) {
  store_->set_window(kHourMs);
  for (int i = 0; i < 40; ++i) {
    deliver(key_of(std::to_string(i)));
    clock_.pass(200);
  }
  store_->set_window(168 * kHourMs);
  for (int i = 40; i < 80; ++i) {
    deliver(key_of(std::to_string(i)));
    clock_.pass(6 * kHour);
    ASSERT_LE(stats().partitions, kMostPartitions);
  }
  EXPECT_TRUE(is_known(key_of("79")));
}

TEST_F(DeliveredToTest, CleanupUnlinksWhatHasExpired) {
  for (int i = 0; i < 10; ++i) deliver(key_of(std::to_string(i)));
  clock_.pass(8 * kDay);
  deliver(key_of("new"));
  const auto cleaned = cleanup();
  EXPECT_EQ(cleaned.rows, 10u);
  EXPECT_EQ(cleaned.files, 1u);
  EXPECT_THAT(files(".rows"), SizeIs(1));
  EXPECT_THAT(files(".index"), SizeIs(1));
  EXPECT_TRUE(is_known(key_of("new")));
}

TEST_F(DeliveredToTest, CleanupKeepsWhatHasNotExpired) {
  deliver(key_of("<1>"));
  clock_.pass(6 * kDay);
  EXPECT_EQ(cleanup().files, 0u);
  EXPECT_TRUE(is_known(key_of("<1>")));
}

TEST_F(DeliveredToTest, CleanupInPassingComesTwiceBeforeAnythingGoes) {
  deliver(key_of("<1>"));
  clock_.pass(8 * kDay);
  EXPECT_EQ(cleanup(false).files, 0u);
  EXPECT_EQ(cleanup(false).files, 0u) << "at once is too soon";
  clock_.pass(kHour);
  EXPECT_EQ(cleanup(false).files, 1u);
}

TEST_F(DeliveredToTest, RetiredPartitionOfAKilledCleanerIsRemovedByTheNext) {
  deliver(key_of("<1>"));
  auto index = DeliveredIndex::open(files(".index")[0]);
  ASSERT_TRUE(index);
  (*index)->header().retired = 1;
  reopen();
  EXPECT_EQ(stats().partitions, 0u);
  cleanup();
  EXPECT_THAT(files(".rows"), IsEmpty());
  deliver(key_of("<2>"));
  EXPECT_TRUE(is_known(key_of("<2>")));
}

TEST_F(DeliveredToTest, MarkOfAnExpiredPartitionTouchesNoOther) {
  const auto place = reserve(key_of("<1>"));
  clock_.pass(8 * kDay);
  cleanup();
  deliver(key_of("<2>"));
  EXPECT_TRUE(store_->mark_delivered(place));
  EXPECT_TRUE(is_known(key_of("<2>")));
  EXPECT_FALSE(is_known(key_of("<1>")));
}

// -- clocks ----------------------------------------------------------------------------------------------------

TEST_F(DeliveredToTest, WallClockThatJumpsAYearAheadExpiresNothing) {
  deliver(key_of("<1>"));
  clock_.jump_wall(kYear);
  EXPECT_TRUE(is_known(key_of("<1>")));
  EXPECT_EQ(cleanup().files, 0u);
  clock_.jump_wall(-kYear);
  EXPECT_TRUE(is_known(key_of("<1>")));
}

TEST_F(DeliveredToTest, WallClockThatJumpsAYearBackKeepsNothingForEver) {
  deliver(key_of("<1>"));
  clock_.jump_wall(-kYear);
  EXPECT_TRUE(is_known(key_of("<1>")));
  clock_.pass(169 * kHour);
  EXPECT_FALSE(is_known(key_of("<1>")));
  EXPECT_EQ(cleanup().files, 1u);
}

TEST_F(DeliveredToTest, TimeOfTheHostBeingOffDoesNotAgeRows) {
  deliver(key_of("<1>"));
  clock_.pass(150 * kHour);
  reserve(key_of("noted"));
  clock_.reboot(kYear);
  reopen();
  EXPECT_TRUE(is_known(key_of("<1>")));
  clock_.pass(19 * kHour);
  EXPECT_FALSE(is_known(key_of("<1>"))) << "150 hours before the boot count";
}

TEST_F(DeliveredToTest, WrongClockAfterABootExpiresNothing) {
  deliver(key_of("<1>"));
  clock_.reboot(60, kYear);
  reopen();
  EXPECT_TRUE(is_known(key_of("<1>")));
  clock_.reboot(60, -2 * kYear);
  reopen();
  EXPECT_TRUE(is_known(key_of("<1>")));
  clock_.pass(169 * kHour);
  EXPECT_FALSE(is_known(key_of("<1>")));
}

TEST_F(DeliveredToTest, ProcessWithAWrongUptimeDoesNoHarmToTheOthers) {
  deliver(key_of("before"));
  clock_.jump_uptime(kYear);
  reopen();
  deliver(key_of("from the future"));
  EXPECT_EQ(cleanup(false).files, 0u) << "it may be the clock";
  clock_.jump_uptime(-kYear);
  reopen();
  EXPECT_TRUE(is_known(key_of("before")));
  EXPECT_TRUE(is_known(key_of("from the future")));
  deliver(key_of("after"));
  EXPECT_EQ(cleanup(false).files, 0u);
  clock_.pass(169 * kHour);
  EXPECT_FALSE(is_known(key_of("from the future"))) << "it does not live for ever";
  EXPECT_FALSE(is_known(key_of("after")));
  const std::size_t before = files(".rows").size();
  EXPECT_EQ(cleanup().files, before);
}

TEST_F(DeliveredToTest, LostStatePageBeginsWhereTheRowsEnd) {
  deliver(key_of("<1>"));
  store_.reset();
  testing::write_file(dir_ / "delivered/state", std::string(4096, '\x5A'));
  clock_.jump_wall(-kYear);
  reopen();
  EXPECT_TRUE(is_known(key_of("<1>")));
  clock_.pass(169 * kHour);
  EXPECT_FALSE(is_known(key_of("<1>")));
}

// -- damage ----------------------------------------------------------------------------------------------------

TEST_F(DeliveredToTest, IndexIsMadeAgainWhenItIsMissing) {
  for (int i = 0; i < 100; ++i) deliver(key_of(std::to_string(i)));
  store_.reset();
  fs::remove(files(".index")[0]);
  reopen();
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(is_known(key_of(std::to_string(i))));
}

TEST_F(DeliveredToTest, IndexOfAnotherBootIsMadeAgainUnlessItWasSealed) {
  deliver(key_of("sealed"));
  clock_.pass(20 * kHour);
  deliver(key_of("open"));
  cleanup();
  const auto sealed = fs::last_write_time(files(".index")[0]);
  for (const std::string& index : files(".index")) fs::last_write_time(index, sealed - std::chrono::hours(1));
  clock_.reboot(60);
  reopen();
  EXPECT_TRUE(is_known(key_of("sealed")));
  EXPECT_TRUE(is_known(key_of("open")));
  ASSERT_THAT(files(".index"), SizeIs(2));
  EXPECT_EQ(fs::last_write_time(files(".index")[0]), sealed - std::chrono::hours(1));
  EXPECT_NE(fs::last_write_time(files(".index")[1]), sealed - std::chrono::hours(1));
}

TEST_F(DeliveredToTest, ZeroedPageOfTheIndexIsNoticedAndMended) {
  for (int i = 0; i < 2000; ++i) deliver(key_of(std::to_string(i)));
  const std::string index = files(".index")[0];
  const int fd = ::open(index.c_str(), O_WRONLY);
  const std::string zeros(16384, '\0');
  ASSERT_EQ(::pwrite(fd, zeros.data(), zeros.size(), 8192), static_cast<ssize_t>(zeros.size()));
  ::close(fd);
  for (int i = 0; i < 2000; ++i) EXPECT_TRUE(is_known(key_of(std::to_string(i)))) << i;
}

TEST_F(DeliveredToTest, RowThatIsCutIsDeliveredAgainAndItsNeighboursAreKnown) {
  for (int i = 0; i < 50; ++i) deliver(key_of(std::to_string(i)));
  store_.reset();
  const std::string rows = files(".rows")[0];
  fs::resize_file(rows, fs::file_size(rows) - 30);
  reopen();
  for (int i = 0; i < 49; ++i) EXPECT_TRUE(is_known(key_of(std::to_string(i)))) << i;
  EXPECT_FALSE(is_known(key_of("49")));
  deliver(key_of("49"));
  reopen();
  EXPECT_TRUE(is_known(key_of("49")));
  EXPECT_TRUE(is_known(key_of("48")));
}

// Whatever single byte changes: a message that was never delivered is not taken for one that was.
TEST_F(DeliveredToTest, ChangedByteOfTheRowsNeverMakesADelivery) {
  const auto place = reserve(key_of("never"));
  deliver(key_of("other"));
  store_.reset();
  const std::string rows = files(".rows")[0], index = files(".index")[0], good = testing::content_of(rows);
  for (std::size_t at = 64; at < good.size(); ++at)
    for (const char flip : {'\x01', '\x80', '\x03'}) {
      std::string bad = good;
      bad[at] = static_cast<char>(bad[at] ^ flip);
      testing::write_file(rows, bad);
      if (at % 16 == 0) fs::remove(index);
      reopen();
      ASSERT_FALSE(is_known(key_of("never"))) << at << ' ' << place.at;
      store_.reset();
    }
}

TEST_F(DeliveredToTest, PartitionWithADamagedHeadIsPutAside) {
  deliver(key_of("<1>"));
  store_.reset();
  const std::string rows = files(".rows")[0];
  std::string bytes = testing::content_of(rows);
  bytes[3] = '?';
  testing::write_file(rows, bytes);
  reopen();
  EXPECT_FALSE(is_known(key_of("<1>")));
  EXPECT_EQ(stats().damaged_files, 1u);
  deliver(key_of("<1>"));
  EXPECT_TRUE(is_known(key_of("<1>")));
}

TEST_F(DeliveredToTest, MarkThatWasTornCountsAsNotDelivered) {
  deliver(key_of("<1>"));
  store_.reset();
  const std::string rows = files(".rows")[0];
  std::string bytes = testing::content_of(rows);
  std::fill_n(bytes.begin() + 64 + static_cast<std::ptrdiff_t>(kRowStateAt) + 8, 8, '\0');
  testing::write_file(rows, bytes);
  reopen();
  EXPECT_FALSE(is_known(key_of("<1>")));
}

TEST_F(DeliveredToTest, FullDiskIsAnErrorAndLosesNothing) {
  deliver(key_of("<1>"));
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit tight = before;
  tight.rlim_cur = 300;  // as good as full: no file may grow beyond
  ::setrlimit(RLIMIT_FSIZE, &tight);
  const auto refused = store_->reserve(row_of(key_of("<2>")), identity_of(key_of("<2>")), {});
  ::setrlimit(RLIMIT_FSIZE, &before);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::io);
  EXPECT_TRUE(is_known(key_of("<1>")));
  deliver(key_of("<2>"));
  EXPECT_TRUE(is_known(key_of("<2>")));
}

// -- several processes -------------------------------------------------------------------------------------------

TEST_F(DeliveredToTest, HoldIsOneAtATimeAndEndsWithItsHolder) {
  const auto identity = identity_of(key_of("<1>"));
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  Child holder([&] {
    auto own = DeliveredTo::open(dir_.path(), {}, clock_);
    auto hold = (*own)->hold(identity, 1);
    if (!hold || !*hold) return 1;
    if (::write(ready[1], "x", 1) != 1) return 1;
    ::pause();
    return 0;
  });
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  const auto refused = store_->hold(identity, 0.05);
  ASSERT_TRUE(refused);
  EXPECT_FALSE(*refused);
  const auto other = store_->hold(identity_of(key_of("<2>")), 0);
  EXPECT_TRUE(other && *other) << "another message does not wait";
  holder.kill_now();
  const auto taken = store_->hold(identity, 1);
  EXPECT_TRUE(taken && *taken);
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_F(DeliveredToTest, WhatOneProcessDeliversTheOthersKnow) {
  constexpr int kProcesses = 4, kEach = 1500;
  std::vector<Child> children;
  for (int who = 0; who < kProcesses; ++who)
    children.emplace_back([this, who] {
      auto own = DeliveredTo::open(dir_.path(), {}, clock_);
      if (!own) return 1;
      for (int i = 0; i < kEach; ++i) {
        const DeliveryKey key = key_of(std::to_string(who) + ":" + std::to_string(i));
        const auto seen = (*own)->look(key, identity_of(key));
        if (!seen || seen->same) return 2;
        const auto place = (*own)->reserve(row_of(key), identity_of(key), *seen);
        if (!place || !(*own)->mark_delivered(*place)) return 3;
      }
      return 0;
    });
  for (Child& child : children) EXPECT_EQ(child.wait(), 0);
  for (int who = 0; who < kProcesses; ++who)
    for (int i = 0; i < kEach; ++i)
      ASSERT_TRUE(is_known(key_of(std::to_string(who) + ":" + std::to_string(i)))) << who << ':' << i;
  EXPECT_EQ(stats().rows, static_cast<std::uint64_t>(kProcesses * kEach));
}

TEST_F(DeliveredToTest, CleanupOfOneProcessIsHeardByTheOthers) {
  deliver(key_of("old"));
  auto other = DeliveredTo::open(dir_.path(), {}, clock_);
  ASSERT_TRUE(other);
  clock_.pass(9 * kDay);
  ASSERT_TRUE((*other)->cleanup(true));
  EXPECT_EQ(stats().partitions, 0u);
  deliver(key_of("new"));
  EXPECT_TRUE((*other)->look(key_of("new"), identity_of(key_of("new")))->same);
}

// -- moving -----------------------------------------------------------------------------------------------------

TEST_F(DeliveredToTest, RowsTravelWithAMailbox) {
  deliver(key_of("<1>", "a"));
  clock_.pass(100 * kHour);
  deliver(key_of("<2>", "b"));
  deliver(key_of("<3>", "c", "bert"));
  reserve(key_of("<4>"));
  std::vector<DeliveredRow> rows;
  ASSERT_TRUE(store_->for_each([&](const DeliveredRow& row) {
    if (row.key.mailbox == "anna") rows.push_back(row);
    return true;
  }));
  ASSERT_THAT(rows, SizeIs(3));
  const TempDir elsewhere;
  auto target = DeliveredTo::open(elsewhere.path(), {}, clock_);
  ASSERT_TRUE(target);
  EXPECT_EQ(*(*target)->import(rows), 2u) << "a reservation is no delivery";
  EXPECT_EQ(*(*target)->import(rows), 0u) << "what is known is not added again";
  const auto knows = [&](const DeliveryKey& key) { return (*target)->look(key, identity_of(key))->same.has_value(); };
  EXPECT_TRUE(knows(key_of("<1>", "a")));
  EXPECT_TRUE(knows(key_of("<2>", "b")));
  clock_.pass(100 * kHour);
  EXPECT_FALSE(knows(key_of("<1>", "a"))) << "it is as old there as it was here";
  EXPECT_TRUE(knows(key_of("<2>", "b")));
}

TEST_F(DeliveredToTest, ImportedRowBeyondTheWindowIsLeftOut) {
  DeliveredRow row = row_of(key_of("<1>"));
  row.state = DeliveryState::delivered;
  row.wall_ns = clock_.read().wall_ns - static_cast<std::int64_t>(200 * kHour * 1e9);
  EXPECT_EQ(*store_->import(std::span(&row, 1)), 0u);
  row.wall_ns = clock_.read().wall_ns + static_cast<std::int64_t>(kYear * 1e9);
  EXPECT_EQ(*store_->import(std::span(&row, 1)), 1u) << "a time ahead counts as now";
  clock_.pass(169 * kHour);
  EXPECT_FALSE(is_known(key_of("<1>")));
}

TEST_F(DeliveredToTest, LongestKeyIsKeptAndALongerOneRefused) {
  DeliveryKey key = key_of(std::string(kDeliveryIdMost, 'i'), "x", std::string(kMailboxMost, 'm'));
  deliver(key);
  store_.reset();
  fs::remove(files(".index")[0]);
  reopen();
  EXPECT_TRUE(is_known(key));
  key.message_id += 'i';
  EXPECT_FALSE(store_->reserve(row_of(key), identity_of(key), {}));
  EXPECT_FALSE(check_key(key_of("<1>", "x", "")));
}

TEST_F(DeliveredToTest, DurableMarkIsOnTheDiskWhenItReturns) {
  reopen({168 * kHourMs, true});
  deliver(key_of("<1>"));
  EXPECT_TRUE(is_known(key_of("<1>")));
}

}  // namespace
}  // namespace mapiguard
