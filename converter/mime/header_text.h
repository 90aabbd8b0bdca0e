// Header values on the wire: folding (RFC 5322 2.2.3), encoded words (RFC 2047), parameters (RFC 2231).
//
// Everything that comes out is printable ASCII with CRLF + space at the folds. Encoding is ours and not GMime's:
// it must be the same whatever the charsets of the text, and no line may pass 998 octets, which GMime lets happen for
// a long word. Thread promise: values and pure functions.
#pragma once

#include <string>
#include <string_view>

namespace mapiguard {

inline constexpr std::size_t kFoldColumn = 78;    // RFC 5322 2.1.1 SHOULD
inline constexpr std::size_t kLongestLine = 998;  // RFC 5322 2.1.1 MUST

// Builds one value. The name of its field counts for the first line.
class HeaderValue {
 public:
  explicit HeaderValue(std::size_t name_length) : column_(name_length + 1) {}

  void reserve(std::size_t bytes) { text_.reserve(bytes); }
  // A space (a fold where the piece would pass the column) and the piece, which is never broken.
  void word(std::string_view piece) { word_after(piece, " "); }
  void word_after(std::string_view piece, std::string_view blanks);
  void append(std::string_view piece);  // directly behind the last
  // Room for a word on this line; what is left of a new line when a fold is made.
  std::size_t room() const { return column_ + 1 < kFoldColumn ? kFoldColumn - column_ - 1 : 0; }
  void fold();  // the next word begins a line

  bool empty() const { return text_.empty(); }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
  std::size_t column_;
  bool must_fold_ = false;
};

// Free text (RFC 5322 unstructured). Control characters become spaces; what is not ASCII, looks like an encoded word
// or would not fit a line becomes encoded words. `utf8` is valid UTF-8.
void append_text(HeaderValue& value, std::string_view utf8);
std::string encode_text(std::string_view field, std::string_view utf8);

// A display name (RFC 5322 phrase): atoms, a quoted string or encoded words.
void append_phrase(HeaderValue& value, std::string_view utf8);

// "; name=value", quoted where needed, as RFC 2231 where it is not ASCII or long.
void append_parameter(HeaderValue& value, std::string_view name, std::string_view utf8);

// True when every encoded word in `value` can be decoded by a strict reader: charset known, alphabet and padding right,
// no character split between two words, blanks around it (RFC 2047 5, 6.2).
bool has_sound_encoded_words(std::string_view value);

bool is_atom_character(char c);   // RFC 5322 3.2.3 atext
bool is_token_character(char c);  // RFC 2045 5.1

// Control characters become spaces, runs of blanks at both ends go.
std::string one_line(std::string_view utf8);

}  // namespace mapiguard
