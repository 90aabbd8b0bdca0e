// Test case: the source of a GoogleTest case that feeds an input to a fuzz target's function, ready to be compiled.
//
// Thread promise: pure.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"

namespace mapiguard {

// `group`: what the input dies of ("crashed-5d41402abc4b"), part of the test's name. The case calls
// LLVMFuzzerTestOneInput(), which any fuzz target defines.
std::string test_case_source(Bytes input, std::string_view group, std::string_view detail);

}  // namespace mapiguard
