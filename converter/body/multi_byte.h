// Charsets of more than one byte a character: the double-byte code pages by iconv, ISO-2022, HZ and UTF-7 by ourselves.
//
// Thread promise: pure functions over a per-thread cache of iconv descriptors.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "converter/body/charset_table.h"

namespace mapiguard {

// Opens the codecs marked `warm` for this thread.
void warm_iconv_codecs();

// Appends `bytes` as UTF-8. False when the codec cannot be opened (the sandbox is closed and it was not warmed):
// nothing is appended then. Bytes that the page cannot have become U+FFFD and set `damaged`.
bool decode_by_codec(std::string_view bytes, const CodePage& page, std::string& out, bool& damaged);

bool decode_iso2022_jp(std::string_view bytes, std::string& out,
                       bool& damaged);  // with JIS X 0201, 0212 and NEC row 13
bool decode_iso2022_kr(std::string_view bytes, std::string& out, bool& damaged);
bool decode_hz(std::string_view bytes, std::string& out, bool& damaged);
void decode_utf7(std::string_view bytes, std::string& out, bool& damaged);

// How many bytes the character needs that begins with `lead` in this page: 1 for a single byte or a byte that cannot
// lead. GB18030's four-byte characters show in their second byte and count as two here.
unsigned length_by_lead(std::uint32_t codepage, unsigned char lead);

}  // namespace mapiguard
