#include "converter/body/charset.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/byte_words.h"
#include "base/text.h"
#include "converter/body/charset_table.h"
#include "converter/body/multi_byte.h"
#include "converter/body/put_utf8.h"

namespace mapiguard {
namespace {

constexpr std::uint32_t kWindows1252 = 1252;

char16_t unit_at(Bytes utf16, std::size_t i) {
  char16_t unit;
  std::memcpy(&unit, utf16.data() + 2 * i, 2);
  return unit;
}

// The character that begins at unit `i`, which is moved behind it; the place behind what was written.
char* put_unit(char* to, Bytes utf16, std::size_t& i, bool& bad) {
  const char16_t unit = unit_at(utf16, i++);
  if (unit < 0x80) {
    *to++ = static_cast<char>(unit);
    return to;
  }
  if (unit < 0xD800 || unit > 0xDFFF) return put_utf8(to, unit);
  const bool has_low = unit < 0xDC00 && i < utf16.size() / 2 && (unit_at(utf16, i) & 0xFC00) == 0xDC00;
  if (!has_low) {
    bad = true;
    return put_utf8(to, 0xFFFD);
  }
  const char32_t c = 0x10000 + ((char32_t{unit} - 0xD800) << 10) + (unit_at(utf16, i++) - 0xDC00);
  return put_utf8(to, c);
}

constexpr std::size_t kSlack = 8;  // ASCII is copied eight bytes at a time, wanted or not

// C1 controls are what Windows and WHATWG make of a byte that a page does not define: kept, but told.
std::string decode_table(std::string_view bytes, std::u16string_view table, bool& damaged) {
  std::string out;
  out.resize_and_overwrite(bytes.size() * 3 + kSlack, [&](char* to, std::size_t) {
    char* const begin = to;
    for (std::size_t i = 0; i < bytes.size();) {
      if (i + 8 <= bytes.size()) {
        std::uint64_t eight;
        std::memcpy(&eight, bytes.data() + i, 8);
        std::memcpy(to, &eight, 8);
        const std::uint64_t high = eight & kHighBits;
        const auto plain = static_cast<std::size_t>(std::countr_zero(high)) / 8;  // 8 when none is high
        to += plain;
        i += plain;
        if (plain == 8) continue;
      }
      for (; i < bytes.size() && static_cast<unsigned char>(bytes[i]) >= 0x80; ++i) {
        const char16_t c = table[static_cast<unsigned char>(bytes[i]) - 0x80];
        if (c < 0xA0 || c == 0xFFFD) damaged = true;
        to = put_utf8(to, c);
      }
      if (i + 8 > bytes.size() && i < bytes.size()) *to++ = bytes[i++];
    }
    return static_cast<std::size_t>(to - begin);
  });
  return out;
}

// Text that was cut or hit by a stray byte, but is UTF-8 in the main: at most one bad byte to four good sequences, or
// nothing worse than a sequence cut off at the end.
bool is_mostly_utf8(std::string_view bytes) {
  std::size_t good = 0;
  std::size_t bad = 0;
  for (std::size_t i = 0; i < bytes.size();) {
    const unsigned length = length_by_lead(65001, static_cast<unsigned char>(bytes[i]));
    const std::string_view sequence = bytes.substr(i, length);
    const bool is_cut = sequence.size() < length && good > 0;
    const bool is_good = is_utf8(sequence);
    if (is_cut && !is_good) return bad * 4 <= good;
    good += is_good && length > 1;
    bad += !is_good;
    i += is_good ? length : 1;
  }
  return good > 0 && bad * 4 <= good;
}

std::string decode_utf8(std::string_view bytes, bool& damaged) {
  if (is_utf8(bytes)) return std::string(bytes);
  damaged = true;
  if (is_mostly_utf8(bytes)) return repair_utf8(bytes);
  return decode_table(bytes, single_byte::kPage1252, damaged);
}

std::string decode_utf16be(std::string_view bytes, bool& damaged) {
  std::string swapped(bytes);
  for (std::size_t i = 0; i + 1 < swapped.size(); i += 2) std::swap(swapped[i], swapped[i + 1]);
  return decode_utf16le(as_bytes(swapped), &damaged);
}

// A surrogate, a unit beyond U+10FFFF and an odd end each become U+FFFD.
std::string decode_utf32(std::string_view bytes, bool is_big_endian, bool& damaged) {
  std::string out;
  out.reserve(bytes.size());
  for (; !bytes.empty(); bytes.remove_prefix(std::min<std::size_t>(4, bytes.size()))) {
    std::uint32_t c = 0xFFFFFFFF;
    if (bytes.size() >= 4) std::memcpy(&c, bytes.data(), 4);
    if (is_big_endian) c = std::byteswap(c);
    if (c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) damaged = true;
    append_utf8(out, c);
  }
  return out;
}

// Japanese that is declared ISO-2022-JP and has 8-bit bytes is the Shift-JIS or EUC-JP of a careless sender.
std::string decode_japanese(std::string_view bytes, bool& damaged) {
  std::string out;
  if (!is_ascii(bytes) && bytes.find('\x1B') == std::string_view::npos)
    for (const std::uint32_t codepage : {932u, 51932u}) {
      bool bad = false;
      decode_by_glibc_table(bytes, *find_code_page(codepage), out, bad);
      if (!bad) return out;
      out.clear();
    }
  decode_iso2022_jp(bytes, out, damaged);
  return out;
}

std::string decode_by_page(std::string_view bytes, const CodePage& page, bool& damaged) {
  std::string out;
  switch (page.decoder) {
    case Decoder::table: return decode_table(bytes, page.table, damaged);
    case Decoder::utf8: return decode_utf8(bytes, damaged);
    case Decoder::utf16le: return decode_utf16le(as_bytes(bytes), &damaged);
    case Decoder::utf16be: return decode_utf16be(bytes, damaged);
    case Decoder::utf32le: return decode_utf32(bytes, false, damaged);
    case Decoder::utf32be: return decode_utf32(bytes, true, damaged);
    case Decoder::utf7: decode_utf7(bytes, out, damaged); break;
    case Decoder::iso2022_jp: return decode_japanese(bytes, damaged);
    case Decoder::iso2022_kr: decode_iso2022_kr(bytes, out, damaged); break;
    case Decoder::hz: decode_hz(bytes, out, damaged); break;
    case Decoder::glibc: decode_by_glibc_table(bytes, page, out, damaged); break;
  }
  return out;
}

std::uint32_t leading_number(std::string_view text) {
  std::uint32_t number = 0;
  for (const char c : text.substr(0, 5)) {
    if (c < '0' || c > '9') break;
    number = number * 10 + static_cast<std::uint32_t>(c - '0');
  }
  return number;
}

// "windows-1252", "cp1252", "x-cp1252", "ibm850" and "iso-8859-2", "iso8859_2", "ISO_8859-1:1987"; 0 when none fits.
std::uint32_t codepage_by_rule(std::string_view name) {
  constexpr std::string_view kIso = "8859";
  if (const std::size_t at = name.find(kIso); at != std::string_view::npos) {
    const std::string_view part = name.substr(at + kIso.size());
    const std::size_t digit = std::min(part.find_first_of("0123456789"), part.size());
    const std::uint32_t number = leading_number(part.substr(digit));
    return number > 0 && number <= 16 && find_code_page(28590 + number) ? 28590 + number : 0;
  }
  const std::size_t digit = std::min(name.find_first_of("0123456789"), name.size());
  for (const std::string_view stem :
       {"windows-", "windows", "win-", "win", "x-windows-", "cp", "cp-", "x-cp", "ibm", "ibm-", "ms"})
    if (name.substr(0, digit) == stem) {
      const std::uint32_t number = leading_number(name.substr(digit));
      return find_code_page(number) ? number : 0;
    }
  return 0;
}

}  // namespace

bool is_ascii_compatible(std::uint32_t codepage) {
  const CodePage* page = find_code_page(codepage);
  if (!page) return true;
  if (page->decoder == Decoder::table || page->decoder == Decoder::utf8) return true;
  return page->decoder == Decoder::glibc && !page->mime.starts_with("ibm");  // which is EBCDIC
}

const char* iconv_name_of_codepage(std::uint32_t codepage) {
  const CodePage* page = find_code_page(codepage);
  return page ? page->iconv : nullptr;
}

std::uint32_t codepage_of_charset(std::string_view charset) {
  std::string name = ascii_lower(trim(charset));
  std::erase_if(name, [](char c) { return c == '"' || c == '\''; });
  const auto* alias = std::lower_bound(std::begin(kCharsetAliases), std::end(kCharsetAliases), name,
                                       [](const CharsetAlias& a, const std::string& key) { return a.name < key; });
  if (alias != std::end(kCharsetAliases) && alias->name == name) return alias->codepage;
  for (const CodePage& page : kCodePages)
    if (page.mime == name) return page.number;
  return codepage_by_rule(name);
}

std::uint32_t codepage_of_locale(std::uint32_t lcid) {
  if (lcid == 0) return 0;
  for (const std::uint32_t key : {lcid & 0xFFFF, lcid & 0x03FF}) {
    const auto* at = std::lower_bound(std::begin(kLocaleCodePages), std::end(kLocaleCodePages), key,
                                      [](const LocaleCodePage& l, std::uint32_t k) { return l.locale < k; });
    if (at != std::end(kLocaleCodePages) && at->locale == key) return at->codepage;
  }
  return 0;
}

std::string decode_utf16le(Bytes utf16, bool* damaged) {
  constexpr std::uint64_t kBeyondAscii = 0xFF80FF80FF80FF80u;
  bool bad = utf16.size() % 2 == 1;
  std::string out;
  out.resize_and_overwrite(utf16.size() / 2 * 3 + kSlack, [&](char* to, std::size_t) {
    char* const begin = to;
    const std::size_t units = utf16.size() / 2;
    for (std::size_t i = 0; i < units;) {
      for (std::uint64_t four; i + 4 <= units; i += 4) {
        std::memcpy(&four, utf16.data() + 2 * i, 8);
        if (four & kBeyondAscii) break;
        for (int shift = 0; shift < 64; shift += 16) *to++ = static_cast<char>(four >> shift);
      }
      const std::size_t stop = std::min(units, i + 4);
      while (i < stop) to = put_unit(to, utf16, i, bad);
    }
    return static_cast<std::size_t>(to - begin);
  });
  if (utf16.size() % 2 == 1) append_utf8(out, 0xFFFD);
  if (damaged && bad) *damaged = true;
  return out;
}

std::string decode_codepage(std::string_view bytes, std::uint32_t codepage, bool* damaged) {
  const CodePage* page = find_code_page(codepage <= 3 ? kWindows1252 : codepage);  // 0 … 3 are CP_ACP and its kin
  bool bad = false;
  std::string text;
  if ((!page || is_ascii_compatible(codepage)) && is_ascii(bytes)) {
    text = bytes;
  } else {
    bad = page == nullptr;
    text = decode_by_page(bytes, page ? *page : *find_code_page(kWindows1252), bad);
  }
  if (damaged && bad) *damaged = true;
  return text;
}

}  // namespace mapiguard
