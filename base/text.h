// Small helpers over text: Unicode transformation, ASCII case, and the one way to show an untrusted string.
//
// Thread promise: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace mapiguard {

void append_utf8(std::string& out, char32_t code_point);  // U+FFFD for surrogates and beyond U+10FFFF
// UTF-16LE to UTF-8. A lone surrogate or an odd last byte becomes U+FFFD; `damaged`, where given, is set then.
std::string utf16le_to_utf8(Bytes utf16, bool* damaged = nullptr);
bool is_utf8(std::string_view text);
bool is_ascii(std::string_view text);
std::size_t ascii_prefix(std::string_view text);  // how many bytes at the head are ASCII
std::string repair_utf8(std::string_view text);  // each invalid sequence becomes U+FFFD

char ascii_lower(char c);
std::string ascii_lower(std::string_view text);
bool equals_ignoring_case(std::string_view a, std::string_view b);  // ASCII letters alone
bool starts_with_ignoring_case(std::string_view text, std::string_view prefix);
std::string_view trim(std::string_view text);  // spaces, tabs, CR, LF and NUL at both ends

// How an untrusted string may be shown in an event, log, terminal or JSON value: at most 998 bytes ("…" where
// cut), invalid UTF-8 replaced, control characters (C0, DEL, C1, bidi overrides) written as \xNN or \u{NNNN}.
std::string displayable(std::string_view untrusted, std::size_t most = 998);

std::string hex16(std::uint32_t value);  // "0x0037"
std::string hex32(std::uint32_t value);  // "0x37010102"

}  // namespace mapiguard
