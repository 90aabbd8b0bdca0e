// The verdict as a table: what the supervisor saw and what the worker said → one class.
#include <gtest/gtest.h>
#include <signal.h>

#include <functional>
#include <ostream>
#include <string>

#include "guardian/pool.h"

namespace mapiguard {
namespace {

constexpr int kKernel = SI_KERNEL;

Ending killed(int signal, int si_code = kKernel, int sender = 0) {
  Ending ending;
  ending.status = signal;
  ending.testimony.signal = signal;
  ending.testimony.si_code = si_code;
  ending.testimony.sender_pid = sender;
  ending.testimony.own_pid = 7;
  return ending;
}
Ending killed_silently(int signal) {
  Ending ending;
  ending.status = signal;
  return ending;
}
Ending exited(int code) {
  Ending ending;
  ending.exited = true;
  ending.status = code;
  return ending;
}
Ending timed_out(double cpu, double busy = 0, bool stopped = false) {
  Ending ending = killed_silently(SIGKILL);
  ending.timed_out = true;
  ending.cpu_seconds = cpu;
  ending.busy_share = busy;
  ending.stopped = stopped;
  return ending;
}
Ending with(Ending ending, const std::function<void(Ending&)>& change) {
  change(ending);
  return ending;
}
Ending external(Ending ending) {
  ending.external = true;
  ending.testimony = {};
  return ending;
}

struct Row {
  const char* name;
  Ending ending;
  DeathClass expected;
  bool timed_out_alone_before = false;
};
std::ostream& operator<<(std::ostream& out, const Row& row) { return out << row.name; }

constexpr std::uint64_t kMemory = 100 << 20;
constexpr unsigned kTimeout = 30;

using enum DeathClass;
const Row kRows[] = {
    {"SegmentationFault", killed(SIGSEGV, SEGV_MAPERR), crashed},
    {"BusError", killed(SIGBUS, BUS_ADRERR), crashed},
    {"DivisionByZero", killed(SIGFPE, FPE_INTDIV), crashed},
    {"IllegalInstruction", killed(SIGILL, ILL_ILLOPN), crashed},
    {"TrapWithoutMarker", killed(SIGTRAP), crashed},
    {"SegmentationFaultWithoutTestimony", killed_silently(SIGSEGV), crashed},
    {"FaultAtTheEndOfTheStack", with(killed(SIGSEGV, SEGV_MAPERR), [](Ending& e) { e.testimony.near_stack = true; }), stack_overflow},
    {"Abort", killed(SIGABRT, SI_TKILL, 7), aborted},
    {"AbortWithMarker", with(killed(SIGABRT, SI_TKILL, 7), [](Ending& e) { e.testimony.out_of_memory = true; }), out_of_memory},
    {"GlibOutOfMemory", with(killed(SIGTRAP), [](Ending& e) { e.testimony.out_of_memory = true; }), out_of_memory},
    {"NullFromMallocAtTheLimit", with(killed(SIGSEGV, SEGV_MAPERR), [](Ending& e) { e.testimony.out_of_memory = true; }), out_of_memory},
    {"CpuLimit", killed(SIGXCPU), cpu_limit},
    {"FileSizeLimitIsSentByItself", killed(SIGXFSZ, SI_USER, 7), output_limit},
    {"ForbiddenCall", with(killed(SIGSYS, 1), [](Ending& e) { e.testimony.system_call = 41; }), sandbox_violation},
    {"Exit0", exited(0), illegal_exit},
    {"Exit3", exited(3), illegal_exit},
    {"BadReply", with(killed_silently(SIGKILL), [](Ending& e) { e.bad_reply = true; }), bad_reply},
    {"BadReplyEvenWhenItExited", with(exited(0), [](Ending& e) { e.bad_reply = true; }), bad_reply},

    {"OperatorsTerm", killed(SIGTERM, SI_USER, 0), killed_by_operator},
    {"OperatorsInterrupt", killed(SIGINT, SI_USER, 0), killed_by_operator},
    {"OperatorsHangup", killed(SIGHUP, SI_USER, 4242), killed_by_operator},
    {"TermWithoutTestimony", killed_silently(SIGTERM), killed_by_operator},
    {"RealTimeSignal", killed_silently(SIGRTMIN + 3), killed_by_operator},
    {"OperatorsSegv", killed(SIGSEGV, SI_USER, 0), killed_by_operator},
    {"OperatorsAbort", killed(SIGABRT, SI_USER, 4242), killed_by_operator},
    {"OperatorsXcpu", killed(SIGXCPU, SI_USER, 0), killed_by_operator},
    {"OperatorsXfsz", killed(SIGXFSZ, SI_USER, 0), killed_by_operator},
    {"OperatorsQueuedSignal", killed(SIGTRAP, SI_QUEUE, 99), killed_by_operator},
    {"OperatorsSignalCannotPassForAFault", with(killed(SIGSEGV, SI_USER, 0), [](Ending& e) { e.testimony.signal = SIGABRT; }), crashed},
    {"BareKill", killed_silently(SIGKILL), unexplained_kill},
    {"BareKillWhateverTheTestimonySays", killed(SIGKILL, SI_USER, 7), unexplained_kill},

    {"TimedOutIdle", timed_out(0.01), unexplained_kill},
    {"TimedOutIdleForTheSecondTimeAlone", timed_out(0.01), hung, true},
    {"TimedOutWorking", timed_out(5), hung},
    {"TimedOutAtTheCpuLimit", timed_out(29), cpu_limit},
    {"TimedOutComputingOnABusyHost", timed_out(4, 0.97), cpu_limit},
    {"TimedOutStopped", timed_out(5, 0, true), unexplained_kill},
    {"TimedOutStoppedTwice", timed_out(0, 0, true), unexplained_kill, true},

    {"CommandSegv", external(killed(SIGSEGV)), crashed},
    {"CommandAbort", external(killed(SIGABRT)), aborted},
    {"CommandAbortNearItsMemoryLimit", with(external(killed(SIGABRT)), [](Ending& e) { e.peak_rss = 95 << 20; }), out_of_memory},
    {"CommandSegvNearItsMemoryLimit", with(external(killed(SIGSEGV)), [](Ending& e) { e.peak_rss = 90 << 20; }), out_of_memory},
    {"CommandKill", external(killed(SIGKILL)), unexplained_kill},
    {"CommandTerm", external(killed(SIGTERM)), killed_by_operator},
    {"CommandXcpu", external(killed(SIGXCPU)), cpu_limit},
    {"CommandXfsz", external(killed(SIGXFSZ)), output_limit},
    {"CommandSys", external(killed(SIGSYS)), sandbox_violation},
    {"CommandExit7", external(exited(7)), illegal_exit},
    {"CommandExitsWhenItsOutputIsFull", with(external(exited(1)), [](Ending& e) { e.output_full = true; }), output_limit},
    {"CommandWithoutOutput", with(external(exited(0)), [](Ending& e) { e.bad_reply = true; }), bad_reply},
    {"CommandTimedOutIdle", external(timed_out(0)), unexplained_kill},
    {"CommandTimedOutWorking", external(timed_out(3)), hung},
    {"CommandTimedOutWithFullOutput", with(external(timed_out(3)), [](Ending& e) { e.output_full = true; }), hung},
};

class Judging : public ::testing::TestWithParam<Row> {};

TEST_P(Judging, GivesItsClass) {
  GuardOptions options;
  options.timeout_seconds = kTimeout;
  options.memory_bytes = kMemory;
  const Verdict verdict = judge(GetParam().ending, options, GetParam().timed_out_alone_before);
  EXPECT_EQ(name_of(verdict.death), name_of(GetParam().expected)) << verdict.detail;
  EXPECT_FALSE(verdict.detail.empty() && !GetParam().ending.bad_reply);
  EXPECT_FALSE(verdict.charged);
  EXPECT_EQ(verdict.signal.has_value(), !GetParam().ending.exited && !GetParam().ending.bad_reply);
}

INSTANTIATE_TEST_SUITE_P(All, Judging, ::testing::ValuesIn(kRows), [](const auto& row) { return std::string(row.param.name); });

TEST(Judge, ForbiddenCallIsNamed) {
  Ending ending = killed(SIGSYS, 1);
  ending.testimony.system_call = 41;
  EXPECT_NE(judge(ending, {}, false).detail.find("41"), std::string::npos);
}

TEST(Judge, SameStackGivesTheSameHashAndAnotherAnother) {
  Ending one = killed(SIGSEGV, SEGV_MAPERR);
  one.testimony.stack = {0x10, 0x20, 0x30};
  Ending other = one;
  other.testimony.fault_address = 0x1234;  // the data may differ
  EXPECT_EQ(judge(one, {}, false).stack, judge(other, {}, false).stack);
  EXPECT_EQ(judge(one, {}, false).stack.size(), 16u);
  other.testimony.stack[1] = 0x21;
  EXPECT_NE(judge(one, {}, false).stack, judge(other, {}, false).stack);
}

TEST(Judge, WithoutAStackThereIsNoHash) { EXPECT_EQ(judge(killed_silently(SIGKILL), {}, false).stack, ""); }

}  // namespace
}  // namespace mapiguard
