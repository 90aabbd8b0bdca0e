// Init: pid 1 of a pid namespace. It ignores what is sent to it from inside, and everything in its namespace ends with it.
//
// Thread promise: of the single-threaded forked process.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "guardian/descriptor.h"
#include "guardian/sandbox.h"

namespace mapiguard {

// Of the workers' namespace: only waits until `socket` is hung up. Says one byte first, when it is locked down like a worker;
// the nursery takes that as the proof that workers will be.
[[noreturn]] void run_init(UniqueFd socket, pid_t nursery, SystemCallFilter& filter);

// What an external command is and may do.
struct CommandPlan {
  std::vector<std::string> argv;
  std::vector<std::string> environment;
  std::string scratch;  // its working directory, its HOME and TMPDIR
  std::uint64_t memory_bytes = 0;
  std::uint32_t cpu_seconds = 0;
};

// What the keeper tells the command's init: start it, with stdin, stdout and stderr as descriptors, and one for the evidence
// of its death where that is wanted (evidence.h).
struct CommandStart {
  std::uint64_t output_limit = 0;
};
// What the init tells the keeper when the command itself has ended; what it left behind ends with the init.
struct CommandEnd {
  std::int32_t exec_error = 0;
  std::int32_t wait_status = 0;
};

// Of an external command's namespaces. First sends a NurseryNews with the layers achieved (or why it cannot serve), then
// awaits a CommandStart, runs the command as its child, sends a CommandEnd and exits.
[[noreturn]] void run_command_init(UniqueFd socket, pid_t keeper, const CommandPlan& plan);

}  // namespace mapiguard
