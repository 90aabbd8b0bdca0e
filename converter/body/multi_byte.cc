#include "converter/body/multi_byte.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "base/byte_words.h"
#include "base/text.h"
#include "converter/body/double_byte_tables.h"
#include "converter/body/put_utf8.h"

namespace mapiguard {
namespace {

constexpr char32_t kReplacement = 0xFFFD;
constexpr std::size_t kMostGrowth = 3;  // UTF-8 bytes that one byte of a page of glibc's can become

unsigned byte_at(std::string_view bytes, std::size_t i) { return static_cast<unsigned char>(bytes[i]); }

struct Character {
  char32_t code_point;
  std::size_t bytes;
  char32_t second = 0;  // it may be two
};

constexpr bool is_surrogate(char32_t unit) { return unit >= 0xD800 && unit <= 0xDFFF; }

// The code point of a pair of bytes, or the surrogate that stands for two; 0 for none.
inline char32_t unit_of(const DoubleByteTable& table, unsigned lead, unsigned trail) {
  const unsigned row = lead - table.first_lead;  // beyond all rows when it is negative
  const unsigned column = trail - table.first_trail;
  const unsigned columns = table.last_trail - table.first_trail + 1u;
  if (row > static_cast<unsigned>(table.last_lead - table.first_lead) || column >= columns) return 0;
  const std::size_t cell = row * columns + column;
  const bool is_in_plane2 = !table.plane2.empty() && (table.plane2[cell / 8] >> cell % 8 & 1);
  return table.units[cell] + (is_in_plane2 ? 0x20000u : 0u);
}

std::optional<Character> in_table(const DoubleByteTable& table, std::string_view rest) {
  const std::size_t ahead = table.prefix.size();
  if (rest.size() < ahead + 2 || !rest.starts_with(table.prefix)) return std::nullopt;
  const char32_t unit = unit_of(table, byte_at(rest, ahead), byte_at(rest, ahead + 1));
  if (unit == 0) return std::nullopt;
  if (!is_surrogate(unit)) return Character{unit, ahead + 2};
  const CharacterPair& pair = glibc_pair(unit - 0xD800);
  return Character{pair.first, ahead + 2, pair.second};
}

std::optional<Character> of_four_bytes(std::span<const FourByteRange> ranges, std::string_view rest) {
  if (rest.size() < 4) return std::nullopt;
  std::uint8_t bytes[4];
  std::memcpy(bytes, rest.data(), 4);
  const auto is_lead = [](unsigned byte) { return byte >= 0x81 && byte <= 0xFE; };
  const auto is_digit = [](unsigned byte) { return byte >= 0x30 && byte <= 0x39; };
  if (!is_lead(bytes[0]) || !is_digit(bytes[1]) || !is_lead(bytes[2]) || !is_digit(bytes[3])) return std::nullopt;
  const std::uint32_t number = four_byte_number(bytes);
  const auto behind = std::upper_bound(ranges.begin(), ranges.end(), number,
                                       [](std::uint32_t n, const FourByteRange& range) { return n < range.first; });
  if (behind == ranges.begin() || number - behind[-1].first >= behind[-1].count) return std::nullopt;
  return Character{behind[-1].code_point + (number - behind[-1].first), 4};
}

// The character of two bytes or more at the head of `rest`.
std::optional<Character> in_page(const GlibcPage& page, std::string_view rest) {
  for (const DoubleByteTable& table : page.tables)
    if (const auto found = in_table(table, rest)) return found;
  return page.four_bytes.empty() ? std::nullopt : of_four_bytes(page.four_bytes, rest);
}

// Windows code page 950 puts its user-defined characters into the private use area in four stretches of 157 columns
// (bestfit950.txt): trails 0x40–0x7E, then 0xA1–0xFE.
std::optional<char32_t> big5_user_defined(unsigned lead, unsigned trail) {
  struct Stretch {
    unsigned first, last, base;
  };
  constexpr Stretch kStretches[] = {{0x81, 0x8D, 0xEEB8}, {0x8E, 0xA0, 0xE311}, {0xFA, 0xFE, 0xE000}};
  const bool low = trail >= 0x40 && trail <= 0x7E;
  if (!low && !(trail >= 0xA1 && trail <= 0xFE)) return std::nullopt;
  const unsigned column = low ? trail - 0x40 : trail - 0xA1 + 63;
  for (const Stretch& stretch : kStretches)
    if (lead >= stretch.first && lead <= stretch.last) return stretch.base + (lead - stretch.first) * 157 + column;
  return std::nullopt;
}

// What Windows has and glibc's codec lacks, at the head of `rest`.
std::optional<Character> windows_extra(std::uint32_t codepage, std::string_view rest) {
  const unsigned lead = byte_at(rest, 0);
  const unsigned trail = rest.size() > 1 ? byte_at(rest, 1) : 0;
  switch (codepage) {
    case 932:
      if (lead == 0xA0) return Character{0x00A0, 1};
      if (lead >= 0xFD) return Character{0xF8F1 + (lead - 0xFD), 1};
      return std::nullopt;
    case 936:
    case 54936: return lead == 0x80 ? std::optional(Character{0x20AC, 1}) : std::nullopt;
    case 949:  // rows C9 and FE are user-defined
      if ((lead == 0xC9 || lead == 0xFE) && trail >= 0xA1 && trail <= 0xFE)
        return Character{(lead == 0xC9 ? 0xE000u : 0xE05Eu) + (trail - 0xA1), 2};
      return std::nullopt;
    case 950:
    case 951:
      if (const auto c = big5_user_defined(lead, trail)) return Character{*c, 2};
      return std::nullopt;
    default: return std::nullopt;
  }
}

// What stands for the bytes at the head of `rest` that glibc's page does not have. WHATWG: an ASCII trail is not
// swallowed with its lead.
Character instead_of(std::uint32_t codepage, std::string_view rest, bool& damaged) {
  // Hong Kong's supplement fills the holes of code page 950.
  if (codepage == 950)
    if (const auto found = in_page(glibc_page(*find_code_page(951)), rest)) return *found;
  if (const auto extra = windows_extra(codepage, rest)) return *extra;
  damaged = true;
  const bool is_double = length_by_lead(codepage, static_cast<unsigned char>(rest[0])) > 1;
  return {kReplacement, is_double && rest.size() > 1 && byte_at(rest, 1) >= 0x80 ? 2u : 1u};
}

char* put_character(char* to, char32_t c) {
  if (c >= 0x80) return put_utf8(to, c);
  *to++ = static_cast<char>(c);
  return to;
}

// Goes through bytes of one page; what is written has room for all of it.
class PageReader {
 public:
  PageReader(const CodePage& codepage, bool& damaged)
      : codepage_(codepage), page_(glibc_page(codepage)), damaged_(damaged) {}

