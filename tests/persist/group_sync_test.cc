#include "persist/group_sync.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include "persist/inflight.h"
#include "tests/support/temp_dir.h"

namespace mapiguard {
namespace {

using testing::TempDir;

constexpr int kCallers = 32, kEach = 40;

// Runs `work(caller, turn)` in 32 threads, 40 times each.
template <class Work>
void at_once(Work work) {
  std::vector<std::jthread> threads;
  for (int caller = 0; caller < kCallers; ++caller)
    threads.emplace_back([&, caller] {
      for (int turn = 0; turn < kEach; ++turn) work(caller, turn);
    });
}

TEST(GroupSync, CallersShareRounds) {
  GroupSync group([] {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));  // a disk
    return Result<void>();
  });
  at_once([&](int, int) { EXPECT_TRUE(group.sync()); });
  EXPECT_LE(group.rounds(), kCallers * kEach / 8u);
  EXPECT_GE(group.rounds(), static_cast<unsigned>(kEach));
}

// What a caller wrote before it called is on the disk when it is back: a sync that began earlier does not count.
TEST(GroupSync, SyncBeginsAfterItsCallersWrites) {
  std::atomic<int> written[kCallers] = {};
  std::atomic<int> on_disk[kCallers] = {};
  GroupSync group([&] {
    for (int i = 0; i < kCallers; ++i) on_disk[i] = written[i].load();
    std::this_thread::sleep_for(std::chrono::microseconds(200));
    return Result<void>();
  });
  std::atomic<int> missed{0};
  at_once([&](int caller, int turn) {
    written[caller] = turn + 1;
    EXPECT_TRUE(group.sync());
    missed += on_disk[caller] < turn + 1;
  });
  EXPECT_EQ(missed, 0);
}

TEST(GroupSync, FailureIsToldToAllWhomItConcerns) {
  std::atomic<bool> broken{true};
  GroupSync group([&]() -> Result<void> {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    if (broken) return fail(ErrorCode::io, "disk");
    return {};
  });
  std::atomic<int> told{0};
  at_once([&](int, int turn) {
    if (turn == 0) told += !group.sync();
  });
  EXPECT_EQ(told, kCallers);
  broken = false;
  EXPECT_TRUE(group.sync());
}

TEST(GroupSync, LoneCallerSyncsAtOnce) {
  unsigned syncs = 0;
  GroupSync group([&] {
    ++syncs;
    return Result<void>();
  });
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(group.sync());
  EXPECT_EQ(syncs, 100u);
}

TEST(DurableInflight, RowsAreReadAsThoseOfAnyTable) {
  const TempDir dir;
  auto table = InflightTable::create(dir.path(), kCallers, true);
  ASSERT_TRUE(table) << table.error().message;
  at_once([&](int caller, int turn) {
    const Digest digest = sha256(as_bytes(std::to_string(caller)));
    EXPECT_TRUE((*table)->fill(static_cast<std::size_t>(caller), digest, "<a@b>", static_cast<std::uint32_t>(turn + 1),
                               true, "build", 1));
  });
  const auto found = InflightTable::list(dir.path());
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 1u);
  EXPECT_EQ((*found)[0].rows.size(), static_cast<std::size_t>(kCallers));
  for (const InflightRow& row : (*found)[0].rows) EXPECT_EQ(row.attempt, static_cast<std::uint32_t>(kEach));
  for (std::size_t row = 0; row < kCallers; ++row) (*table)->clear(row);
}

}  // namespace
}  // namespace mapiguard
