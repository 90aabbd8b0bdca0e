// The verdict: one class for each ending. What the supervisor did and what the kernel says come first; the worker's own
// testimony decides only what these leave open.
#include <signal.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>

#include "guardian/limits.h"
#include "guardian/pool.h"

namespace mapiguard {
namespace {

std::string signal_name(int signal) {
  const char* name = ::sigabbrev_np(signal);
  return name ? "SIG" + std::string(name) : "signal " + std::to_string(signal);
}

template <class... Values>
std::string text(const char* format, Values... values) {
  char buffer[256];
  std::snprintf(buffer, sizeof buffer, format, values...);
  return buffer;
}

Verdict verdict(DeathClass death, std::string detail) {
  Verdict given;
  given.death = death;
  given.detail = std::move(detail);
  return given;
}

// Signals that a program's own fault raises; all others come from somebody.
constexpr bool is_fault(int signal) {
  constexpr std::array kFaults{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS, SIGXCPU, SIGXFSZ};
  return std::ranges::find(kFaults, signal) != kFaults.end();
}

// Testimony that this very signal was sent by another process.
bool was_sent_by_other(const Ending& ending) {
  const Testimony& said = ending.testimony;
  const bool by_process = said.si_code == SI_USER || said.si_code == SI_QUEUE || said.si_code == SI_TKILL;
  return said.signal == ending.status && by_process && said.sender_pid != said.own_pid;
}

bool has_worked(const Ending& ending, const GuardOptions& options) {
  return ending.cpu_seconds >= std::min(kWorkedSeconds, kWorkedShare * options.timeout_seconds);
}

Verdict judge_timeout(const Ending& ending, const GuardOptions& options, bool timed_out_alone_before) {
  const unsigned limit = options.timeout_seconds;
  if (ending.stopped) return verdict(DeathClass::unexplained_kill, text("it had been stopped, and was ended at the time limit of %u s", limit));
  if (ending.cpu_seconds >= kNearCpuLimit * limit)
    return verdict(DeathClass::cpu_limit, text("it used up its %u s of CPU (%.1f s)", limit, ending.cpu_seconds));
  if (ending.busy_share >= kAlwaysBusy)
    return verdict(DeathClass::cpu_limit, text("it did nothing but compute until its %u s were over (%.1f s of CPU)", limit, ending.cpu_seconds));
  if (has_worked(ending, options))
    return verdict(DeathClass::hung, text("it was not ready after %u s, of which it used %.2f s of CPU", limit, ending.cpu_seconds));
  if (timed_out_alone_before)
    return verdict(DeathClass::hung, text("it was not ready after %u s without working, alone and for the second time", limit));
  return verdict(DeathClass::unexplained_kill, text("it was not ready after %u s but had not been working (%.2f s of CPU)", limit, ending.cpu_seconds));
}

Verdict judge_exit(const Ending& ending) {
  return verdict(DeathClass::illegal_exit, text(ending.external ? "the command ended with exit code %d" : "it left the conversion with exit code %d", ending.status));
}

bool is_memory_used_up(const Ending& ending, const GuardOptions& options) {
  if (!ending.external) return ending.testimony.out_of_memory;
  return static_cast<double>(ending.peak_rss) >= kNearMemoryLimit * static_cast<double>(options.memory_bytes);
}

std::string memory_detail(const GuardOptions& options) {
  return text("it reached its memory limit of %llu MiB", static_cast<unsigned long long>(options.memory_bytes >> 20));
}

Verdict judge_crash(const Ending& ending, const GuardOptions& options) {
  const bool memory = is_memory_used_up(ending, options);
  if (!ending.external && ending.status == SIGSEGV && ending.testimony.near_stack)
    return verdict(DeathClass::stack_overflow, "it ran over the end of its stack (SIGSEGV)");
  if (memory) return verdict(DeathClass::out_of_memory, memory_detail(options) + " (" + signal_name(ending.status) + ")");
  if (ending.status == SIGABRT) return verdict(DeathClass::aborted, "it gave up: abort(), a failed assertion or an uncaught exception (SIGABRT)");
  return verdict(DeathClass::crashed, "it crashed with " + signal_name(ending.status));
}

Verdict judge_violation(const Ending& ending) {
  const int call = ending.external ? -1 : ending.testimony.system_call;
  return verdict(DeathClass::sandbox_violation,
                 call < 0 ? std::string("it made a system call that is forbidden (SIGSYS)") : text("it made the forbidden system call %d", call));
}

Verdict judge_signal(const Ending& ending, const GuardOptions& options) {
  const int signal = ending.status;
  if (signal == SIGKILL)
    return verdict(DeathClass::unexplained_kill,
                   "it was killed (SIGKILL) by somebody else than us, or by a kernel short of memory" + (ending.detail.empty() ? "" : "; " + ending.detail));
  if (!is_fault(signal) || (!ending.external && was_sent_by_other(ending)))
    return verdict(DeathClass::killed_by_operator, "somebody sent it " + signal_name(signal));
  switch (signal) {
    case SIGXCPU: return verdict(DeathClass::cpu_limit, text("it used up its %u s of CPU", options.timeout_seconds));
    case SIGXFSZ: return verdict(DeathClass::output_limit, "it wrote more output than allowed");
    case SIGSYS: return judge_violation(ending);
    default: return judge_crash(ending, options);
  }
}

// Groups deaths of one kind: the signal and the innermost addresses, told as offsets in their modules.
std::string stack_hash(const Ending& ending) {
  constexpr std::size_t kInnermost = 8;
  const Testimony& said = ending.testimony;
  if (ending.external || said.stack.empty()) return {};
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  const auto mix = [&](std::uint64_t value) {
    for (unsigned i = 0; i < 8; ++i) hash = (hash ^ (value >> 8 * i & 0xFF)) * 0x100000001b3;
  };
  mix(static_cast<std::uint64_t>(said.signal));
  for (std::size_t i = 0; i < std::min(kInnermost, said.stack.size()); ++i) mix(said.stack[i]);
  return text("%016llx", static_cast<unsigned long long>(hash));
}

}  // namespace

Verdict judge(const Ending& ending, const GuardOptions& options, bool timed_out_alone_before) {
  Verdict given = ending.bad_reply   ? verdict(DeathClass::bad_reply, ending.detail)
                  : ending.timed_out ? judge_timeout(ending, options, timed_out_alone_before)
                  : ending.exited    ? judge_exit(ending)
                                     : judge_signal(ending, options);
  // An external command that wrote until nothing more went in says so with whatever exit code it has for write errors.
  if (ending.external && ending.output_full && !ending.timed_out) given = verdict(DeathClass::output_limit, "its output reached the limit");
  if (!ending.exited && !ending.bad_reply) given.signal = ending.status;
  given.stack = stack_hash(ending);
  return given;
}

}  // namespace mapiguard
