#include "tools/fuzzing/packed.h"

#include <cstdint>

namespace mapiguard {

void pack(std::string& out, Bytes part) {
  const auto size = static_cast<std::uint32_t>(part.size());
  for (unsigned shift = 0; shift < 32; shift += 8) out.push_back(static_cast<char>(size >> shift & 0xFF));
  out.append(as_chars(part));
}

std::optional<std::vector<Bytes>> unpack(Bytes packed, std::size_t most) {
  std::vector<Bytes> parts;
  for (ByteCursor cursor(packed); !cursor.at_end();) {
    const auto size = cursor.take(4);
    if (!size || parts.size() == most) return std::nullopt;
    std::uint32_t length = 0;
    for (unsigned i = 0; i < 4; ++i) length |= std::to_integer<std::uint32_t>((*size)[i]) << 8 * i;
    const auto part = cursor.take(length);
    if (!part) return std::nullopt;
    parts.push_back(*part);
  }
  return parts;
}

}  // namespace mapiguard
