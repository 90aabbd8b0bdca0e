// Guid: 16 bytes as they lie in a file, made from the text that the specifications print.
//
// Thread promise: plain values.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mapiguard::corpus {

struct Guid {
  std::array<std::uint8_t, 16> bytes{};
  friend auto operator<=>(const Guid&, const Guid&) = default;
  std::string_view chars() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
};

// "00020D0B-0000-0000-C000-000000000046": the first three groups are stored little-endian (MS-DTYP 2.3.4.2).
consteval Guid guid(std::string_view text) {
  constexpr std::size_t kPlace[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
  const auto digit = [](char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; };
  Guid result;
  std::size_t at = 0;
  for (std::size_t i = 0; i < 16; ++i, at += 2) {
    if (text[at] == '-') ++at;
    result.bytes[kPlace[i]] = static_cast<std::uint8_t>(digit(text[at]) << 4 | digit(text[at + 1]));
  }
  if (at != text.size()) throw "a GUID has 36 characters";
  return result;
}

}  // namespace mapiguard::corpus
