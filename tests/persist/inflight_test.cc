#include "persist/inflight.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/clock.h"
#include "persist/inflight_row.h"
#include "tests/support/child.h"
#include "tests/support/temp_dir.h"

namespace mapiguard {
namespace {

using testing::Child;
using ::testing::Each;
using ::testing::IsEmpty;
using testing::names_in;
using ::testing::SizeIs;
using testing::TempDir;

Digest digest_of(const std::string& text) { return sha256(as_bytes(text)); }

std::vector<InflightTable::Found> list(const TempDir& dir) {
  auto found = InflightTable::list(dir.path());
  EXPECT_TRUE(found) << found.error().message;
  return found ? *found : std::vector<InflightTable::Found>();
}

// A table of a supervisor that was killed with two rows filled.
void leave_dead_table(const TempDir& dir, const std::string& message_id = "<one@example.org>") {
  Child supervisor([&] {
    auto table = InflightTable::create(dir.path(), 4);
    if (!table) return 1;
    (*table)->fill(0, digest_of("one"), message_id, 2, true, "build-7", 42);
    (*table)->fill(1, digest_of("gone"), "", 1, false, "build-7", 43);
    (*table)->clear(1);
    (*table)->fill(2, digest_of("two"), "", 1, false, "build-7", 44);
    ::raise(SIGKILL);
    return 1;
  });
  EXPECT_EQ(supervisor.wait(), 1000 + SIGKILL);
}

TEST(Inflight, FilledRowsAreListedWhileTheirSupervisorLives) {
  const TempDir dir;
  auto table = InflightTable::create(dir.path(), 3);
  ASSERT_TRUE(table) << table.error().message;
  (*table)->fill(1, digest_of("a"), "<a@b>", 3, true, "0.1.0-abc", 1234);
  auto found = list(dir);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_TRUE(found[0].alive);
  ASSERT_THAT(found[0].rows, SizeIs(1));
  const InflightRow& row = found[0].rows[0];
  EXPECT_EQ(row.sha256, digest_of("a"));
  EXPECT_EQ(row.message_id, "<a@b>");
  EXPECT_EQ(row.attempt, 3u);
  EXPECT_TRUE(row.alone);
  EXPECT_EQ(row.build, "0.1.0-abc");
  EXPECT_EQ(row.since_ns, 1234);
  ASSERT_TRUE(InflightTable::remove(found[0])) << "a living table is left alone";
  (*table)->clear(1);
  found = list(dir);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_THAT(found[0].rows, IsEmpty());
}

TEST(Inflight, TableWithoutRowsGoesWithItsSupervisor) {
  const TempDir dir;
  {
    auto table = InflightTable::create(dir.path(), 3);
    (*table)->fill(0, digest_of("a"), "", 1, false, "", 1);
    (*table)->clear(0);
  }
  EXPECT_THAT(names_in(dir / "inflight"), IsEmpty());
}

TEST(Inflight, TableWithARowStaysForTheNextStart) {
  const TempDir dir;
  {
    auto table = InflightTable::create(dir.path(), 3);
    (*table)->fill(0, digest_of("a"), "", 1, false, "", 1);
  }
  const auto found = list(dir);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_FALSE(found[0].alive);
  EXPECT_THAT(found[0].rows, SizeIs(1));
}

TEST(Inflight, KilledSupervisorsRowsAreFoundDeadAndRemovedOnce) {
  const TempDir dir;
  leave_dead_table(dir);
  const auto found = list(dir);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_FALSE(found[0].alive);
  ASSERT_THAT(found[0].rows, SizeIs(2));
  EXPECT_EQ(found[0].rows[0].message_id, "<one@example.org>");
  EXPECT_TRUE(found[0].rows[0].alone);
  EXPECT_EQ(found[0].rows[1].sha256, digest_of("two"));
  ASSERT_TRUE(InflightTable::remove(found[0]));
  ASSERT_TRUE(InflightTable::remove(found[0])) << "a second settler finds nothing";
  EXPECT_THAT(names_in(dir / "inflight"), IsEmpty());
}

TEST(Inflight, LongAndOddMessageIdsAreCutNotLost) {
  const TempDir dir;
  auto table = InflightTable::create(dir.path(), 2);
  std::string odd = "<\x1B[31m\r\n\xFF";
  odd += '\0';
  (*table)->fill(0, digest_of("a"), std::string(100'000, 'x'), 1, false, std::string(1000, 'b'), 1);
  (*table)->fill(1, digest_of("b"), odd, 1, false, "", 1);
  const auto rows = list(dir)[0].rows;
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_EQ(rows[0].message_id, std::string(kInflightIdBytes, 'x'));
  EXPECT_EQ(rows[0].build, std::string(kInflightBuildBytes, 'b'));
  EXPECT_EQ(rows[1].message_id, odd);
}

// A byte of the first row changed, at each place that holds something: never a wrong digest, never a wrong ID.
TEST(Inflight, TornRowIsToldFromAWholeOne) {
  const TempDir dir;
  leave_dead_table(dir);
  const std::string path = list(dir)[0].path;
  const std::string whole = testing::content_of(path);
  unsigned lost = 0, named_by_digest = 0;
  for (std::size_t at = sizeof(InflightHeader); at < sizeof(InflightHeader) + offsetof(InflightSlot, message_id) + 17;
       ++at) {
    std::string torn = whole;
    torn[at] = static_cast<char>(torn[at] ^ 0x55);
    testing::write_file(path, torn);
    const auto rows = list(dir)[0].rows;
    const bool has_one = !rows.empty() && rows[0].sha256 == digest_of("one");
    ASSERT_LE(rows.size(), 2u + 1u);
    for (const InflightRow& row : rows) EXPECT_TRUE(row.sha256 == digest_of("one") || row.sha256 == digest_of("two"));
    if (!has_one) ++lost;
    if (has_one && rows[0].message_id.empty()) ++named_by_digest;
    EXPECT_TRUE(!has_one || rows[0].message_id.empty() || rows[0].message_id == "<one@example.org>");
  }
  EXPECT_EQ(lost, 32u + 8u) << "the digest and its checksum";
  EXPECT_GT(named_by_digest, 20u);
}

TEST(Inflight, DamagedTablesAreNoRowsAndNoCrash) {
  const TempDir dir;
  leave_dead_table(dir);
  const std::string path = list(dir)[0].path;
  const std::string whole = testing::content_of(path);
  for (const std::size_t length :
       {0ul, 1ul, 63ul, 64ul, 65ul, sizeof(InflightHeader) + sizeof(InflightSlot) - 1, whole.size() - 1}) {
    testing::write_file(path, whole.substr(0, length));
    for (const InflightTable::Found& found : list(dir)) EXPECT_FALSE(found.alive);
  }
  std::string many = whole;
  many[12] = many[13] = many[14] = many[15] = '\xFF';  // rows
  testing::write_file(path, many);
  EXPECT_THAT(list(dir)[0].rows, SizeIs(2));
  testing::write_file(path, std::string(100'000, '\xA5'));
  EXPECT_THAT(list(dir)[0].rows, IsEmpty());
}

TEST(Inflight, ReaderNeverSeesHalfARowOfALivingWriter) {
  const TempDir dir;
  auto table = InflightTable::create(dir.path(), 1);
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (int i = 0; !stop; ++i) {
      const std::string name = std::to_string(i % 7);
      (*table)->fill(0, digest_of(name), std::string(static_cast<std::size_t>(i % 7) * 100 + 1, name[0]), 1, false,
                     name, i);
      if (i % 3 == 0) (*table)->clear(0);
    }
  });
  unsigned seen = 0;
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(300);
  while (std::chrono::steady_clock::now() < end) {
    const auto rows = list(dir)[0].rows;
    for (const InflightRow& row : rows) {
      if (row.build.empty()) continue;  // taken as torn: the digest alone
      EXPECT_EQ(row.sha256, digest_of(row.build));
      EXPECT_EQ(row.message_id, std::string(row.message_id.size(), row.build[0]));
      ++seen;
    }
  }
  stop = true;
  writer.join();
  EXPECT_GT(seen, 10u);
  (*table)->clear(0);
}

TEST(Inflight, LeavingsOfAMakerThatWasKilledAreSwept) {
  const TempDir dir;
  testing::write_file(dir / "inflight/0-1-2.lock", "");
  testing::write_file(dir / "inflight/0-1-2.making", "half");
  auto table = InflightTable::create(dir.path(), 1);
  leave_dead_table(dir);
  ASSERT_TRUE(InflightTable::sweep(dir.path()));
  EXPECT_THAT(list(dir), SizeIs(2)) << "neither a living table nor one to be settled is swept";
  EXPECT_THAT(names_in(dir / "inflight"), SizeIs(4));
}

TEST(Inflight, NoTableOfNoRows) {
  const TempDir dir;
  EXPECT_FALSE(InflightTable::create(dir.path(), 0));
  EXPECT_FALSE(InflightTable::create(dir.path(), 1u << 30));
  EXPECT_THAT(list(dir), IsEmpty()) << "no folder is no error";
}

TEST(DigestLock, SecondTakerWaitsAndIsToldToTryAgain) {
  const TempDir dir;
  auto first = DigestLock::take(dir.path(), digest_of("a"), 0);
  ASSERT_TRUE(first) << first.error().message;
  const auto begin = std::chrono::steady_clock::now();
  const auto second = DigestLock::take(dir.path(), digest_of("a"), 0.1);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::try_again);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(100));
  EXPECT_TRUE(DigestLock::take(dir.path(), digest_of("b"), 0)) << "another message does not wait";
}

TEST(DigestLock, ReleasedLockIsTakenByAWaiter) {
  const TempDir dir;
  auto lock = DigestLock::take(dir.path(), digest_of("a"), 0);
  std::thread releaser([held = std::move(*lock)]() mutable {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    const DigestLock gone = std::move(held);
  });
  EXPECT_TRUE(DigestLock::take(dir.path(), digest_of("a"), 10));
  releaser.join();
}

TEST(DigestLock, DeathOfTheHolderReleasesIt) {
  const TempDir dir;
  int ready[2];
  ASSERT_EQ(::pipe2(ready, O_CLOEXEC), 0);
  Child holder([&] {
    const auto lock = DigestLock::take(dir.path(), digest_of("a"), 0);
    if (!lock || ::write(ready[1], "x", 1) != 1) return 1;
    for (;;) ::pause();
  });
  char byte;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  EXPECT_FALSE(DigestLock::take(dir.path(), digest_of("a"), 0));
  holder.kill_now();
  EXPECT_TRUE(DigestLock::take(dir.path(), digest_of("a"), 5));
  ::close(ready[0]);
  ::close(ready[1]);
}

// The kill-safe record must cost next to nothing. The bound is far above what is measured (0.06 µs), for busy machines.
TEST(Inflight, FillingARowTakesNoSystemCallsTime) {
  const TempDir dir;
  auto table = InflightTable::create(dir.path(), 1);
  const Digest digest = digest_of("a");
  constexpr int kRounds = 20'000;
  double best = 1e9;
  for (int attempt = 0; attempt < 5; ++attempt) {
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < kRounds; ++i) {
      (*table)->fill(0, digest, "<0123456789.0123456789@mail.example.org>", 1, false, "0.1.0-0123456789ab", i);
      (*table)->clear(0);
    }
    best = std::min(
        best, std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count() / kRounds);
  }
  RecordProperty("microseconds", std::to_string(best));
#ifndef MAPIGUARD_SANITIZED
  EXPECT_LT(best, 5.0);
#endif
}

}  // namespace
}  // namespace mapiguard
