// Encoded words (RFC 2047) of foreign charsets for readers that know UTF-8 alone. Thread promise: pure functions.
#pragma once

#include <string>
#include <string_view>

namespace mapiguard {

// `value` with its encoded words of other charsets that we know as words of UTF-8. GMime would open a codec for each,
// which a sandboxed worker cannot; all other words and all other text stay as they are. Neighbours of one charset
// become one word: a character may be split between them.
std::string with_encoded_words_in_utf8(std::string_view value);

}  // namespace mapiguard
