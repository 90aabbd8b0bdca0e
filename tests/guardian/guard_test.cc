// The guard end to end: real processes, real deaths, a real state directory.
#include <mapiguard/guard.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "guardian/ledger.h"
#include "tests/guardian/guard_fixture.h"

namespace mapiguard {
namespace {

using GuardTest = testing::GuardFixture;

TEST_F(GuardTest, GoodConverterGivesItsWholeOutputAndLeavesNoRecord) {
  auto guard = open(options_for("echo"));
  const Conversion done = convert(*guard, "Subject: hello\r\n\r\nbody\r\n");
  EXPECT_EQ(done.outcome, Outcome::converted) << (done.error ? done.error->message : "");
  EXPECT_NE(sink_.text.find("body"), std::string::npos);
  EXPECT_TRUE(sink_.committed);
  EXPECT_EQ(done.bytes_out, sink_.text.size());
  EXPECT_EQ(ledger()->poison_view()->suspects, 0u);
}

TEST_F(GuardTest, FourRunsOfACrasherEndDiedDiedBlockedBlocked) {
  const Envelope envelope{.message_id = "<killer@example.com>", .sender = "sender@example.com", .recipients = {"to@example.com"}};
  std::vector<Outcome> outcomes;
  for (int run = 0; run < 4; ++run) {
    auto guard = open(options_for("segv"));
    const Conversion done = convert(*guard, "a killer", envelope);
    outcomes.push_back(done.outcome);
    if (run < 3) {
      ASSERT_TRUE(done.verdict);
      EXPECT_EQ(done.verdict->death, DeathClass::crashed);
      EXPECT_TRUE(done.verdict->charged);
      EXPECT_EQ(done.verdict->signal, 11);
    } else {
      EXPECT_FALSE(done.verdict) << "the fourth run starts no worker";
    }
    EXPECT_TRUE(sink_.text.empty());
  }
  EXPECT_EQ(outcomes, (std::vector{Outcome::died, Outcome::died, Outcome::blocked, Outcome::blocked}));
  auto book = ledger();
  EXPECT_EQ(book->events({.event_id = 9680, .since = {}})->size(), 3u);
  EXPECT_EQ(book->events({.event_id = 9681, .since = {}})->size(), 1u);
  EXPECT_EQ(book->ndrs()->size(), 1u);
}

TEST_F(GuardTest, SuccessClearsTheCountOfEarlierDeaths) {
  const std::string message = "sometimes a killer";
  EXPECT_EQ(convert(*open(options_for("segv")), message).crashes, 1u);
  EXPECT_EQ(convert(*open(options_for("echo")), message).outcome, Outcome::converted);
  EXPECT_EQ(convert(*open(options_for("segv")), message).crashes, 1u);
}

TEST_F(GuardTest, DamagedMessageIsNotCharged) {
  const Conversion done = convert(*open(options_for("exit_65")), "nonsense");
  EXPECT_EQ(done.outcome, Outcome::damaged);
  EXPECT_EQ(done.exit_code(), 65);
  EXPECT_EQ(ledger()->events({.event_id = 9680, .since = {}})->size(), 0u);
}

TEST_F(GuardTest, RetriesAreFurtherAttemptsOfOneCall) {
  auto options = options_for("segv");
  options.retries = 5;
  const Conversion done = convert(*open(std::move(options)), "a killer");
  EXPECT_EQ(done.outcome, Outcome::blocked);
  EXPECT_EQ(done.crashes, 3u);
}

TEST_F(GuardTest, ReplayBlocksADeterministicKillerInOneCall) {
  auto options = options_for("segv");
  options.replay = true;
  const Conversion done = convert(*open(std::move(options)), "a killer");
  EXPECT_EQ(done.outcome, Outcome::blocked);
  EXPECT_EQ(done.crashes, 3u);
  EXPECT_EQ(ledger()->events({.event_id = 9680, .since = {}})->size(), 3u);
}

TEST_F(GuardTest, CleanReplayDeliversAndBlamesTheWorker) {
  auto options = options_for("echo");
  options.replay = true;
  options.converter.reset();
  options.worker_path = std::string(MAPIGUARD_BUILD_DIR) + "/trying-worker";
  options.isolation = Isolation::worker;
  options.workers = 1;
  auto guard = open(std::move(options));
  ASSERT_EQ(convert(*guard, "echo\nfirst").outcome, Outcome::converted);
  const Conversion done = convert(*guard, "grudge");
  EXPECT_EQ(done.outcome, Outcome::converted) << (done.error ? done.error->message : "");
  EXPECT_EQ(done.crashes, 0u);
  ASSERT_TRUE(done.verdict) << "the death is told all the same";
  EXPECT_EQ(done.verdict->death, DeathClass::crashed);
  const auto cancelled = ledger()->events({.event_id = 510, .since = {}});
  ASSERT_EQ(cancelled->size(), 1u);
  EXPECT_EQ(cancelled->front().severity, "information");
  EXPECT_EQ(ledger()->poison_view()->suspects, 0u);
}

#if !MAPIGUARD_SANITIZED
TEST_F(GuardTest, CrashReportNamesRegistersAndThePlaceOfTheCrash) {
  auto options = options_for("echo");
  options.converter.reset();
  options.worker_path = std::string(MAPIGUARD_BUILD_DIR) + "/trying-worker";
  options.replay = true;
  ASSERT_EQ(convert(*open(std::move(options)), "plant crashed").outcome, Outcome::blocked);
  const auto view = ledger()->poison_view();
  ASSERT_EQ(view->poison_ids.size(), 1u);
  const auto row = ledger()->find_poison(hex(view->poison_ids.front().sha256));
  ASSERT_TRUE(row);
  const auto report = nlohmann::json::parse(row->crash_report);
  const auto& testimony = report["testimony"];
  EXPECT_EQ(testimony["signal"], SIGSEGV);
  EXPECT_EQ(testimony["fault_address"], "0x0");
  EXPECT_GE(testimony["registers"].size(), 17u);
  const auto& frame = testimony["stack"][0];
  EXPECT_THAT(frame["module"].get<std::string>(), ::testing::EndsWith("/trying-worker"));
  const std::string command = std::string(MAPIGUARD_BUILD_DIR) + "/mapiguard-symbols " + frame["module"].get<std::string>() + " " +
                              frame["build_id"].get<std::string>() + " " + frame["offset"].get<std::string>();
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
  char line[1000] = "";
  ASSERT_NE(std::fgets(line, sizeof line, pipe.get()), nullptr) << command;
  EXPECT_THAT(line, ::testing::HasSubstr("dereference_null"));
  EXPECT_THAT(line, ::testing::HasSubstr("guardian/plant.cc:"));
}
#endif

TEST_F(GuardTest, WithoutReplayTheChargeStays) {
  auto options = options_for("echo");
  options.converter.reset();
  options.worker_path = std::string(MAPIGUARD_BUILD_DIR) + "/trying-worker";
  options.isolation = Isolation::worker;
  options.workers = 1;
  auto guard = open(std::move(options));
  ASSERT_EQ(convert(*guard, "echo\nfirst").outcome, Outcome::converted);
  EXPECT_EQ(convert(*guard, "grudge").outcome, Outcome::died);
  EXPECT_EQ(ledger()->poison_view()->suspects, 1u);
}

TEST_F(GuardTest, KillerAmongInnocentsIsChargedAlone) {
  auto guard = open(options_for("crash_on_marker"));
  std::vector<std::jthread> callers;
  std::atomic<int> converted = 0, died = 0;
  for (int caller = 0; caller < 4; ++caller)
    callers.emplace_back([&, caller] {
      for (int i = 0; i < 10; ++i) {
        testing::MemorySink sink;
        const bool killer = caller == 0 && i == 5;
        const std::string message = "message " + std::to_string(caller) + "/" + std::to_string(i) + (killer ? " POISON-MARKER" : "");
        const Conversion done = guard->convert(as_bytes(message), {}, {}, sink);
        (done.outcome == Outcome::converted ? converted : died)++;
      }
    });
  callers.clear();
  EXPECT_EQ(converted, 39);
  EXPECT_EQ(died, 1);
  EXPECT_EQ(ledger()->events({.event_id = 9680, .since = {}})->size(), 1u);
}

TEST_F(GuardTest, KillOfItselfIsUnexplainedAndHeldAfterThreeInARow) {
  const Conversion done = convert(*open(options_for("kill_self")), "kills itself");
  EXPECT_EQ(done.outcome, Outcome::held);
  EXPECT_EQ(done.exit_code(), 75);
  ASSERT_TRUE(done.verdict);
  EXPECT_EQ(done.verdict->death, DeathClass::unexplained_kill);
  EXPECT_FALSE(done.verdict->charged);
  EXPECT_EQ(ledger()->events({.event_id = 9680, .since = {}})->size(), 0u);
}

TEST_F(GuardTest, SinkThatFailsLosesNothingAndChargesNobody) {
  class FullDisk final : public ResultSink {
    bool write(std::span<const std::byte>) override { return false; }
  } full;
  auto guard = open(options_for("echo"));
  const std::string message = "a message";
  const Conversion done = guard->convert(as_bytes(message), {}, {}, full);
  EXPECT_EQ(done.outcome, Outcome::error);
  EXPECT_EQ(done.exit_code(), 74);
  EXPECT_EQ(ledger()->poison_view()->suspects, 0u);
  EXPECT_EQ(convert(*guard, message).outcome, Outcome::converted);
}

TEST_F(GuardTest, StopEndsWaitingCallsWithoutACharge) {
  auto options = options_for("sleep");
  options.timeout_seconds = 60;
  auto guard = open(std::move(options));
  Conversion done;
  std::jthread caller([&] { done = convert(*guard, "sleeps"); });
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  guard->stop();
  caller.join();
  EXPECT_EQ(done.outcome, Outcome::error);
  EXPECT_EQ(ledger()->events({.event_id = 9680, .since = {}})->size(), 0u);
}

// One bad thing a row: what the guard must call it, and how the message then stands.
struct BadThing {
  const char* program;
  std::vector<DeathClass> classes;  // any of these is right; empty: it converts
  Outcome outcome;
};

class MisbehaviourTest : public GuardTest, public ::testing::WithParamInterface<BadThing> {};

TEST_P(MisbehaviourTest, IsNamedAndContained) {
  const BadThing& bad = GetParam();
  auto guard = open(options_for(bad.program));
  const Conversion done = convert(*guard, std::string("message for ") + bad.program);
  EXPECT_EQ(done.outcome, bad.outcome) << (done.error ? done.error->message : "") << " " << done.stderr_tail;
  EXPECT_EQ(sink_.text.find("NOT-STOPPED"), std::string::npos);
  for (const char* word : {"WROTE", "READ", "CONNECTED"}) EXPECT_EQ(sink_.text.find(word), std::string::npos) << sink_.text;
  if (bad.classes.empty()) {
    EXPECT_FALSE(done.verdict);
    return;
  }
  ASSERT_TRUE(done.verdict);
  EXPECT_NE(std::find(bad.classes.begin(), bad.classes.end(), done.verdict->death), bad.classes.end()) << name_of(done.verdict->death);
  EXPECT_TRUE(sink_.text.empty()) << "output of a worker that died must not appear";
  EXPECT_FALSE(done.verdict->detail.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Misbehave, MisbehaviourTest,
    ::testing::Values(
        BadThing{"segv", {DeathClass::crashed}, Outcome::died}, BadThing{"null_call", {DeathClass::crashed}, Outcome::died},
        BadThing{"half_then_segv", {DeathClass::crashed}, Outcome::died}, BadThing{"divide", {DeathClass::crashed}, Outcome::died},
        BadThing{"abort", {DeathClass::aborted}, Outcome::died}, BadThing{"throw", {DeathClass::aborted}, Outcome::died},
        BadThing{"stack_overflow", {DeathClass::crashed, DeathClass::stack_overflow}, Outcome::died},
        BadThing{"allocate", {DeathClass::out_of_memory, DeathClass::aborted}, Outcome::died},
        BadThing{"spin", {DeathClass::cpu_limit}, Outcome::died}, BadThing{"sleep", {DeathClass::hung}, Outcome::died},
        BadThing{"ignore_sigterm", {DeathClass::hung}, Outcome::died}, BadThing{"stop_self", {DeathClass::unexplained_kill}, Outcome::held},
        BadThing{"flood_output", {DeathClass::output_limit}, Outcome::died}, BadThing{"exit_3", {DeathClass::illegal_exit}, Outcome::died},
        BadThing{"no_output", {DeathClass::bad_reply}, Outcome::died}, BadThing{"close_stdout", {DeathClass::bad_reply}, Outcome::died},
        BadThing{"flood_stderr", {}, Outcome::converted}, BadThing{"kill_parent", {}, Outcome::converted},
        BadThing{"kill_group", {}, Outcome::converted}, BadThing{"leave_child", {}, Outcome::converted},
        BadThing{"fork_bomb", {}, Outcome::converted}, BadThing{"connect_loopback", {}, Outcome::converted},
        BadThing{"read_secret", {}, Outcome::converted}, BadThing{"write_outside", {}, Outcome::converted},
        BadThing{"litter", {}, Outcome::converted}, BadThing{"garbage", {}, Outcome::converted},
        BadThing{"ignore_stdin", {}, Outcome::converted}),
    [](const auto& row) { return std::string(row.param.program); });

}  // namespace
}  // namespace mapiguard
