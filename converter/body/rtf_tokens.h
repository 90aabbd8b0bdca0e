// RtfTokenizer: cuts RTF into tokens, in one pass and without memory of its own.
//
// Thread promise: belongs to one conversion. Tokens point into the RTF.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "converter/body/rtf_words.h"

namespace mapiguard {

struct RtfToken {
  enum class Kind : std::uint8_t {
    end,
    open,    // {
    close,   // }
    text,    // plain bytes, without CR, LF, NUL and the special characters
    hex,     // \'xx: value
    word,    // \name[number]: row, number, has_number; \bin: text is its data
    star,    // \*
    symbol,  // \ and one character that is no letter: value. A backslash before a line end is the word \par.
  };
  Kind kind = Kind::end;
  bool has_number = false;
  unsigned char value = 0;
  std::int32_t number = 0;
  const RtfWordRow* row = &kUnknownRtfWord;
  std::string_view text;  // of text; the name of a word; the data of \bin
};

class RtfTokenizer {
 public:
  explicit RtfTokenizer(std::string_view rtf) : rtf_(rtf) {}

  RtfToken next();
  std::size_t offset() const { return at_; }

  // From inside a group: to the brace that ends it, which is the next token then. How many bytes that were.
  std::size_t skip_to_group_end();

 private:
  RtfToken escape();
  RtfToken hex();
  RtfToken word();
  char peek(std::size_t ahead = 0) const { return ahead < rtf_.size() - at_ ? rtf_[at_ + ahead] : '\0'; }

  std::string_view rtf_;
  std::size_t at_ = 0;
};

// The value of a hexadecimal digit, -1 for anything else.
constexpr int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace mapiguard
