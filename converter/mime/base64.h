// Base64 (RFC 4648) as mail has it: lines of 76 characters ended by CRLF (RFC 2045 6.8).
//
// Whole lines are encoded 57 bytes at a time, with AVX2 where the processor has it. Thread promise: pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace mapiguard {

inline constexpr std::size_t kBase64LineBytes = 57;  // bytes that make one line
inline constexpr std::size_t kBase64LineChars = 78;  // 76 characters and CRLF

// Encodes `lines` whole lines; `out` has room for lines * kBase64LineChars. Returns the end of what it wrote.
char* encode_base64_lines(const std::byte* in, std::size_t lines, char* out);

// Encodes at most kBase64LineBytes bytes as the last line, padded and with CRLF; nothing for no bytes.
char* encode_base64_last_line(Bytes rest, char* out);

std::string base64(Bytes bytes);  // on one line, without CRLF

// nullopt unless `text` is well-formed base64: whole groups of four, padding at the end alone.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace mapiguard
