#include "guardian/desk.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <string>

namespace mapiguard {
namespace {

std::string read_back(Bytes bytes) { return std::string(as_chars(bytes)); }

TEST(Desk, MessageIsReadWhereItWasPut) {
  const auto desk = Desk::make(2);
  const WorkerDesk worker(desk->inbox(), desk->outbox());
  ASSERT_TRUE(worker);
  EXPECT_EQ(worker.places(), 2u);
  desk->put(1, as_bytes("hello"));
  EXPECT_EQ(read_back(worker.message(1, 5)), "hello");
}

TEST(Desk, LongerMessageLeavesNothingBehindAShorterOne) {
  const auto desk = Desk::make(1);
  const WorkerDesk worker(desk->inbox(), desk->outbox());
  desk->put(0, as_bytes("a long secret"));
  desk->put(0, as_bytes("abc"));
  EXPECT_EQ(read_back(worker.message(0, 13)), std::string("abc\0\0\0\0\0\0\0\0\0\0", 13));
}

TEST(Desk, WorkerCannotWriteTheInbox) {
  const auto desk = Desk::make(1);
  EXPECT_EQ(::pwrite(desk->inbox(), "x", 1, 0), -1);
  EXPECT_EQ(::ftruncate(desk->inbox(), 0), -1);
  EXPECT_EQ(::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, desk->inbox(), 0), MAP_FAILED);
  const WorkerDesk worker(desk->inbox(), desk->outbox());
  void* message = const_cast<std::byte*>(worker.message(0, 1).data());
  EXPECT_EQ(::mprotect(message, 4096, PROT_READ | PROT_WRITE), -1);
  EXPECT_NE(::fcntl(desk->inbox(), F_ADD_SEALS, F_SEAL_WRITE), 0) << "no seal can be added that would stop the supervisor";
}

TEST(Desk, WorkerCannotShrinkTheOutboxUnderTheSupervisor) {
  const auto desk = Desk::make(1);
  EXPECT_EQ(::ftruncate(desk->outbox(), 0), -1);
}

TEST(Desk, OutputIsTakenAsItWasThen) {
  const auto desk = Desk::make(1);
  const WorkerDesk worker(desk->inbox(), desk->outbox());
  std::memcpy(worker.output(0).data(), "result", 6);
  worker.set_written(0, 6);
  const auto taken = desk->take(0, 6);
  ASSERT_TRUE(taken);
  std::memcpy(worker.output(0).data(), "changed", 7);
  EXPECT_EQ(read_back(*taken), "result");
}

TEST(Desk, ClaimOfAnotherLengthIsRefused) {
  const auto desk = Desk::make(1);
  const WorkerDesk worker(desk->inbox(), desk->outbox());
  worker.set_written(0, 6);
  EXPECT_FALSE(desk->take(0, 7));
  worker.set_written(0, kPlaceOutputBytes + 1);
  EXPECT_FALSE(desk->take(0, kPlaceOutputBytes + 1)) << "longer than its place";
  worker.set_written(0, ~0ull);
  EXPECT_FALSE(desk->take(0, ~0ull));
}

TEST(Desk, WipedDeskHoldsNothingOfItsLastWorker) {
  const auto desk = Desk::make(2);
  {
    const WorkerDesk last(desk->inbox(), desk->outbox());
    desk->put(0, as_bytes("first message"));
    desk->put(1, as_bytes("second message"));
    for (const unsigned place : {0u, 1u}) std::memset(last.output(place).data(), 'S', last.output(place).size());
    last.set_written(1, 99);
    last.testimony()->signal = 11;
  }
  ASSERT_TRUE(desk->wipe());
  const WorkerDesk next(desk->inbox(), desk->outbox());
  const auto is_blank = [](Bytes bytes) { return std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{}; }); };
  for (const unsigned place : {0u, 1u}) {
    EXPECT_TRUE(is_blank(next.message(place, kPlaceInputBytes)));
    EXPECT_TRUE(is_blank(next.output(place)));
  }
  EXPECT_FALSE(desk->take(1, 99));
  EXPECT_EQ(desk->said().signal, 0);
}

TEST(Desk, OneWithoutPlacesStillHasItsPageOfTestimony) {
  const auto desk = Desk::make(0);
  const WorkerDesk worker(desk->inbox(), desk->outbox());
  ASSERT_TRUE(worker);
  EXPECT_EQ(worker.places(), 0u);
  worker.testimony()->signal = 6;
  EXPECT_EQ(desk->said().signal, 6);
}

}  // namespace
}  // namespace mapiguard
