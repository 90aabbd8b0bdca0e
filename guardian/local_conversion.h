// Isolation::none: the conversion in this process, for tests and comparisons. Nothing is guarded.
//
// Thread promise: from many threads, each with its own task.
#pragma once

#include <string>

#include "guardian/pool.h"

namespace mapiguard {

Attempt convert_here(const Task& task, const std::string& state_dir);

}  // namespace mapiguard
