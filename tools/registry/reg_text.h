// .reg text, as regedit writes it. Two forms, both read and written: UTF-16LE with a byte order mark and the head
// "Windows Registry Editor Version 5.00", and ANSI with the head "REGEDIT4", where texts within hex() are ANSI, too.
//
//   [HKEY_LOCAL_MACHINE\…\Private-…]      a key; [-…] deletes it
//   "Track Duplicates"=dword:00000001     a value; "…"=- deletes it, @ is the key's default value
//   "PoisonIDs"=hex(7):3c,00,61,00,\      goes on in the next line
//     3e,00,00,00,00,00
//   ; a comment
//
// ANSI text is taken as UTF-8 when it is that, else as Windows-1252: the file does not say.
//
// Thread promise: pure functions.
#pragma once

#include <string>

#include <mapiguard/result.h>
#include "base/bytes.h"
#include "tools/registry/registry.h"

namespace mapiguard {

enum class RegEncoding : std::uint8_t { utf16, ansi };

inline constexpr std::size_t kMostRegTextBytes = 256u << 20;
inline constexpr std::size_t kMostKeyName = 255;      // characters of one part of a path (winreg limits)
inline constexpr std::size_t kMostKeyDepth = 512;     // parts
inline constexpr std::size_t kMostValueName = 16383;  // characters
inline constexpr std::size_t kMostValueBytes = 16u << 20;

// Errors: not_a_message, "line 12: …".
Result<Registry> read_reg_text(Bytes file);

// With CRLF, and long hex in lines of 80, as regedit does. In ANSI, what Windows-1252 has not becomes "?".
std::string write_reg_text(const Registry& registry, RegEncoding encoding);

// Windows-1252. From bytes: those that it leaves undefined become U+FFFD.
std::string utf8_of_ansi(std::string_view ansi);
std::string ansi_of_utf8(std::string_view utf8);

}  // namespace mapiguard
