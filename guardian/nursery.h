// Nursery: the small, warm, single-threaded process that forks workers, reaps them and tells the supervisor how they ended.
//
// It lives as long as its control socket (kControlFd) and the supervisor's thread that started it. What it reads comes from
// the supervisor alone.
#pragma once

#include "guardian/worker.h"

namespace mapiguard {

// The main function of `mapiguard-worker --nursery`.
int run_nursery(const Skills& skills);

}  // namespace mapiguard
