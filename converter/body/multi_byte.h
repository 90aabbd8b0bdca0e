// Charsets of more than one byte a character: the double-byte code pages by tables made at build time, ISO-2022,
// HZ and UTF-7.
//
// Thread promise: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "converter/body/charset_table.h"

namespace mapiguard {

// Append `bytes` as UTF-8. Bytes that the page cannot have become U+FFFD and set `damaged`.
void decode_by_glibc_table(std::string_view bytes, const CodePage& page, std::string& out,
                           bool& damaged);  // page.decoder is Decoder::glibc
void decode_iso2022_jp(std::string_view bytes, std::string& out,
                       bool& damaged);  // with JIS X 0201, 0212 and NEC row 13
void decode_iso2022_kr(std::string_view bytes, std::string& out, bool& damaged);
void decode_hz(std::string_view bytes, std::string& out, bool& damaged);
void decode_utf7(std::string_view bytes, std::string& out, bool& damaged);

// How many bytes the character needs that begins with `lead` in this page: 1 for a single byte or a byte that cannot
// lead. GB18030's four-byte characters show in their second byte and count as two here.
unsigned length_by_lead(std::uint32_t codepage, unsigned char lead);

}  // namespace mapiguard
