// Windows-1252 (reg_text.h).
#include <algorithm>
#include <array>

#include "base/text.h"
#include "tools/registry/reg_text.h"

namespace mapiguard {
namespace {

// 0x80 … 0x9F; the others are what they are in Latin-1.
constexpr std::array<char16_t, 32> kHigh = {
    0x20AC, 0xFFFD, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0xFFFD, 0x017D, 0xFFFD, 0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0xFFFD, 0x017E, 0x0178,
};

char ansi_of(char16_t unit) {
  if (unit < 0x80 || (unit >= 0xA0 && unit <= 0xFF)) return static_cast<char>(unit);
  const auto found = std::find(kHigh.begin(), kHigh.end(), unit);
  return found == kHigh.end() || unit == 0xFFFD ? '?' : static_cast<char>(0x80 + (found - kHigh.begin()));
}

}  // namespace

std::string utf8_of_ansi(std::string_view ansi) {
  std::string out;
  out.reserve(ansi.size());
  for (const char c : ansi) {
    const auto byte = static_cast<unsigned char>(c);
    append_utf8(out, byte >= 0x80 && byte < 0xA0 ? kHigh[byte - 0x80] : byte);
  }
  return out;
}

std::string ansi_of_utf8(std::string_view utf8) {
  const auto utf16 = utf16le_of(utf8);
  std::string out;
  ByteCursor cursor(utf16);
  while (const auto unit = cursor.u16()) {
    if (*unit >= 0xDC00 && *unit <= 0xDFFF) continue;  // one "?" a pair
    out.push_back(ansi_of(*unit));
  }
  return out;
}

}  // namespace mapiguard
