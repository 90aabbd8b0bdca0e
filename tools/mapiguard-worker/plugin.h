// A plug-in: a shared library that exports LLVMFuzzerTestOneInput, as every libFuzzer target can be built
// (clang -shared -fPIC -fsanitize=fuzzer-no-link). It is loaded by the nursery and called in its workers.
//
// The library's coverage counters (SanitizerCoverage, inline 8-bit counters or guards) are read after each input: the
// errand's output is a list of little-endian u32 features, (counter × 8 + bucket of its count), that this worker has not
// told before.
//
// Thread promise: of the single-threaded nursery and worker.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include <mapiguard/convert.h>
#include <mapiguard/result.h>

namespace mapiguard {

// Errors: cannot_open, with what the loader says.
Result<void> load_plugin(const std::string& path);

Result<void> run_plugin(Bytes input, std::string_view argument, OutputSink& out);

}  // namespace mapiguard
