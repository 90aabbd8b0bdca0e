// A delivery command: run with a mail on its standard input, with our environment, output and signals.
//
// Thread promise: once at a time.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <mapiguard/result.h>

namespace mapiguard {

// Its exit code; 128 + N when signal N ended it; 127 when it is not found, 126 when it cannot be run. A stop signal of
// ours is passed on to it. `stdin_fd` is read from where it stands; `feed`, where given, is run meanwhile. Errors:
// internal.
Result<int> run_delivery_command(const std::vector<std::string>& words, int stdin_fd,
                                 const std::function<void(pid_t)>& feed = {});

}  // namespace mapiguard
