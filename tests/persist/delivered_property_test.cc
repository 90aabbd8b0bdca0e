// Random deliveries, crashes, retries, cleanups, clock jumps and boots against a model that knows the truth: no message
// is lost, and none comes twice within the window.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <map>
#include <random>

#include "persist/delivered_to.h"
#include "tests/support/child.h"
#include "tests/support/fake_age_clock.h"
#include "tests/support/temp_dir.h"

namespace mapiguard {
namespace {

using testing::Child;
using testing::FakeAgeClock;
using testing::TempDir;

constexpr double kHour = 3600, kYear = 365 * 24 * kHour, kBootSeconds = 20;
constexpr int kMessages = 400, kContents = 3;

DeliveryKey key_of(int message, int content) {
  // One in ten has no ID, one in ten has the ID of all others of its kind.
  const std::string id = message % 10 == 0 ? "" : message % 10 == 1 ? "$null" : "<" + std::to_string(message) + "@x>";
  return {"box" + std::to_string(message % 7), id, message % 10 == 1 ? 1 : message,
          sha256(as_bytes(std::to_string(message) + "/" + std::to_string(content)))};
}

class Model {
 public:
  explicit Model(std::uint64_t seed) : random_(seed) {
    open();
    noted_ = truth();
  }

  void step() {
    const int what = pick(1000);
    if (what < 900)
      deliver(what);
    else if (what < 950)
      clock_.pass(pick(3600));
    else if (what < 960)
      clock_.pass(pick(20) * kHour);
    else if (what < 962)
      boot();
    else if (what < 970)
      jump();
    else if (what < 985)
      open();
    else if (what < 990)
      clean();
    else if (what < 995)
      other_.swap(store_);
    else
      clock_.jump_wall(std::uniform_real_distribution<>(-3600, 3600)(random_));
    ++steps_;
  }
  int deliveries() const { return deliveries_; }
  int duplicates() const { return duplicates_; }

 private:
  int pick(int below) { return std::uniform_int_distribution<>(0, below - 1)(random_); }

  void open() {
    for (auto* store : {&store_, &other_}) {
      store->reset();
      auto opened = DeliveredTo::open(dir_.path(), {kWindowMs, false}, clock_);
      ASSERT_TRUE(opened) << opened.error().message;
      *store = std::move(*opened);
    }
  }
  void jump() {
    const double by = pick(2) == 0 ? kYear : -kYear;
    clock_.jump_wall(by - drift_);
    drift_ = by == drift_ ? 0 : by;
  }
  // The store goes on at the time that it noted last: with an append, if a minute has passed since. It is so much
  // behind the truth from then on.
  void boot() {
    store_.reset();
    other_.reset();
    lag_ += truth() - noted_ + 61 + kBootSeconds;
    clock_.reboot(30, pick(2) == 0 ? kYear : -kYear);
    noted_ = truth();
    open();
  }
  void clean() {
    const auto cleaned = store_->cleanup(pick(2) == 0);
    ASSERT_TRUE(cleaned) << cleaned.error().message;
    ASSERT_LE(store_->stats()->partitions, kMostPartitions);
  }
  // True seconds since the start of the world, as the clocks' uptime adds them up.
  double truth() {
    const auto now = clock_.read();
    if (now.boot[0] != last_boot_) {
      base_ += last_uptime_;
      last_boot_ = now.boot[0];
    }
    last_uptime_ = static_cast<double>(now.uptime_ns) * 1e-9;
    return base_ + last_uptime_;
  }

  void deliver(int how) {
    const int message = pick(kMessages), content = pick(20) == 0 ? pick(kContents) : 0;
    const DeliveryKey key = key_of(message, content);
    const auto identity = identity_of(key);
    DeliveredRow row;
    row.key = key;
    auto hold = store_->hold(identity, 0);
    ASSERT_TRUE(hold && *hold);
    const auto seen = store_->look(key, identity);
    ASSERT_TRUE(seen) << seen.error().message;
    const auto known = delivered_.find({message, content});
    const double now = truth();
    const double age = known == delivered_.end() ? 1e18 : now - known->second.at;
    if (seen->same) {
      // No message is lost: what is withheld was delivered, by us, with these bytes, and within the window.
      ASSERT_TRUE(known != delivered_.end()) << "step " << steps_ << ": a message that nobody got is a duplicate";
      const double lag = lag_ - known->second.lag;
      ASSERT_LE(age, kWindowMs / 1000.0 + lag + 0.01) << "step " << steps_ << ": remembered for too long";
      ++duplicates_;
      return;
    }
    // No duplicate within the window, whatever the clocks did.
    ASSERT_GT(age + 0.01, kWindowMs / 1000.0) << "step " << steps_ << ": delivered twice";
    const auto place = store_->reserve(row, identity, *seen);
    ASSERT_TRUE(place) << place.error().message;
    if (!seen->abandoned) noted_ = now;
    if (how < 100) return;  // a crash, or a delivery that failed: nobody got it
    ++deliveries_;
    if (how < 130) return;  // a crash between the delivery and its mark: it comes again
    ASSERT_TRUE(store_->mark_delivered(*place));
    delivered_[{message, content}] = {now, lag_};
  }

