// Coverage of a plug-in: the functions that SanitizerCoverage calls, and what they counted.
// https://clang.llvm.org/docs/SanitizerCoverage.html: inline-8bit-counters, trace-pc-guard.
//
// Thread promise: of the single-threaded worker.
#pragma once

#include <cstdint>
#include <vector>

namespace mapiguard::coverage {

// Counters back to zero.
void forget();
// Features reached since then that were not told before: counter × 8 + bucket (1, 2, 3, 4–7, 8–15, 16–31, 32–127, 128–).
std::vector<std::uint32_t> news();

}  // namespace mapiguard::coverage
