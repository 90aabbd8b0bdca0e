#include "converter/read/noise.h"

#include <string>

namespace mapiguard {
namespace {

constexpr PropertyId kRtfCompressed = 0x1009, kHtml = 0x1013;
constexpr std::uint64_t kJudged = 4096;  // bytes at the head of a value

// NULs are neither text nor noise. Of random bytes a third are units that text does not have, or so seldom that one in
// eight is none.
bool is_utf16_noise(Bytes text) {
  std::size_t units = 0, odd = 0, pairs_of_ascii = 0;
  ByteCursor cursor(text);
  while (const auto unit = cursor.u16()) {
    if (*unit == 0) continue;
    const Script script = script_of(*unit);
    const unsigned low = *unit & 0xFF, high = *unit >> 8;
    ++units;
    odd += script == Script::none || script == Script::rare;
    pairs_of_ascii += low >= 0x20 && low < 0x7F && high >= 0x20 && high < 0x7F;
  }
  constexpr std::size_t kLeastUnits = 8;  // 8-bit text read as UTF-16 is CJK, of which both bytes are seldom ASCII
  return units == 0 || odd * 8 > units || (units >= kLeastUnits && pairs_of_ascii * 10 > units * 9);
}

bool is_narrow_noise(Bytes text) {
  constexpr unsigned kEscape = 0x1B;  // ISO-2022-JP
  std::size_t count = 0, odd = 0;
  for (const std::byte b : text) {
    const auto byte = std::to_integer<unsigned>(b);
    if (byte == 0) continue;
    const bool is_blank = (byte >= '\t' && byte <= '\r') || byte == kEscape;
    ++count;
    odd += (byte < 0x20 && !is_blank) || byte == 0x7F;
  }
  return count == 0 || odd * 8 > count;
}

bool is_rtf_noise(Bytes head) {
  ByteCursor cursor(head);
  cursor.skip(8);  // MS-OXRTFCP 2.1.3.1: two sizes
  constexpr std::uint32_t kLzfu = 0x75465A4C, kMela = 0x414C454D;
  const auto magic = cursor.u32();
  return magic && *magic != kLzfu && *magic != kMela;
}

bool has_utf16_mark(Bytes text) { return ByteCursor(text).u16() == 0xFEFF; }

}  // namespace

Script script_of(std::uint16_t unit) {
  if (unit == '\t' || unit == '\r' || unit == '\n' || (unit >= 0x20 && unit < 0x7F) || (unit >= 0xA0 && unit < 0x250))
    return Script::common;
  const auto is_between = [unit](std::uint16_t first, std::uint16_t end) { return unit >= first && unit < end; };
  if (is_between(0x2000, 0x2070) || is_between(0x20A0, 0x20C0)) return Script::common;  // punctuation, currencies
  if (is_between(0x370, 0x700) || is_between(0x900, 0x1000) || is_between(0x1E00, 0x2000) ||
      is_between(0x3000, 0x3400) || is_between(0x4E00, 0xA000) || is_between(0xAC00, 0xD7A4) ||
      is_between(0xFF00, 0xFFEF))
    return Script::other;
  // Of emoji the halves come in pairs; what else is here is seen in single letters.
  const bool is_rare = is_between(0x250, 0x370) || is_between(0x1000, 0x1E00) || is_between(0x2070, 0x3000) ||
                       is_between(0x3400, 0x4E00) || is_between(0xD7A4, 0xD800);
  return is_rare ? Script::rare : is_between(0xD800, 0xE000) ? Script::other : Script::none;
}

bool is_noise(const Property& property) {
  const Blob* blob = std::get_if<Blob>(&property.value);
  if (!blob || blob->empty()) return false;
  const std::string storage = blob->copy(0, kJudged);
  const Bytes head = as_bytes(storage);
  if (property.id == kRtfCompressed) return is_rtf_noise(head);
  if (property.type == static_cast<std::uint16_t>(PropertyType::unicode)) return is_utf16_noise(head);
  if (property.type == static_cast<std::uint16_t>(PropertyType::string8)) return is_narrow_noise(head);
  return property.id == kHtml && !has_utf16_mark(head) && is_narrow_noise(head);
}

}  // namespace mapiguard
