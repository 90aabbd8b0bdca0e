// The ledger among processes: killed ones, several at once, dead supervisors, directories that cannot be used.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/support/child.h"
#include "tests/support/ledger_fixture.h"

namespace mapiguard {
namespace {

using nlohmann::json;
using testing::bytes_source;
using testing::Child;
using testing::content_of;
using testing::death_of;
using testing::envelope_from;
using ::testing::HasSubstr;
using testing::identity_of;
using ::testing::IsEmpty;
using testing::LedgerTest;
using ::testing::SizeIs;
using testing::TempDir;

class LedgerCrashTest : public LedgerTest {
 protected:
  // Counters, events, quarantine and outbox tell one story.
  void expect_agreement() {
    std::map<std::string, unsigned> charges, blocks;
    for (const EventRow& event : events(9680)) ++charges[json::parse(event.ext)["sha256"]];
    for (const EventRow& event : events(9681)) {
      const json ext = json::parse(event.ext);
      ++blocks[ext["sha256"]];
      EXPECT_EQ(ext["ndr"], "queued");
      EXPECT_EQ(ext["copy"], "stored");
    }
    const auto ndrs = ledger_->ndrs();
    ASSERT_TRUE(ndrs);
    EXPECT_EQ(ndrs->size(), blocks.size());
    for (const auto& [digest, count] : charges) {
      const auto row = ledger_->find_poison(digest);
      ASSERT_TRUE(row) << row.error().message;
      EXPECT_EQ(row->crashes, count);
      EXPECT_EQ(row->blocked, count >= 3);
      EXPECT_EQ(blocks[digest], row->blocked ? 1u : 0u);
      EXPECT_EQ(row->has_copy, row->blocked);
      if (row->blocked) {
        EXPECT_TRUE(ledger_->export_copy(digest, [](std::span<const std::byte>) { return Result<void>(); }));
      }
    }
  }
};

// Charges messages as fast as it can, blocks and all, until it is killed.
int charge_for_ever(const std::string& dir, int round) {
  const auto own = Ledger::open(dir);
  for (int i = 0; own; ++i) {
    const std::string bytes = "poison " + std::to_string(round) + "." + std::to_string(i / 3);
    Envelope envelope = envelope_from("sender" + std::to_string(round) + "." + std::to_string(i) + "@example.com");
    if (!(*own)->record_death(identity_of(bytes), envelope, death_of(DeathClass::crashed), bytes_source(bytes)))
      return 1;
  }
  return 1;
}

TEST_F(LedgerCrashTest, KillAtAnyMomentLeavesRecordsThatAgree) {
  for (int round = 0; round < 25; ++round) {
    Child victim([&] { return charge_for_ever(dir_ / "state", round); });
    std::this_thread::sleep_for(std::chrono::microseconds(8'000 + 1'371 * round));
    ASSERT_EQ(victim.kill_now(), 1000 + SIGKILL);
    expect_agreement();
  }
  EXPECT_GT(events(9681).size(), 3u) << "the kills came too early to show anything";
}

TEST_F(LedgerCrashTest, KilledDeliveryLeavesOneReportInTheEnd) {
  set("PoisonThreshold", "0");
  for (int i = 0; i < 8; ++i)
    die("poison " + std::to_string(i), DeathClass::crashed, false,
        envelope_from("ada" + std::to_string(i) + "@example.com"));
  for (int round = 0; round < 20; ++round) {
    Child courier([&] {
      const auto own = Ledger::open(dir_ / "state");
      return own && (*own)->deliver_outbox() ? 0 : 1;
    });
    std::this_thread::sleep_for(std::chrono::microseconds(500 * round));
    courier.kill_now();
    EXPECT_LE(testing::names_in(state("ndr/new")).size(), 8u);
  }
  ASSERT_TRUE(ledger_->deliver_outbox());
  EXPECT_THAT(testing::names_in(state("ndr/new")), SizeIs(8));
  EXPECT_THAT(testing::names_in(state("ndr/tmp")), IsEmpty());
  const auto ndrs = ledger_->ndrs();
  for (const NdrRow& ndr : *ndrs) EXPECT_EQ(ndr.state, "delivered");
}

TEST_F(LedgerCrashTest, TwoProcessesChargeOneMessageWithoutLosingACount) {
  set("PoisonThreshold", "1000");
  std::vector<Child> workers;
  for (int w = 0; w < 4; ++w)
    workers.emplace_back([&] {
      const auto own = Ledger::open(dir_ / "state");
      for (int i = 0; i < 25; ++i)
        if (!own || !(*own)->record_death(identity_of("poison"), {}, death_of(DeathClass::crashed), {})) return 1;
      return 0;
    });
  for (Child& worker : workers) EXPECT_EQ(worker.wait(), 0);
  EXPECT_EQ(standing("poison").crashes, 100u);
  EXPECT_THAT(events(9680), SizeIs(100));
}

TEST_F(LedgerCrashTest, ProcessesThatBlockAtOnceBlockOnce) {
  for (int round = 0; round < 5; ++round) {
    const std::string bytes = "poison " + std::to_string(round);
    std::vector<Child> workers;
    for (int w = 0; w < 4; ++w)
      workers.emplace_back([&, w] {
        const auto own = Ledger::open(dir_ / "state");
        const Envelope envelope = envelope_from("ada" + std::to_string(round * 10 + w) + "@example.com");
        for (int i = 0; i < 2; ++i)
          if (!own ||
              !(*own)->record_death(identity_of(bytes), envelope, death_of(DeathClass::crashed), bytes_source(bytes)))
            return 1;
        return 0;
      });
    for (Child& worker : workers) EXPECT_EQ(worker.wait(), 0);
  }
  EXPECT_THAT(events(9680), SizeIs(40));
  EXPECT_THAT(events(9681), SizeIs(5));
  expect_agreement();
}

TEST_F(LedgerCrashTest, ThreadsShareALedger) {
  set("PoisonThreshold", "1000");
  std::atomic<int> failures{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 6; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) {
        if (!ledger_->record_death(identity_of("m" + std::to_string(i % 5)), {}, death_of(DeathClass::crashed), {}))
          ++failures;
        if (!ledger_->standing(identity_of("m" + std::to_string(t)))) ++failures;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  EXPECT_THAT(events(9680), SizeIs(120));
}

// -- dead supervisors
// --------------------------------------------------------------------------------------------------

void die_in_flight(const std::string& state_dir, const std::string& bytes, bool alone,
                   const std::string& message_id = "") {
  Child supervisor([&] {
    auto table = InflightTable::create(state_dir, 2);
    if (table) (*table)->fill(1, identity_of(bytes).sha256, message_id, 1, alone, "build", 1);
    ::raise(SIGKILL);
    return 1;
  });
  EXPECT_EQ(supervisor.wait(), 1000 + SIGKILL);
}

TEST_F(LedgerCrashTest, RowsOfADeadSupervisorBecomeSuspectsOnce) {
  die_in_flight(dir_ / "state", "message", false, "<m@x.org>");
  auto living = InflightTable::create(dir_ / "state", 1);
  (*living)->fill(0, identity_of("other").sha256, "", 1, false, "", 1);
  EXPECT_EQ(*ledger_->settle(), 1u);
  EXPECT_EQ(*ledger_->settle(), 0u);
  EXPECT_TRUE(standing("message").run_alone);
  EXPECT_EQ(standing("message").crashes, 0u);
  EXPECT_TRUE(standing("other").is_clean()) << "its supervisor lives";
  ASSERT_THAT(events(), SizeIs(1));
  EXPECT_EQ(events()[0].event_id, 501u);
  EXPECT_EQ(events()[0].severity, "information");
  EXPECT_EQ(events()[0].params[2], "<m@x.org>");
  EXPECT_THAT(testing::names_in(state("inflight")), SizeIs(2));
  (*living)->clear(0);
}

TEST_F(LedgerCrashTest, SupervisorsThatDieThreeTimesWithAMessageAloneHoldIt) {
  die_in_flight(dir_ / "state", "message", false);
  EXPECT_TRUE(ledger_->settle());
  for (int i = 0; i < 2; ++i) {
    die_in_flight(dir_ / "state", "message", true);
    EXPECT_TRUE(ledger_->settle());
    EXPECT_FALSE(standing("message").held);
  }
  die_in_flight(dir_ / "state", "message", true);
  EXPECT_TRUE(ledger_->settle());
  EXPECT_TRUE(standing("message").held);
  EXPECT_THAT(events(9680), IsEmpty());
}

TEST_F(LedgerCrashTest, ManySettlersSettleOnce) {
  set("PoisonThreshold", "1000");
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 4; ++i) die_in_flight(dir_ / "state", "message " + std::to_string(round), true);
    std::vector<Child> settlers;
    for (int s = 0; s < 4; ++s)
      settlers.emplace_back([&] {
        const auto own = Ledger::open(dir_ / "state");
        return own && (*own)->settle() ? 0 : 1;
      });
    for (Child& settler : settlers) EXPECT_EQ(settler.wait(), 0);
    EXPECT_EQ(standing("message " + std::to_string(round)).uncharged_alone, 4u);
  }
  EXPECT_THAT(events(501), SizeIs(20));
  EXPECT_THAT(testing::names_in(state("inflight")), IsEmpty());
}

TEST_F(LedgerCrashTest, SettlerKilledAtAnyMomentLosesAndDoublesNothing) {
  for (int round = 0; round < 15; ++round) {
    const std::string bytes = "message " + std::to_string(round);
    die_in_flight(dir_ / "state", bytes, true);
    Child settler([&] {
      const auto own = Ledger::open(dir_ / "state");
      return own && (*own)->settle() ? 0 : 1;
    });
    std::this_thread::sleep_for(std::chrono::microseconds(300 * round));
    settler.kill_now();
    ASSERT_TRUE(ledger_->settle());
    EXPECT_EQ(standing(bytes).uncharged_alone, 1u);
  }
  EXPECT_THAT(events(501), SizeIs(15));
}

TEST_F(LedgerCrashTest, LongMessageIdOfADeadSupervisorIsNotTakenForAnother) {
  const std::string id(5000, 'x');
  die_in_flight(dir_ / "state", "message", true, id);
  ASSERT_TRUE(ledger_->settle());
  EXPECT_TRUE(standing("message").run_alone);
  EXPECT_TRUE(standing("unrelated", std::string(kInflightIdBytes, 'x')).is_clean());
}

// -- directories that cannot be used
// -----------------------------------------------------------------------------------

void expect_config(const std::string& path, const std::string& sentence) {
  const auto opened = Ledger::open(path);
  ASSERT_FALSE(opened) << path;
  EXPECT_EQ(opened.error().code, ErrorCode::config) << opened.error().message;
  EXPECT_THAT(opened.error().message, HasSubstr(sentence));
  EXPECT_FALSE(opened.error().hint.empty());
}

TEST(StateDir, IsMadeWithItsParentsForTheOwnerAlone) {
  const TempDir dir;
  const auto made = open_state_dir(dir / "a/b/state");
  ASSERT_TRUE(made) << made.error().message;
  struct stat status {};
  ASSERT_EQ(::stat(made->c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
}

TEST(StateDir, OneThatOthersMayWriteIsRefused) {
  const TempDir dir;
  for (const mode_t mode : {0770, 0720, 0702, 0777}) {
    ASSERT_EQ(::chmod(dir.path().c_str(), mode), 0);
    expect_config(dir.path(), "may be written by others");
  }
  ASSERT_EQ(::chmod(dir.path().c_str(), 0750), 0);
  EXPECT_TRUE(Ledger::open(dir.path()));
}

TEST(StateDir, FileInItsPlaceIsRefused) {
  const TempDir dir;
  testing::write_file(dir / "file", "x");
  expect_config(dir / "file", "is not a folder");
  expect_config(dir / "file/below", "cannot be");
}

TEST(StateDir, NamesThatCannotBeAreRefused) {
  expect_config(std::string("/tmp/a\0b", 8), "NUL");
  expect_config("/proc/mapiguard-cannot-be-made", "cannot be created");
  expect_config("/tmp/" + std::string(300, 'x'), "cannot be");
}

TEST(StateDir, DamagedDatabaseIsRefusedWithASentence) {
  const TempDir dir;
  testing::write_file(dir / "state/state.db", "");
  ASSERT_EQ(::chmod((dir / "state").c_str(), 0700), 0);
  expect_config(dir / "state", "is damaged");
}

// Ends with the number of the first expectation that failed; runs as somebody without rights.
int as_nobody(const std::function<int()>& work) {
  if (::geteuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0)) return 77;
  return work();
}

bool is_config(const std::string& path, const char* sentence) {
  const auto opened = Ledger::open(path);
  return !opened && opened.error().code == ErrorCode::config &&
         opened.error().message.find(sentence) != std::string::npos;
}

TEST(StateDir, SomebodyElsesIsRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to make somebody else's folder";
  const TempDir dir;
  ASSERT_EQ(::chmod(dir.path().c_str(), 0755), 0);
  Child child([&] { return as_nobody([&] { return is_config(dir.path(), "belongs to user 0") ? 0 : 1; }); });
  EXPECT_EQ(child.wait(), 0);
  ASSERT_EQ(::chown(dir.path().c_str(), 65534, 65534), 0);
  expect_config(dir.path(), "belongs to user 65534");
}

TEST(StateDir, UnreadableOneIsRefused) {
  const TempDir dir;
  ASSERT_EQ(::chmod(dir.path().c_str(), 0755), 0);
  ASSERT_EQ(::mkdir((dir / "own").c_str(), 0500), 0);
  const bool ours = ::geteuid() != 0 || ::chown((dir / "own").c_str(), 65534, 65534) == 0;
  ASSERT_TRUE(ours);
  Child child([&] {
    return as_nobody([&] {
      if (!is_config(dir / "own", "cannot be used: Permission denied")) return 1;
      ::chmod((dir / "own").c_str(), 0000);
      if (!is_config(dir / "own", "cannot be used: Permission denied")) return 2;
      ::chmod((dir / "own").c_str(), 0700);
      return Ledger::open(dir / "own") ? 0 : 3;
    });
  });
  EXPECT_EQ(child.wait(), 0);
}

TEST(StateDir, DefaultComesFromTheEnvironment) {
  const TempDir dir;
  Child child([&] {
    ::setenv("MAPIGUARD_STATE", (dir / "m").c_str(), 1);
    if (open_state_dir("") != dir / "m") return 1;
    if (open_state_dir(dir / "given") != dir / "given") return 2;
    ::unsetenv("MAPIGUARD_STATE");
    if (::geteuid() == 0) return 0;
    ::setenv("XDG_STATE_HOME", (dir / "x").c_str(), 1);
    if (open_state_dir("") != dir / "x/mapiguard") return 3;
    ::setenv("XDG_STATE_HOME", "relative", 1);
    ::setenv("HOME", dir.path().c_str(), 1);
    return open_state_dir("") == dir / ".local/state/mapiguard" ? 0 : 4;
  });
  EXPECT_EQ(child.wait(), 0);
}

int on_small_disk(const std::string& at, const std::function<int()>& work) {
  constexpr int kCannotMount = 77;
  if (::unshare(::geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS) != 0) return kCannotMount;
  static_cast<void>(::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr));
  return ::mount("tmpfs", at.c_str(), "tmpfs", 0, "size=1m,mode=0700") == 0 ? work() : kCannotMount;
}

TEST(StateDir, FullDiskIsAnErrorOfThatDecisionAndNoOther) {
  const TempDir dir;
  Child child([&] {
    return on_small_disk(dir.path(), [&] {
      auto ledger = Ledger::open(dir.path());
      if (!ledger) return 1;
      Result<Decision> done;
      int charges = 0;
      for (; charges < 5000 && done; ++charges)
        done =
            (*ledger)->record_death(identity_of("m" + std::to_string(charges)), {}, death_of(DeathClass::crashed), {});
      if (done || done.error().code != ErrorCode::io || done.error().hint.empty()) return 2;
      if (!(*ledger)->standing(identity_of("m0"))) return 3;
      const auto events = (*ledger)->events({});
      return events && static_cast<int>(events->size()) == charges - 1 ? 0 : 4;
    });
  });
  const int code = child.wait();
  if (code == 77) GTEST_SKIP() << "a file system of its own cannot be mounted here";
  EXPECT_EQ(code, 0);
}

TEST(StateDir, ReadOnlyFileSystemIsTold) {
  const TempDir dir;
  Child child([&] {
    return on_small_disk(dir.path(), [&] {
      {
        if (!Ledger::open(dir.path())) return 1;
      }
      if (::mount("tmpfs", dir.path().c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, nullptr) != 0) return 77;
      return is_config(dir.path(), "Read-only file system") ? 0 : 2;
    });
  });
  const int code = child.wait();
  if (code == 77) GTEST_SKIP() << "a file system of its own cannot be mounted here";
  EXPECT_EQ(code, 0);
}

}  // namespace
}  // namespace mapiguard
