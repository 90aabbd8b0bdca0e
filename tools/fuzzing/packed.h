// Packed: several byte strings in one, each with its u32 length (little-endian) before it, as errands take and give them.
//
// Thread promise: pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace mapiguard {

void pack(std::string& out, Bytes part);
// nullopt: it ends within a part, or has more than `most`. The parts point into `packed`.
std::optional<std::vector<Bytes>> unpack(Bytes packed, std::size_t most);

}  // namespace mapiguard
