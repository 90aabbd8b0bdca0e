// Verdict: how a worker ended. One class, set once, decided by the guardian from the wait status, the
// worker's testimony and the supervisor's own log of what it killed.
//
// Thread promise: plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mapiguard {

enum class DeathClass : std::uint8_t {
  // Charged against the message that was being converted:
  crashed,            // SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP raised by the kernel
  aborted,            // abort(), failed assertion, uncaught exception
  stack_overflow,     // SIGSEGV at the edge of the stack
  out_of_memory,      // the memory limit of the worker was reached
  cpu_limit,          // the CPU seconds were used up
  hung,               // wall time over, and the worker was working (or was alone and it happened again)
  output_limit,       // more output than allowed
  sandbox_violation,  // a system call that a converter has no business making
  illegal_exit,       // exit() from inside the conversion
  bad_reply,          // the reply breaks the protocol
  // Not charged; the message is run again alone:
  killed_by_operator,  // a signal that somebody else sent
  unexplained_kill,    // SIGKILL nobody accounts for (an operator, or the kernel short of memory)
  supervisor_died,     // we were killed ourselves while the message was in flight
};
inline constexpr std::size_t kDeathClasses = 13;

constexpr std::string_view name_of(DeathClass death) {
  constexpr std::string_view kNames[kDeathClasses] = {
      "crashed", "aborted", "stack_overflow", "out_of_memory", "cpu_limit", "hung", "output_limit",
      "sandbox_violation", "illegal_exit", "bad_reply", "killed_by_operator", "unexplained_kill", "supervisor_died"};
  return kNames[static_cast<std::size_t>(death)];
}

constexpr bool is_chargeable(DeathClass death) { return death < DeathClass::killed_by_operator; }

// nullopt for a name that is none of the classes.
constexpr std::optional<DeathClass> death_class_named(std::string_view name) {
  for (std::size_t i = 0; i < kDeathClasses; ++i)
    if (name_of(static_cast<DeathClass>(i)) == name) return static_cast<DeathClass>(i);
  return std::nullopt;
}

struct Verdict {
  DeathClass death = DeathClass::crashed;
  bool charged = false;
  std::optional<int> signal;  // that ended the worker
  std::string detail;         // one sentence for the administrator, from trusted facts alone
  std::string stack;          // hash that groups deaths of one kind, "" = unknown
};

}  // namespace mapiguard
