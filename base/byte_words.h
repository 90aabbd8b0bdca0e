// Eight characters of a text looked at in one go. Most text is plain, so most of it is passed by without a look at each
// character.
//
// Thread promise: pure functions.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace mapiguard {

inline constexpr std::size_t kWordBytes = 8;
inline constexpr std::uint64_t kEachByte = 0x0101010101010101u, kHighBits = 0x80 * kEachByte;

inline std::uint64_t word_at(std::string_view text, std::size_t at) {  // at + 8 ≤ size
  std::uint64_t word;
  std::memcpy(&word, text.data() + at, kWordBytes);
  return word;
}

constexpr bool is_ascii_word(std::uint64_t word) { return (word & kHighBits) == 0; }
// No byte below the blank. Borrows come from such bytes alone, so the answer is exact.
constexpr bool has_no_control(std::uint64_t word) { return ((word - 0x20 * kEachByte) & ~word & kHighBits) == 0; }
// Blank to "~" alone. Bytes that carry in the sum are not ASCII, and seen as such.
constexpr bool is_printable_word(std::uint64_t word) {
  return has_no_control(word) && (((word + kEachByte) | word) & kHighBits) == 0;
}
constexpr bool holds(std::uint64_t word, char c) {
  const std::uint64_t difference = word ^ (kEachByte * static_cast<unsigned char>(c));
  return ((difference - kEachByte) & ~difference & kHighBits) != 0;
}

static_assert(is_printable_word(0x2020207E41424344) && !is_printable_word(0x202020207F202020));
static_assert(!is_printable_word(0x201F202020202020) && !is_printable_word(0x20202020202020FF));
static_assert(has_no_control(0xFF80202041424344) && !has_no_control(0x0D20202041424344));
static_assert(holds(0x2020203D20202020, '=') && !holds(0x3C3E3C3E3C3E3C3E, '='));

}  // namespace mapiguard
