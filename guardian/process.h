// Other processes: what /proc tells of them, and ending them.
//
// Thread promise: state_of, children_of: pure reads. end_children: of a single-threaded process.
#pragma once

#include <sys/types.h>

#include <vector>

namespace mapiguard {

// The state letter ("R" running, "S" sleeping, "T" stopped …), 0 when it cannot be read.
char state_of(pid_t pid);
inline bool is_stopped(char state) { return state == 'T' || state == 't'; }

// Seconds that it has spent on the CPU or waiting for one, as far as the kernel counts them; 0 when it does not.
double runnable_seconds(pid_t pid);

// Its children that still live or wait to be reaped; of a single-threaded process.
std::vector<pid_t> children_of(pid_t pid);

// Kills all our children, and theirs, and reaps them: their CPU time is counted as our children's then. As pid 1 of a
// namespace that is everybody else in it; else we must be a subreaper. Gives up after some seconds.
void end_children();

}  // namespace mapiguard
