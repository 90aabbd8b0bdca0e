// The pool with real processes: conversions, deaths, kills, stops.
#include "guardian/pool.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <set>
#include <thread>

#include "guardian/limits.h"
#include "tests/guardian/pool_fixture.h"
#include "tests/guardian/processes.h"
#include "tests/support/child.h"

namespace mapiguard {
namespace {

using testing::await;
using testing::descendants;
using testing::lives;
using testing::Ran;
using testing::status_line;
using testing::TestPool;
using testing::trying_options;
using testing::workers_of;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// -- converting ---------------------------------------------------------------------------------------------------------

class EveryIsolation : public ::testing::TestWithParam<Isolation> {
 protected:
  GuardOptions options() const {
    GuardOptions options = trying_options();
    options.isolation = GetParam();
    return options;
  }
};
INSTANTIATE_TEST_SUITE_P(All, EveryIsolation, ::testing::Values(Isolation::message, Isolation::worker),
                         [](const auto& row) { return row.param == Isolation::message ? "message" : "worker"; });

TEST_P(EveryIsolation, ReplyAndOutputComeBack) {
  TestPool pool(options());
  for (int i = 0; i < 20; ++i) {
    const Ran ran = pool.run("echo\nhello " + std::to_string(i));
    ASSERT_EQ(ran.outcome(), "converted");
    EXPECT_EQ(ran.output, "hello " + std::to_string(i));
  }
}

TEST_P(EveryIsolation, AnEmptyMessageIsHandedOver) {
  TestPool pool(options());
  EXPECT_EQ(pool.run("").outcome(), "converted");
}

TEST_P(EveryIsolation, DamagedIsAReply) {
  TestPool pool(options());
  const Ran ran = pool.run("damaged");
  ASSERT_EQ(ran.outcome(), "damaged");
  EXPECT_EQ(ran.attempt.reply->error().code, ErrorCode::not_a_message);
  EXPECT_EQ(pool.run("echo\nnext").outcome(), "converted");
}

TEST_P(EveryIsolation, ALargeMessageGoesThroughWhole) {
  TestPool pool(options());
  std::string large(5 << 20, 'x');
  for (std::size_t i = 0; i < large.size(); i += 4096) large[i] = static_cast<char>(i >> 12);
  EXPECT_EQ(pool.run("echo\n" + large).output, large);
}

TEST_P(EveryIsolation, DefectsAreBounded) {
  TestPool pool(options());
  const Ran ran = pool.run("defects 5000");
  ASSERT_EQ(ran.outcome(), "converted");
  const Report& report = **ran.attempt.reply;
  EXPECT_EQ(report.defects.size() + report.defects_dropped, 5000u);
  EXPECT_EQ(report.message_id, "<one@\xEF\xBF\xBD>");
}

TEST_P(EveryIsolation, ManyThreadsMayConvertAtOnce) {
  TestPool pool(options());
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 25; ++i) {
        const std::string text = std::to_string(t) + "/" + std::to_string(i);
        good += pool.run("echo\n" + text).output == text;
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(good, 200);
}

TEST_P(EveryIsolation, ADeathHurtsNobodyElse) {
  TestPool pool(options());
  std::thread other([&] {
    for (int i = 0; i < 30; ++i) EXPECT_EQ(pool.run("echo\nfine").output, "fine");
  });
  for (int i = 0; i < 5; ++i) EXPECT_EQ(pool.run("plant crashed").outcome(), "crashed");
  other.join();
}

TEST_P(EveryIsolation, AfterADeathTheNextMessageIsSoonAccepted) {
  TestPool pool(options());
  ASSERT_EQ(pool.run("echo\nwarm").outcome(), "converted");
  ASSERT_EQ(pool.run("plant aborted").outcome(), "aborted");
  const auto start = Clock::now();
  EXPECT_EQ(pool.run("echo\nx").outcome(), "converted");
  EXPECT_LT(seconds_since(start), 1.0);
}

// -- dying --------------------------------------------------------------------------------------------------------------

class Dying : public ::testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(Dying, HasItsClass) {
  GuardOptions options = trying_options();
  options.timeout_seconds = 2;
  options.output_bytes = 8 << 20;
  TestPool pool(options);
  const Ran ran = pool.run(GetParam().first);
  EXPECT_EQ(ran.outcome(), GetParam().second) << ran.verdict.detail;
  EXPECT_EQ(pool.run("echo\nx").outcome(), "converted");
}

#if MAPIGUARD_SANITIZED
#define WITHOUT_SANITIZERS(...)
#else
#define WITHOUT_SANITIZERS(...) __VA_ARGS__
#endif

using Case = std::pair<const char*, const char*>;
std::string name_of_case(const ::testing::TestParamInfo<Case>& row) {
  std::string name = std::string(row.param.first).substr(6);
  std::ranges::replace(name, '.', '_');
  return name;
}
INSTANTIATE_TEST_SUITE_P(
    Plants, Dying,
    ::testing::Values(Case{"plant crashed", "crashed"}, Case{"plant crashed.fpe", "crashed"}, Case{"plant crashed.ill", "crashed"},
                      Case{"plant crashed.guard", "crashed"}, Case{"plant aborted", "aborted"}, Case{"plant aborted.exception", "aborted"},
                      WITHOUT_SANITIZERS(Case{"plant stack_overflow", "stack_overflow"}, Case{"plant out_of_memory", "out_of_memory"},
                                         Case{"plant out_of_memory.glib", "out_of_memory"}, Case{"plant out_of_memory.malloc", "out_of_memory"}, )
                          Case{"plant cpu_limit", "cpu_limit"},
                      Case{"plant hung", "hung"}, Case{"plant hung.idle", "unexplained_kill"}, Case{"plant output_limit", "output_limit"},
                      Case{"plant sandbox_violation", "sandbox_violation"}, Case{"plant sandbox_violation.fork", "sandbox_violation"},
                      Case{"plant sandbox_violation.kill", "sandbox_violation"}, Case{"plant sandbox_violation.exec", "sandbox_violation"},
                      Case{"plant illegal_exit", "illegal_exit"},
                      WITHOUT_SANITIZERS(Case{"plant illegal_exit.zero", "illegal_exit"},)  // they look for leaks there
                      Case{"plant killed_by_operator", "killed_by_operator"}, Case{"plant unexplained_kill", "unexplained_kill"}),
    name_of_case);
INSTANTIATE_TEST_SUITE_P(Lies, Dying,
                         ::testing::Values(Case{"plant bad_reply", "bad_reply"}, Case{"plant bad_reply.short", "bad_reply"},
                                           Case{"plant bad_reply.trailing", "bad_reply"}, Case{"plant bad_reply.sequence", "bad_reply"},
                                           Case{"plant bad_reply.error", "bad_reply"}, Case{"plant bad_reply.length", "bad_reply"},
                                           Case{"plant bad_reply.huge", "bad_reply"}, Case{"plant bad_reply.flag", "bad_reply"},
                                           Case{"plant bad_reply.text", "bad_reply"}, Case{"plant bad_reply.utf8", "bad_reply"},
                                           Case{"plant bad_reply.long", "bad_reply"}, Case{"plant bad_reply.silent", "bad_reply"}),
                         name_of_case);

TEST(PoolDeaths, TheTestimonyTellsPhaseAndStack) {
  TestPool pool(trying_options());
  const Ran ran = pool.run("plant crashed");
  ASSERT_TRUE(ran.attempt.ending);
  const Testimony& said = ran.attempt.ending->testimony;
  EXPECT_EQ(said.signal, SIGSEGV);
  EXPECT_EQ(said.fault_address, 0u);
  EXPECT_EQ(said.phase, "convert");
  EXPECT_GE(said.stack.size(), 3u);
}

TEST(PoolDeaths, TheSameDeathHasTheSameStackInAnotherNursery) {
  std::set<std::string> stacks;
  for (int i = 0; i < 3; ++i) {
    TestPool pool(trying_options());
    stacks.insert(pool.run("plant aborted").verdict.stack);
  }
  EXPECT_EQ(stacks.size(), 1u);
  EXPECT_EQ(stacks.begin()->size(), 16u);
}

TEST(PoolDeaths, ASecondReplyIsNotTakenForTheNextMessages) {
  GuardOptions options = trying_options();
  options.isolation = Isolation::worker;
  options.workers = 1;
  TestPool pool(options);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(pool.run("plant bad_reply.twice").outcome(), "converted");  // its first reply is a good one
    const Ran next = pool.run("echo\nmine");
    EXPECT_TRUE(next.outcome() == "bad_reply" || next.output == "mine") << next.outcome();
  }
}

// -- several messages in one worker ---------------------------------------------------------------------------------------

TEST(PoolDepth, AllMessagesInADyingWorkerAreSuspectsInCompany) {
  GuardOptions options = trying_options();
  options.isolation = Isolation::worker;
  options.workers = 1;
  options.depth = 4;
  options.timeout_seconds = 3;
  TestPool pool(options);
  ASSERT_EQ(pool.run("echo\nwarm").outcome(), "converted");
  std::vector<std::thread> threads;
  std::atomic<int> in_company = 0, unharmed = 0;
  std::thread first([&] { in_company += pool.run("plant hung").attempt.company; });
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  for (int i = 0; i < 3; ++i)
    threads.emplace_back([&] {
      const Ran ran = pool.run("echo\nx");
      (ran.attempt.ending ? in_company : unharmed) += ran.attempt.ending ? ran.attempt.company : 1;
    });
  first.join();
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(in_company, 4);
  EXPECT_EQ(unharmed, 0);
}

TEST(PoolDepth, AnAloneTaskHasAFreshWorkerToItself) {
  GuardOptions options = trying_options();
  options.isolation = Isolation::worker;
  options.depth = 4;
  TestPool pool(options);
  const Ran ran = pool.run("plant crashed", true);
  EXPECT_EQ(ran.outcome(), "crashed");
  EXPECT_TRUE(ran.attempt.alone);
  EXPECT_FALSE(ran.attempt.company);
}

TEST(PoolDepth, QueuedMessagesAreAnsweredInTheirOrder) {
  GuardOptions options = trying_options();
  options.isolation = Isolation::worker;
  options.workers = 1;
  options.depth = 8;
  TestPool pool(options);
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (int t = 0; t < 16; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        const std::string text = std::to_string(1000 * t + i);
        good += pool.run("echo\n" + text).output == text;
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(good, 800);
}

// -- the sandbox as seen from outside ---------------------------------------------------------------------------------------

TEST(PoolSandbox, EveryProcessOfOursIsLockedDown) {
  GuardOptions options = trying_options();
  options.worker_path = testing::real_worker();
  TestPool pool(options);
  ASSERT_TRUE(await([] { return !workers_of(::getpid()).empty(); }));
  for (const pid_t pid : descendants(::getpid())) {
    SCOPED_TRACE(status_line(pid, "Name"));
    EXPECT_EQ(status_line(pid, "Seccomp"), "2");
    EXPECT_EQ(status_line(pid, "NoNewPrivs"), "1");
    EXPECT_EQ(status_line(pid, "CapEff"), "0000000000000000");
    EXPECT_EQ(status_line(pid, "CapPrm"), "0000000000000000");
    if (::geteuid() == 0) {
      EXPECT_EQ(status_line(pid, "Uid"), "65534\t65534\t65534\t65534");
    }
  }
}

TEST(PoolSandbox, LayersTellOfEverything) {
  TestPool pool(trying_options());
  std::set<std::string> names;
  for (const SandboxLayer& layer : pool->layers()) {
    names.insert(layer.name);
    EXPECT_TRUE(layer.active || !layer.detail.empty()) << layer.name;
  }
  for (const char* name : {"user namespace", "mount namespace", "network namespace", "ipc namespace", "uts namespace", "pid namespace",
                           "no_new_privs", "landlock", "resource limits", "seccomp"})
    EXPECT_TRUE(names.contains(name)) << name;
}

// -- kills from outside -----------------------------------------------------------------------------------------------------

// Runs a message that never ends and does `harm` to its worker meanwhile (and to the spares).
Ran harm_worker(TestPool& pool, const std::function<void(pid_t)>& harm) {
  Ran ran;
  std::thread runner([&] { ran = pool.run("wait"); });
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  for (const pid_t worker : workers_of(::getpid())) harm(worker);
  runner.join();
  return ran;
}

TEST(PoolKills, AnOperatorsSignalIsTold) {
  for (const int signal : {SIGTERM, SIGINT, SIGSEGV, SIGABRT, SIGUSR1, SIGXCPU}) {
    TestPool pool(trying_options());
    const Ran ran = harm_worker(pool, [&](pid_t worker) { ::kill(worker, signal); });
    EXPECT_EQ(ran.outcome(), "killed_by_operator") << signal << " " << ran.verdict.detail;
  }
}

TEST(PoolKills, ABareKillIsUnexplained) {
  TestPool pool(trying_options());
  EXPECT_EQ(harm_worker(pool, [](pid_t worker) { ::kill(worker, SIGKILL); }).outcome(), "unexplained_kill");
}

TEST(PoolKills, AStoppedWorkerIsNotHung) {
  GuardOptions options = trying_options();
  options.timeout_seconds = 2;
  TestPool pool(options);
  const Ran ran = harm_worker(pool, [](pid_t worker) { ::kill(worker, SIGSTOP); });
  EXPECT_EQ(ran.outcome(), "unexplained_kill");
  EXPECT_TRUE(ran.attempt.ending && ran.attempt.ending->stopped);
}

TEST(PoolKills, ANurseryThatWasKilledIsReplaced) {
  TestPool pool(trying_options());
  ASSERT_EQ(pool.run("echo\nx").outcome(), "converted");
  for (int round = 0; round < 3; ++round) {
    for (const pid_t child : descendants(::getpid()))
      if (status_line(child, "Name") == "mapiguard-nurse") ::kill(child, SIGKILL);
    Ran ran;
    ASSERT_TRUE(await([&] {
      ran = pool.run("echo\nagain");
      return ran.outcome() == "converted";
    })) << ran.outcome();
  }
}

TEST(PoolKills, PidOneOfTheWorkersIsReplacedWithTheNursery) {
  TestPool pool(trying_options());
  ASSERT_EQ(pool.run("echo\nx").outcome(), "converted");
  for (const pid_t child : descendants(::getpid()))
    if (status_line(child, "Name") == "mapiguard-init") ::kill(child, SIGKILL);
  EXPECT_TRUE(await([&] { return pool.run("echo\nagain").outcome() == "converted"; }));
}

TEST(PoolKills, MessagesInFlightOfALostNurseryHaveEndings) {
  TestPool pool(trying_options());
  Ran ran;
  std::thread runner([&] { ran = pool.run("wait"); });
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  for (const pid_t child : descendants(::getpid()))
    if (status_line(child, "Name") == "mapiguard-nurse") ::kill(child, SIGKILL);
  runner.join();
  EXPECT_EQ(ran.outcome(), "unexplained_kill");
}

TEST(PoolKills, SparesThatWereKilledAreReplaced) {
  TestPool pool(trying_options());
  for (int round = 0; round < 20; ++round) {
    for (const pid_t worker : workers_of(::getpid())) ::kill(worker, SIGKILL);
    const Ran ran = pool.run("echo\nx");
    EXPECT_TRUE(ran.outcome() == "converted" || ran.outcome() == "unexplained_kill") << ran.outcome();
  }
  EXPECT_TRUE(await([&] { return pool.run("echo\nx").outcome() == "converted"; }));
}

TEST(PoolKills, SparesThatAreKilledWithoutEndAreNotForkedWithoutEnd) {
  TestPool pool(trying_options());
  ASSERT_EQ(pool.run("echo\nx").outcome(), "converted");
  std::set<pid_t> killed;
  const auto start = Clock::now();
  while (seconds_since(start) < 1.5)
    for (const pid_t worker : workers_of(::getpid()))
      if (::kill(worker, SIGKILL) == 0) killed.insert(worker);
  EXPECT_GT(killed.size(), kSparesASecond / 2);
  EXPECT_LE(killed.size(), 3 * kSparesASecond + 8);
  EXPECT_TRUE(await([&] { return pool.run("echo\nx").outcome() == "converted"; }));
}

// -- ending -------------------------------------------------------------------------------------------------------------------

TEST(PoolEnd, StopAbandonsWhatIsInFlight) {
  TestPool pool(trying_options());
  Ran ran;
  std::thread runner([&] { ran = pool.run("wait"); });
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  const auto start = Clock::now();
  pool->stop();
  runner.join();
  EXPECT_LT(seconds_since(start), 1.0);
  ASSERT_TRUE(ran.attempt.failure);
  EXPECT_EQ(ran.attempt.failure->code, ErrorCode::try_again);
  EXPECT_TRUE(pool.run("echo\nx").attempt.failure);
}

TEST(PoolEnd, NoProcessOutlivesThePool) {
  TestPool pool(trying_options());
  ASSERT_EQ(pool.run("echo\nx").outcome(), "converted");
  const auto ours = descendants(::getpid());
  ASSERT_FALSE(ours.empty());
  pool.end();
  EXPECT_TRUE(await([&] { return std::ranges::none_of(ours, lives); }, 2));
}

TEST(PoolEnd, NoProcessOutlivesAKilledSupervisor) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  testing::Child supervisor([&] {
    TestPool pool(trying_options());
    std::thread runner([&] { (void)pool.run("wait"); });
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    for (const pid_t pid : descendants(::getpid())) (void)!::write(ends[1], &pid, sizeof pid);
    const pid_t end = 0;
    (void)!::write(ends[1], &end, sizeof end);
    ::pause();
    return 0;
  });
  std::vector<pid_t> ours;
  for (pid_t pid = 0; ::read(ends[0], &pid, sizeof pid) == sizeof pid && pid > 0;) ours.push_back(pid);
  ASSERT_GE(ours.size(), 3u);  // nursery, init, worker
  EXPECT_EQ(supervisor.kill_now(), 1000 + SIGKILL);
  EXPECT_TRUE(await([&] { return std::ranges::none_of(ours, lives); }, 3));
}

TEST(PoolEnd, NoDescriptorIsLeftAndNoneIsInheritable) {
  const auto open_ones = [] {
    std::set<int> fds;
    for (int fd = 0; fd < 1024; ++fd)
      if (::fcntl(fd, F_GETFD) >= 0) fds.insert(fd);
    return fds;
  };
  { TestPool warm(trying_options()); }
  const auto before = open_ones();
  {
    TestPool pool(trying_options());
    ASSERT_EQ(pool.run("echo\nx").outcome(), "converted");
    ASSERT_EQ(pool.run("plant crashed").outcome(), "crashed");
    for (const int fd : open_ones())
      if (!before.contains(fd)) {
        EXPECT_NE(::fcntl(fd, F_GETFD) & FD_CLOEXEC, 0) << fd;
      }
  }
  EXPECT_EQ(open_ones(), before);
}

// -- hosts --------------------------------------------------------------------------------------------------------------------

TEST(PoolHosts, OneThatIgnoresItsChildrenIsServed) {
  testing::Child host([] {
    ::signal(SIGCHLD, SIG_IGN);
    TestPool pool(trying_options());
    return pool.run("plant crashed").outcome() == "crashed" && pool.run("echo\nx").outcome() == "converted" ? 0 : 1;
  });
  EXPECT_EQ(host.wait(), 0);
}

TEST(PoolHosts, OneThatWaitsForAnyChildIsServed) {
  testing::Child host([] {
    std::atomic<bool> over = false;
    std::thread reaper([&] {
      while (!over) {
        if (::waitpid(-1, nullptr, WNOHANG) <= 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    });
    bool good = true;
    {
      TestPool pool(trying_options());
      for (int i = 0; i < 5; ++i) good = good && pool.run("plant crashed").outcome() == "crashed" && pool.run("echo\nx").outcome() == "converted";
    }
    over = true;
    reaper.join();
    return good ? 0 : 1;
  });
  EXPECT_EQ(host.wait(), 0);
}

TEST(PoolHosts, OneThatForksMeanwhileIsServed) {
  TestPool pool(trying_options());
  std::atomic<bool> over = false;
  std::thread forker([&] {
    while (!over) {
      const pid_t child = ::fork();
      if (child == 0) {
        ::usleep(50'000);
        _exit(0);
      }
      ::waitpid(child, nullptr, 0);
    }
  });
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(pool.run("plant crashed").outcome(), "crashed");
    EXPECT_EQ(pool.run("echo\nx").outcome(), "converted");
  }
  over = true;
  forker.join();
}

TEST(PoolHosts, OneWithoutStdioIsServed) {
  testing::Child host([] {
    for (int fd = 0; fd < 3; ++fd) ::close(fd);
    TestPool pool(trying_options());
    return pool.run("echo\nx").outcome() == "converted" ? 0 : 1;
  });
  EXPECT_EQ(host.wait(), 0);
}

TEST(PoolHosts, AnOrdinaryUserIsServed) {
  if (::geteuid() != 0) GTEST_SKIP() << "this test run is an ordinary user's already";
  const testing::TempDir programs;  // the checkout may be where nobody else can go
  ASSERT_EQ(::chmod(programs.path().c_str(), 0755), 0);
  std::filesystem::copy(testing::trying_worker(), programs / "trying-worker");
  testing::Child host([&] {
    if (::setgid(12345) != 0 || ::setuid(12345) != 0) return 2;
    GuardOptions options = trying_options();
    options.worker_path = programs / "trying-worker";
    TestPool pool(std::move(options));
    return pool.run("echo\nx").outcome() == "converted" && pool.run("plant crashed").outcome() == "crashed" ? 0 : 1;
  });
  EXPECT_EQ(host.wait(), 0);
}

// -- starting -----------------------------------------------------------------------------------------------------------------

TEST(PoolStart, AMissingWorkerProgramIsAnError) {
  GuardOptions options = trying_options();
  options.worker_path = "/nonexistent/mapiguard-worker";
  const auto pool = Pool::start(options);
  ASSERT_FALSE(pool);
  EXPECT_EQ(pool.error().code, ErrorCode::internal);
}

TEST(PoolStart, AProgramThatIsNoWorkerIsAnError) {
  GuardOptions options = trying_options();
  options.worker_path = "/bin/true";
  const auto pool = Pool::start(options);
  ASSERT_FALSE(pool);
  EXPECT_EQ(pool.error().code, ErrorCode::internal);
}

#if !MAPIGUARD_FAULTS
TEST(PoolStart, AReleasePlantsNoFaults) {
  GuardOptions options = trying_options();
  options.plant = "crashed";
  const auto pool = Pool::start(options);
  ASSERT_FALSE(pool);
  EXPECT_EQ(pool.error().code, ErrorCode::usage);
}
#endif

TEST(PoolStart, IsolationNoneStartsNoProcess) {
  GuardOptions options = trying_options();
  options.isolation = Isolation::none;
  options.worker_path = "/nonexistent";
  TestPool pool(options);
  EXPECT_EQ(pool.run("this is no message").outcome(), "damaged");
}

// -- through memory and through descriptors ---------------------------------------------------------------------------

class Passing : public ::testing::TestWithParam<Isolation> {};

TEST_P(Passing, OutputLargerThanItsPlaceOnTheDeskArrivesWhole) {
  GuardOptions options = trying_options();
  options.isolation = GetParam();
  TestPool pool(options);
  for (const std::size_t size : {kPlaceOutputBytes, kPlaceOutputBytes + 1, 3 * kPlaceOutputBytes}) {
    const Ran ran = pool.run("fill " + std::to_string(size));
    ASSERT_TRUE(ran.replied()) << ran.outcome();
    EXPECT_EQ(ran.output, std::string(size, 'x'));
  }
}

TEST_P(Passing, MessagesOfEverySizeArriveWhole) {
  GuardOptions options = trying_options();
  options.isolation = GetParam();
  TestPool pool(options);
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, kPlaceInputBytes - 5, kPlaceInputBytes - 4, 2 * kPlaceInputBytes}) {
    const std::string text(size, 'm');
    EXPECT_EQ(pool.run("echo\n" + text).output, text) << size;
  }
}

TEST_P(Passing, OutputLimitSmallerThanAPlaceIsStillALimit) {
  GuardOptions options = trying_options();
  options.isolation = GetParam();
  options.output_bytes = 1000;
  TestPool pool(options);
  EXPECT_EQ(pool.run("fill 1000").outcome(), "converted");
  EXPECT_EQ(pool.run("fill 1001").outcome(), "output_limit");
}

INSTANTIATE_TEST_SUITE_P(Isolations, Passing, ::testing::Values(Isolation::message, Isolation::worker),
                         [](const auto& row) { return row.param == Isolation::message ? "message" : "worker"; });

TEST(PoolStart, AnOutputLimitLargerThanTheSparesAllowGetsAWorkerOfItsOwn) {
  TestPool pool(trying_options());
  auto snapshot = Snapshot::of_bytes(as_bytes("echo\nlarge"), pool.options().state_dir);
  ASSERT_TRUE(snapshot);
  Task task;
  task.message = &*snapshot;
  task.output_limit = 2 * kOutputInMemory;
  const Attempt attempt = pool->run(task);
  ASSERT_TRUE(attempt.reply && *attempt.reply);
  EXPECT_EQ(attempt.output.size(), 5u);
}

}  // namespace
}  // namespace mapiguard
