// Guard options: those of the command line that several verbs share, and how they become GuardOptions.
//
// Thread promise: pure.
#pragma once

#include <mapiguard/guard.h>
#include "tools/mapiguard/options.h"

namespace mapiguard {

inline constexpr OptionSpec kTimeoutOption{"--timeout", "", "SECONDS",
                                           "time for one message, of the clock and of the processor (default 30)"};
inline constexpr OptionSpec kMemoryOption{"--memory", "", "MIB", "memory of one worker (default 1024)"};
inline constexpr OptionSpec kOutputLimitOption{"--output-limit", "", "MIB",
                                               "output of one message (default 4 times the input and 64)"};
inline constexpr OptionSpec kConverterOption{
    "--converter", "", "'CMD ARG...'",
    "guard this command instead of the built-in converter: message on standard input, "
    "mail on standard output; words are split as by a shell, nothing is expanded"};
inline constexpr OptionSpec kRejectExitOption{
    "--reject-exit", "", "LIST", "exit codes of CMD that mean \"damaged\", 1,65 for instance (default 65)"};

// The limits and the converter. Errors: usage.
Result<GuardOptions> guard_options_of(const VerbSpec& verb, const Arguments& arguments);

}  // namespace mapiguard
