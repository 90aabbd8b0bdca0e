// What an external command is given before any message: its arguments, environment, and where its scratch folders may be.
//
// Thread promise: pure but for reading the environment and the working directory.
#pragma once

#include <string>

#include "guardian/wire.h"
#include <mapiguard/guard.h>
#include <mapiguard/result.h>

namespace mapiguard {

// Errors: usage (no command, or more than fits).
Result<void> check_command(const ExternalConverter& command);

// Fills the order's command, environment and scratch folders. A program named by a relative path is meant as seen from the
// caller's working directory, which the command does not share.
void describe_command(NurseryOrder& order, const ExternalConverter& command, const std::string& state_dir);

}  // namespace mapiguard