  // The place behind what was written. The tables are copied: what is written could be they, for all the compiler
  // knows.
  char* read(std::string_view bytes, char* to) {
    const std::u16string_view single = page_.single;
    const DoubleByteTable main = page_.tables.empty() ? kNoTable : page_.tables.front();
    const auto above_ascii = static_cast<unsigned>(256 - single.size());  // 0 in EBCDIC
    const char* const end = bytes.data() + bytes.size();
    for (const char* at = bytes.data(); at < end;) {
      const unsigned lead = static_cast<unsigned char>(*at);
      if (lead < above_ascii) {
        copy_ascii(at, end, to);
      } else if (const char32_t c = single[lead - above_ascii]; c || lead == 0) {
        to = put_character(to, c);
        ++at;
      } else if (const char32_t unit = end - at > 1 ? unit_of(main, lead, static_cast<unsigned char>(at[1])) : 0;
                 unit && !is_surrogate(unit)) {
        to = put_utf8(to, unit);
        at += 2;
      } else {
        to = read_rare({at, end}, to, at);
      }
    }
    return to;
  }

 private:
  static constexpr DoubleByteTable kNoTable{{}, 1, 0, 1, 0, {}, {}};

  // Some at a time, from an ASCII byte on.
  static void copy_ascii(const char*& at, const char* end, char*& to) {
    std::uint64_t eight = kHighBits;
    if (end - at >= 8) std::memcpy(&eight, at, 8);
    const std::ptrdiff_t count = eight & kHighBits ? 1 : 8;
    std::memcpy(to, at, static_cast<std::size_t>(count));
    at += count;
    to += count;
  }

  // What is not in the table without prefix, or is two characters there, or in none; `at` is moved behind it.
  char* read_rare(std::string_view rest, char* to, const char*& at) {
    const auto found = in_page(page_, rest);
    const Character character = found ? *found : instead_of(codepage_.number, rest, damaged_);
    to = put_utf8(to, character.code_point);
    if (character.second) to = put_utf8(to, character.second);
    at += character.bytes;
    return to;
  }

