// Exit codes of several inputs: the worst counts.
//
// Thread promise: pure.
#pragma once

#include <array>

namespace mapiguard {

// From the worst to the best.
inline constexpr std::array kExitOrder = {78, 74, 73, 70, 64, 69, 75, 66, 65, 0};

constexpr int worst_exit(int a, int b) {
  for (const int code : kExitOrder)
    if (a == code || b == code) return code;
  return a != 0 ? a : b;
}
static_assert(worst_exit(75, 69) == 69 && worst_exit(0, 65) == 65 && worst_exit(66, 65) == 66 &&
              worst_exit(74, 78) == 78);

}  // namespace mapiguard
