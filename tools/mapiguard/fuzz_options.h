// Fuzz options: what `fuzz` and `minimize` share: the target and its limits.
//
// Thread promise: pure.
#pragma once

#include <string>

#include "tools/mapiguard/guard_options.h"

namespace mapiguard {

inline constexpr OptionSpec kPluginOption{"--plugin", "", "LIB.so", "a shared library that exports LLVMFuzzerTestOneInput, instead of a converter"};
inline constexpr OptionSpec kFuzzTimeoutOption{"--timeout", "", "SECONDS", "time for one input, of the clock and of the processor (default 5)"};

struct FuzzRequest {
  GuardOptions guard;
  std::string plugin;  // absolute, "" = none
};

// Errors: usage (both a converter and a plug-in, bad numbers), cannot_open (no such plug-in).
Result<FuzzRequest> fuzz_request_of(const VerbSpec& verb, const Arguments& arguments);

}  // namespace mapiguard