  const CodePage& codepage_;
  const GlibcPage& page_;
  bool& damaged_;
};

// Text in escape-switched sets, rewritten to the 8-bit form of the same sets while the escapes are read away.
struct Plane {
  bool shifted = false;  // the current set is a 94×94 one
  unsigned prefix = 0;   // EUC's SS2 (0x8E) or SS3 (0x8F) before each character
  bool single = false;   // JIS X 0201 katakana: one byte a character
};

struct Escape {
  std::string_view sequence;
  Plane plane;
};
constexpr Escape kEscapes[] = {
    {"\x1B(B", {}},
    {"\x1B(J", {}},
    {"\x1B(I", {true, 0x8E, true}},
    {"\x1B$@", {true, 0, false}},
    {"\x1B$B", {true, 0, false}},
    {"\x1B$(B", {true, 0, false}},
    {"\x1B$(D", {true, 0x8F, false}},
    {"\x1B$(Q", {true, 0, false}},  // JIS X 0213, whose plane 1 holds JIS X 0208
};

const Escape* escape_at(std::string_view rest) {
  for (const Escape& escape : kEscapes)
    if (rest.starts_with(escape.sequence)) return &escape;
  return nullptr;
}

void decode_as(std::uint32_t codepage, std::string_view bytes, std::string& out, bool& damaged) {
  decode_by_glibc_table(bytes, *find_code_page(codepage), out, damaged);
}

}  // namespace

unsigned length_by_lead(std::uint32_t codepage, unsigned char lead) {
  if (lead < 0x80) return 1;
  switch (codepage) {
    case 932:
    case 10001: return (lead >= 0x81 && lead <= 0x9F) || (lead >= 0xE0 && lead <= 0xFC) ? 2 : 1;
    case 936:
    case 949:
    case 950:
    case 951:
    case 54936:
    case 10002:
    case 10003:
    case 10008: return lead >= 0x81 && lead <= 0xFE ? 2 : 1;
    case 20936:
    case 20949:
    case 51936:
    case 51949:
    case 20000: return lead >= 0xA1 && lead <= 0xFE ? 2 : 1;
    case 1361: return (lead >= 0x84 && lead <= 0xD3) || (lead >= 0xD8 && lead <= 0xF9) ? 2 : 1;
    case 20932:
    case 51932: return lead == 0x8F ? 3 : lead == 0x8E || lead >= 0xA1 ? 2 : 1;
    case 51950: return lead == 0x8E ? 4 : lead >= 0xA1 ? 2 : 1;
    case 65001: return lead >= 0xF0 && lead <= 0xF4 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 && lead <= 0xDF ? 2 : 1;
    default: return 1;
  }
}

void decode_by_glibc_table(std::string_view bytes, const CodePage& page, std::string& out, bool& damaged) {
  const std::size_t ahead = out.size();
  out.resize_and_overwrite(ahead + bytes.size() * kMostGrowth, [&](char* data, std::size_t) {
    return static_cast<std::size_t>(PageReader(page, damaged).read(bytes, data + ahead) - data);
  });
}

void decode_iso2022_jp(std::string_view bytes, std::string& out, bool& damaged) {
  std::string euc;
  euc.reserve(bytes.size() + bytes.size() / 2);
  Plane plane;
  for (std::size_t i = 0; i < bytes.size();) {
    const unsigned byte = byte_at(bytes, i);
    if (byte == 0x1B) {
      const Escape* escape = escape_at(bytes.substr(i));
      if (escape) plane = escape->plane;
      damaged = damaged || !escape;
      i += escape ? escape->sequence.size() : 1;
      continue;
    }
    if (byte == 0x0E || byte == 0x0F) {  // SO and SI switch to katakana and back (code page 50222)
      plane = byte == 0x0E ? Plane{true, 0x8E, true} : Plane{};
      ++i;
      continue;
    }
    if (byte == '\n' || byte == '\r') plane = {};  // each line begins in ASCII (RFC 1468)
    const bool pair = plane.shifted && !plane.single && byte > 0x20 && byte < 0x7F && i + 1 < bytes.size() &&
                      byte_at(bytes, i + 1) > 0x20 && byte_at(bytes, i + 1) < 0x7F;
    const bool kana = (plane.shifted && plane.single && byte > 0x20 && byte < 0x60) || (byte >= 0xA1 && byte <= 0xDF);
    if ((pair || kana) && (plane.prefix || kana)) euc += static_cast<char>(kana ? 0x8E : plane.prefix);
    if (pair || kana) euc += static_cast<char>(byte | 0x80);
    if (pair) euc += static_cast<char>(byte_at(bytes, i + 1) | 0x80);
    if (!pair && !kana) euc += static_cast<char>(byte < 0x80 && (!plane.shifted || byte <= 0x20) ? byte : 0xFF);
    i += pair ? 2 : 1;
  }
  decode_as(51932, euc, out, damaged);
}

void decode_iso2022_kr(std::string_view bytes, std::string& out, bool& damaged) {
  constexpr std::string_view kDesignator = "\x1B$)C";
  std::string euc;
  euc.reserve(bytes.size());
  bool shifted = false;
  for (std::size_t i = 0; i < bytes.size();) {
    if (bytes.substr(i).starts_with(kDesignator)) {
      i += kDesignator.size();
      continue;
    }
    const unsigned byte = byte_at(bytes, i++);
    if (byte == 0x0E || byte == 0x0F) {
      shifted = byte == 0x0E;
      continue;
    }
    if (byte == '\n') shifted = false;
    euc += static_cast<char>(shifted && byte > 0x20 && byte < 0x7F ? byte | 0x80 : byte);
  }
  decode_as(949, euc, out, damaged);
}

void decode_hz(std::string_view bytes, std::string& out, bool& damaged) {
  std::string gb;
  gb.reserve(bytes.size());
  bool shifted = false;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const unsigned byte = byte_at(bytes, i);
    const char next = i + 1 < bytes.size() ? bytes[i + 1] : '\0';
    if (byte == '~' && (next == '{' || next == '}' || next == '~' || next == '\n')) {  // RFC 1843
      if (next == '~') gb += '~';
      shifted = next == '{' || (shifted && next != '}' && next != '\n');
      ++i;
      continue;
    }
    if (byte == '\n') shifted = false;
    gb += static_cast<char>(shifted && byte > 0x20 && byte < 0x7F ? byte | 0x80 : byte);
  }
  decode_as(936, gb, out, damaged);
}