  static constexpr std::int64_t kWindowMs = 24 * kHourMs;
  TempDir dir_;
  FakeAgeClock clock_;
  std::mt19937_64 random_;
  std::unique_ptr<DeliveredTo> store_, other_;
  struct Given {
    double at, lag;
  };
  std::map<std::pair<int, int>, Given> delivered_;
  double drift_ = 0, base_ = 0, last_uptime_ = 0, lag_ = 0, noted_ = 0;
  std::uint64_t last_boot_ = 1;
  int steps_ = 0, deliveries_ = 0, duplicates_ = 0;
};

TEST(DeliveredProperty, NoMessageIsLostAndNoneComesTwiceInAHundredThousandSteps) {
  Model model(20'251'122);
  for (int step = 0; step < 100'000 && !::testing::Test::HasFatalFailure(); ++step) model.step();
  EXPECT_GT(model.deliveries(), 5'000);
  EXPECT_GT(model.duplicates(), 5'000);
}

// Real processes, killed at any instruction. Each writes down, in memory that outlives it, what it has delivered.
struct Shelf {
  std::atomic<std::uint32_t> given[kMessages];   // how often the mailbox got it
  std::atomic<std::uint32_t> marked[kMessages];  // the store said that it knows
  std::atomic<std::uint32_t> busy[kMessages];    // between the delivery and the end of its mark
};

int run_until_killed(const std::string& dir, const AgeClock& clock, Shelf& shelf, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  auto store = DeliveredTo::open(dir, {}, clock);
  if (!store) return 10;
  for (;;) {
    const int message = std::uniform_int_distribution<>(0, kMessages - 1)(random);
    const DeliveryKey key = key_of(message, 0);
    const auto identity = identity_of(key);
    DeliveredRow row;
    row.key = key;
    const auto hold = (*store)->hold(identity, 20);
    if (!hold || !*hold) return 11;
    const auto seen = (*store)->look(key, identity);
    if (!seen || !seen->trouble.empty()) return 12;
    if (seen->same) {
      if (shelf.given[message] == 0) return 13;  // lost
      continue;
    }
    if (shelf.marked[message] != 0) return 14;  // twice
    const auto place = (*store)->reserve(row, identity, *seen);
    if (!place) return 15;
    ++shelf.busy[message];
    ++shelf.given[message];
    if (!(*store)->mark_delivered(*place)) return 16;
    shelf.marked[message] = 1;
    --shelf.busy[message];
  }
}

TEST(DeliveredProperty, ProcessesKilledAnywhereLoseNothingAndRepeatOnlyWhatTheyDidNotMark) {
  const TempDir dir;
  const FakeAgeClock clock;
  void* memory = ::mmap(nullptr, sizeof(Shelf), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  auto& shelf = *new (memory) Shelf{};
  std::mt19937_64 random(7);
  int kills = 0;
  for (int round = 0; round < 150; ++round) {
    Child one([&] { return run_until_killed(dir.path(), clock, shelf, static_cast<std::uint64_t>(round) * 2 + 1); });
    Child two([&] { return run_until_killed(dir.path(), clock, shelf, static_cast<std::uint64_t>(round) * 2 + 2); });
    ::usleep(static_cast<useconds_t>(std::uniform_int_distribution<>(500, 20'000)(random)));
    ASSERT_EQ(one.kill_now(), 1000 + SIGKILL) << "round " << round;
    ASSERT_EQ(two.kill_now(), 1000 + SIGKILL) << "round " << round;
    kills += 2;
    if (round % 30 != 29) continue;
    // A mail comes again only when a kill hit between its delivery and the end of its mark: each such kill once at
    // most.
    for (int message = 0; message < kMessages; ++message)
      ASSERT_LE(shelf.given[message], 1 + shelf.busy[message]) << message;
    // Most of the messages are known by now; begin anew.
    std::memset(memory, 0, sizeof(Shelf));
    std::filesystem::remove_all(dir / "delivered");
  }
  EXPECT_EQ(kills, 300);
  ::munmap(memory, sizeof(Shelf));
}

}  // namespace
}  // namespace mapiguard
