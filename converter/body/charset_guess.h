// What bytes say about their charset by themselves, when what is declared is missing or cannot be right.
//
// Thread promise: pure functions.
#pragma once

#include <cstdint>
#include <string_view>

namespace mapiguard {

// Valid UTF-8 that text in the code page `declared` (0 = none) would hardly be by accident: "É®" in windows-1252 is the
// valid UTF-8 of one odd letter and stays what it was declared as; "Ã©" is not.
bool is_surely_utf8(std::string_view bytes, std::uint32_t declared);

// The double-byte page (932, 936, 949, 950, 51932) that most of the non-ASCII bytes are frequent characters of, the
// page of a script whose letters they are (1251, 20866, 1253, 1255, 1256), or 50220 for text with ISO-2022-JP escapes;
// 0 when nothing is near to sure. Linear, and never looks at more than 64 KiB.
std::uint32_t guess_codepage(std::string_view bytes);

}  // namespace mapiguard
