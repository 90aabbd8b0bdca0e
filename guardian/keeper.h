// Keeper: looks after one run of an external command (GuardOptions::converter). It stands between the supervisor and
// the command's namespaces: hands over stdin and stdout, keeps the last of stderr, sees to it that everything that the command
// started ends, empties its scratch folder, and reports.
//
// Thread promise: of the single-threaded forked process.
#pragma once

#include <sys/types.h>

#include <vector>

#include "guardian/init.h"
#include "guardian/scratch.h"
#include <mapiguard/guard.h>
#include <mapiguard/result.h>

namespace mapiguard {

// Forked by the nursery. Never returns.
[[noreturn]] void run_keeper(UniqueFd socket, pid_t nursery, Scratch& scratch, const CommandPlan& plan);

// The layers that a command gets on this host, found out by building them once. Errors: internal.
Result<std::vector<SandboxLayer>> probe_enclosure(const CommandPlan& plan);

}  // namespace mapiguard
