// Nearest: which known word somebody most likely meant.
//
// Thread promise: pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mapiguard {

// The known word closest to `given`, "" when none is close enough to be worth suggesting.
std::string nearest_word(std::string_view given, const std::vector<std::string>& known);

}  // namespace mapiguard
