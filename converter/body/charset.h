// Charsets: which code page the 8-bit strings of a message are in, and decoding to UTF-8 that never fails.
//
// Thread promise: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "converter/model/message.h"

namespace mapiguard {

// The iconv name of a Windows code page ("CP932" for 932, "UTF-8" for 65001); nullptr when it is not one we know.
const char* iconv_name_of_codepage(std::uint32_t codepage);
// The code page of a MIME charset name ("iso-2022-jp" → 50220); 0 when unknown.
std::uint32_t codepage_of_charset(std::string_view charset);
// The ANSI code page of a Windows locale (MS-LCID); 0 when unknown.
std::uint32_t codepage_of_locale(std::uint32_t lcid);

// Whether the bytes 0x00 … 0x7F are ASCII wherever a character begins (not so in UTF-16, UTF-7, ISO-2022, EBCDIC).
bool is_ascii_compatible(std::uint32_t codepage);

// UTF-16LE to valid UTF-8, quick for text that is mostly ASCII. A lone surrogate or an odd last byte becomes U+FFFD.
std::string decode_utf16le(Bytes utf16, bool* damaged = nullptr);

// Decodes 8-bit text to valid UTF-8. Bytes that the code page cannot have become U+FFFD and set `damaged`.
// 65001 is believed only where the bytes are UTF-8 (or are but for a few), else windows-1252 is taken. ISO-8859-1 and
// US-ASCII are read as windows-1252, whose undefined bytes (81 8D 8F 90 9D) become C1 controls and set `damaged`
// (WHATWG).
std::string decode_codepage(std::string_view bytes, std::uint32_t codepage, bool* damaged = nullptr);

// The ladder of code pages for the strings of one message, most trusted first: TNEF OEM code page,
// PidTagMessageCodepage 0x3FFD, PidTagInternetCodepage 0x3FDE (first the Windows page of its family: 8-bit properties
// are in an ANSI page even when the mail went out as KOI8-R), PidTagMessageLocaleId 0x3FF1, then 1252.
std::vector<std::uint32_t> codepage_ladder(const Message& message);

// 8-bit text by a ladder: the first page that decodes without damage, unless the bytes can only be UTF-8 or another
// page (converter/body/charset_guess.h); the first page with U+FFFD where none decodes.
std::string decode_by_ladder(std::string_view bytes, std::span<const std::uint32_t> ladder, bool* damaged = nullptr);

// The string properties of one message (and of its recipients and attachments) as UTF-8: the one way that the
// later stages read text. Cut at the first NUL, except where `whole` is asked for (bodies): there trailing NULs go and
// others become spaces. A byte-order mark at the head goes.
class Texts {
 public:
  explicit Texts(const Message& message);

  std::optional<std::string> get(const PropertyBag& bag, PropertyId id, bool* damaged = nullptr) const;
  std::optional<std::string> whole(const PropertyBag& bag, PropertyId id, bool* damaged = nullptr) const;
  std::string decode(const Property& property, bool whole, bool* damaged = nullptr) const;
  std::vector<std::string> list(const Property& property) const;  // PtypMultipleString8 / PtypMultipleString
  std::string decode_bytes(std::string_view bytes, bool* damaged = nullptr) const;  // 8-bit text by the ladder
  std::uint32_t codepage() const { return ladder_.front(); }

 private:
  std::vector<std::uint32_t> ladder_;
};

}  // namespace mapiguard
