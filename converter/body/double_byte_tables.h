// Tables of the code pages that glibc knows and we do not list: double-byte pages and EBCDIC. The build makes them of
// its machine's iconv (tools/make-charset-tables), so that a worker needs no codec
// (docs/decisions/double-byte-tables.md).
//
// Thread promise: constants.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "converter/body/charset_table.h"

namespace mapiguard {

// What two bytes stand for, row after row of leads. A unit is a character of plane 2 where the bit of its number is set
// in `plane2` (empty: none is), else one of plane 0; U+0000 is none at all, and a surrogate U+D800 + n the two
// characters of pair n.
struct DoubleByteTable {
  std::string_view prefix;  // stands before the lead: 8F in EUC-JP, 8E A1 … 8E B0 in EUC-TW
  std::uint8_t first_lead;
  std::uint8_t last_lead;
  std::uint8_t first_trail;
  std::uint8_t last_trail;
  std::u16string_view units;
  std::span<const std::uint8_t> plane2;
};

// GB18030's four-byte characters, which are numbered from 81 30 81 30 on: `first` and the `count` behind it are
// `code_point` and those behind it.
struct FourByteRange {
  std::uint32_t first;
  std::uint32_t count;
  char32_t code_point;
};

struct GlibcPage {
  std::u16string_view single;  // bytes 0x80 … 0xFF where the page has ASCII below, else all; U+0000 is none
  std::span<const DoubleByteTable> tables;  // the one without prefix first
  std::span<const FourByteRange> four_bytes;
};

struct CharacterPair {
  char32_t first;
  char32_t second;
};

// The table of a page of Decoder::glibc.
const GlibcPage& glibc_page(const CodePage& page);
// Pair `number` of a unit U+D800 + number.
const CharacterPair& glibc_pair(std::size_t number);

// The number of a four-byte character of GB18030; its bytes are 81 … FE, 30 … 39, 81 … FE, 30 … 39.
constexpr std::uint32_t four_byte_number(const std::uint8_t (&bytes)[4]) {
  return (((bytes[0] - 0x81u) * 10 + (bytes[1] - 0x30u)) * 126 + (bytes[2] - 0x81u)) * 10 + (bytes[3] - 0x30u);
}

}  // namespace mapiguard
