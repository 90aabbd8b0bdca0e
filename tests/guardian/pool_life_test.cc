// A pool over its life: workers that are recycled, hosts of every kind, several pools and Guards in one process.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "guardian/limits.h"
#include "guardian/pool.h"
#include "tests/guardian/guard_fixture.h"
#include "tests/guardian/pool_fixture.h"
#include "tests/guardian/processes.h"
#include "tests/support/child.h"

namespace mapiguard {
namespace {

using testing::await;
using testing::Ran;
using testing::TestPool;
using testing::trying_options;
using testing::workers_of;

// -- recycling
// ----------------------------------------------------------------------------------------------------------

GuardOptions one_worker() {
  GuardOptions options = trying_options();
  options.isolation = Isolation::worker;
  options.workers = 1;
  options.memory_bytes = 1024ull << 20;
  return options;
}

// With one worker and no caller waiting: the one that serves and a spare.
std::set<pid_t> workers_now() {
  std::set<pid_t> found;
  await([&] {
    const auto pids = workers_of(::getpid());
    found = {pids.begin(), pids.end()};
    return found.size() == 2;
  });
  return found;
}

bool has_lost(const std::set<pid_t>& before, std::ptrdiff_t count) {
  const std::set<pid_t> after = workers_now();
  return std::ranges::count_if(before, [&](pid_t pid) { return !after.contains(pid); }) == count;
}

TEST(PoolRecycling, AWorkerIsReplacedAfterItsShareOfMessages) {
  TestPool pool(one_worker());
  ASSERT_EQ(pool.run("echo\nfirst").outcome(), "converted");
  const auto before = workers_now();
  for (std::size_t served = 1; served < kMessagesOfAWorker - 1; ++served) ASSERT_EQ(pool.run("echo\nx").output, "x");
  EXPECT_TRUE(has_lost(before, 0)) << "before its time";
  EXPECT_EQ(pool.run("echo\nlast").output, "last");
  EXPECT_EQ(pool.run("echo\nnext").output, "next");
  EXPECT_TRUE(await([&] { return has_lost(before, 1); })) << "the one that served goes, its spare follows it";
}

TEST(PoolRecycling, AWorkerThatHasGrownIsReplaced) {
  TestPool pool(one_worker());
  ASSERT_EQ(pool.run("grow 10").outcome(), "converted");
  const auto before = workers_now();
  ASSERT_EQ(pool.run("grow 20").outcome(), "converted");
  EXPECT_TRUE(has_lost(before, 0));
  ASSERT_EQ(pool.run("grow " + std::to_string((kWorkerRssMark >> 20) + 16)).outcome(), "converted");
  EXPECT_EQ(pool.run("echo\nnext").output, "next");
  EXPECT_TRUE(await([&] { return has_lost(before, 1); }));
}

TEST(PoolRecycling, MessagesThatWaitForAGrownWorkerAreServed) {
  GuardOptions options = one_worker();
  options.depth = 4;
  TestPool pool(options);
  std::atomic<int> served = 0;
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 8; ++caller)
    callers.emplace_back([&, caller] {
      for (int i = 0; i < 5; ++i) {
        if (caller == 0)
          served += pool.run("grow " + std::to_string((kWorkerRssMark >> 20) + 16)).outcome() == "converted";
        if (caller != 0) served += pool.run("echo\nx").output == "x";
      }
    });
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(served, 40);
}

// -- hosts
// --------------------------------------------------------------------------------------------------------------

TEST(PoolHosts, OneWhoseOpeningThreadEndsIsServed) {
  std::unique_ptr<TestPool> pool;
  std::thread([&] { pool = std::make_unique<TestPool>(trying_options()); }).join();
  ASSERT_EQ(pool->run("plant crashed").outcome(), "crashed");
  EXPECT_EQ(pool->run("echo\nx").outcome(), "converted");
}

TEST(PoolHosts, OneWithManyThreadsThatComeAndGoIsServed) {
  TestPool pool(trying_options());
  std::atomic<int> right = 0;
  for (int round = 0; round < 10; ++round) {
    std::vector<std::thread> threads;
    for (int i = 0; i < 16; ++i)
      threads.emplace_back([&, i] {
        right += i % 8 == 0 ? pool.run("plant aborted").outcome() == "aborted" : pool.run("echo\nx").output == "x";
      });
    for (auto& thread : threads) thread.join();
  }
  EXPECT_EQ(right, 160);
}

TEST(PoolHosts, SeveralPoolsDoNotDisturbOneAnother) {
  GuardOptions shared = one_worker();
  TestPool first(trying_options()), second(shared);
  auto third = std::make_unique<TestPool>(trying_options());
  EXPECT_EQ(third->run("plant crashed").outcome(), "crashed");
  third.reset();
  EXPECT_EQ(first.run("plant aborted").outcome(), "aborted");
  EXPECT_EQ(first.run("echo\na").output, "a");
  EXPECT_EQ(second.run("echo\nb").output, "b");
}

// -- Guards
// -------------------------------------------------------------------------------------------------------------

using GuardHosts = testing::GuardFixture;

TEST_F(GuardHosts, SeveralGuardsOfOneProcessShareAStateDirectory) {
  auto first = open(options_for_worker("trying-worker")), second = open(options_for_worker("trying-worker"));
  ASSERT_TRUE(first && second);
  EXPECT_EQ(convert(*first, "plant crashed").outcome, Outcome::died);
  EXPECT_EQ(convert(*second, "plant crashed").outcome, Outcome::died);
  EXPECT_EQ(convert(*first, "plant crashed").outcome, Outcome::blocked);
  EXPECT_EQ(convert(*second, "plant crashed").outcome, Outcome::blocked);
  first.reset();
  EXPECT_EQ(convert(*second, "echo\nx").outcome, Outcome::converted);
  EXPECT_EQ(sink_.text, "x");
}

TEST_F(GuardHosts, OneMessageInTwoGuardsIsUnderWayOnce) {
  auto first = open(options_for_worker("trying-worker")), second = open(options_for_worker("trying-worker"));
  ASSERT_TRUE(first && second);
  const auto crash_in = [](Guard& guard) {
    testing::MemorySink sink;
    for (int i = 0; i < 4; ++i) (void)guard.convert(std::as_bytes(std::span("plant crashed", 13)), {}, {}, sink);
  };
  std::thread other([&] { crash_in(*second); });
  crash_in(*first);
  other.join();
  EXPECT_EQ(ledger()->events({.event_id = 9680, .since = {}})->size(), 3u) << "three charges, however many try at once";
  EXPECT_EQ(ledger()->events({.event_id = 9681, .since = {}})->size(), 1u);
}

// Files that are opened where stdio was must not be written to by whoever prints.
TEST_F(GuardHosts, OneWithoutStdioKeepsItsStateWhole) {
  testing::Child host([&] {
    for (int fd = 0; fd < 3; ++fd) ::close(fd);
    auto guard = Guard::open(options_for_worker("trying-worker"));
    if (!guard) return 2;
    testing::MemorySink sink;
    for (int i = 0; i < 3; ++i) (void)(*guard)->convert(std::as_bytes(std::span("plant crashed", 13)), {}, {}, sink);
    std::puts("noise");
    std::fflush(stdout);
    (void)!::write(STDERR_FILENO, "noise", 5);
    return (*guard)->convert(std::as_bytes(std::span("echo\nx", 6)), {}, {}, sink).outcome == Outcome::converted ? 0
                                                                                                                 : 1;
  });
  ASSERT_EQ(host.wait(), 0);
  auto book = ledger();
  EXPECT_EQ(book->events({.event_id = 9680, .since = {}})->size(), 3u);
  EXPECT_EQ(book->events({.event_id = 9681, .since = {}})->size(), 1u);
}

}  // namespace
}  // namespace mapiguard
