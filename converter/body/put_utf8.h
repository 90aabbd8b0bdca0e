// Writing a character as UTF-8 where there is room for it: four bytes at least.
#pragma once

namespace mapiguard {

// Writes U+0080 … U+10FFFF; the place behind it.
inline char* put_utf8(char* to, char32_t c) {
  if (c < 0x800) {
    *to++ = static_cast<char>(0xC0 | c >> 6);
  } else {
    if (c < 0x10000) {
      *to++ = static_cast<char>(0xE0 | c >> 12);
    } else {
      *to++ = static_cast<char>(0xF0 | c >> 18);
      *to++ = static_cast<char>(0x80 | (c >> 12 & 0x3F));
    }
    *to++ = static_cast<char>(0x80 | (c >> 6 & 0x3F));
  }
  *to++ = static_cast<char>(0x80 | (c & 0x3F));
  return to;
}

}  // namespace mapiguard