namespace {

int base64_digit(unsigned c) {
  if (c >= 'A' && c <= 'Z') return static_cast<int>(c - 'A');
  if (c >= 'a' && c <= 'z') return static_cast<int>(c - 'a') + 26;
  if (c >= '0' && c <= '9') return static_cast<int>(c - '0') + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

// UTF-16 units that come out of base64, joined to code points.
class Utf16Joiner {
 public:
  Utf16Joiner(std::string& out, bool& damaged) : out_(out), damaged_(damaged) {}

  void add(char32_t unit) {
    const bool is_low = unit >= 0xDC00 && unit <= 0xDFFF;
    if (high_ && is_low) {
      append_utf8(out_, 0x10000 + ((high_ - 0xD800) << 10) + (unit - 0xDC00));
      high_ = 0;
      return;
    }
    end();
    if (unit >= 0xD800 && unit <= 0xDBFF) {
      high_ = unit;
    } else {
      damaged_ = damaged_ || is_low;
      append_utf8(out_, unit);
    }
  }
  void end() {
    if (!high_) return;
    damaged_ = true;
    append_utf8(out_, kReplacement);
    high_ = 0;
  }

 private:
  std::string& out_;
  bool& damaged_;
  char32_t high_ = 0;
};

// The base64 part after '+' (RFC 2152); the place behind it.
std::size_t decode_shifted(std::string_view bytes, std::size_t i, std::string& out, bool& damaged) {
  Utf16Joiner units(out, damaged);
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (; i < bytes.size(); ++i) {
    const int digit = base64_digit(byte_at(bytes, i));
    if (digit < 0) break;
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count < 16) continue;
    count -= 16;
    units.add(bits >> count & 0xFFFF);
  }
  units.end();
  if (count >= 6) damaged = true;
  return i < bytes.size() && bytes[i] == '-' ? i + 1 : i;
}

}  // namespace

void decode_utf7(std::string_view bytes, std::string& out, bool& damaged) {
  out.reserve(out.size() + bytes.size());
  for (std::size_t i = 0; i < bytes.size();) {
    const unsigned byte = byte_at(bytes, i++);
    if (byte == '+' && i < bytes.size() && bytes[i] == '-') {
      out += '+';
      ++i;
    } else if (byte == '+' && i < bytes.size() && base64_digit(byte_at(bytes, i)) >= 0) {
      i = decode_shifted(bytes, i, out, damaged);
    } else if (byte < 0x80) {
      out += static_cast<char>(byte);
    } else {
      damaged = true;
      append_utf8(out, kReplacement);
    }
  }
}

}  // namespace mapiguard
