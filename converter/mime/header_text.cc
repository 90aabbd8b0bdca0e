#include "converter/mime/header_text.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.h"
#include "converter/body/charset.h"
#include "converter/mime/base64.h"

namespace mapiguard {
namespace {

constexpr char kHex[] = "0123456789ABCDEF";
constexpr std::size_t kLongestRawWord = 900;  // a word that stays as it is; longer ones need encoded words to be folded
constexpr std::size_t kLongestEncodedWord = 75;  // RFC 2047 2
constexpr std::string_view kWordEnd = "?=";

constexpr auto character_set(std::string_view specials) {
  std::array<bool, 256> set{};
  for (int c = 'a'; c <= 'z'; ++c) set[static_cast<std::size_t>(c)] = true;
  for (int c = 'A'; c <= 'Z'; ++c) set[static_cast<std::size_t>(c)] = true;
  for (int c = '0'; c <= '9'; ++c) set[static_cast<std::size_t>(c)] = true;
  for (const char c : specials) set[static_cast<unsigned char>(c)] = true;
  return set;
}
constexpr auto kAtom = character_set("!#$%&'*+-/=?^_`{|}~");
constexpr auto kToken = character_set("!#$%&'*+-.^_`{|}~");
constexpr auto kQWord = character_set("!*+-/");            // RFC 2047 5 (3): what is safe in a phrase
constexpr auto kExtValue = character_set("!#$&+-.^_`|~");  // RFC 2231 7 attribute-char

template <class Set>
bool is_in(const Set& set, char c) {
  return set[static_cast<unsigned char>(c)];
}
bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }
bool is_plain(char c) { return c >= 0x20 && c < 0x7F; }
bool is_utf8_tail(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

bool needs_encoding(std::string_view word) {
  return word.size() > kLongestRawWord || !std::all_of(word.begin(), word.end(), is_plain) ||
         word.find("=?") != word.npos;
}

// The longest prefix of whole characters whose encoded form is at most `most` long.
struct QEncoding {
  static std::size_t width(char c) { return is_in(kQWord, c) || c == ' ' ? 1 : 3; }
  static std::size_t fitting(std::string_view text, std::size_t most) {
    std::size_t taken = 0, used = 0;
    for (std::size_t i = 0; i < text.size();) {
      std::size_t end = i + 1, cost = width(text[i]);
      while (end < text.size() && is_utf8_tail(text[end])) cost += width(text[end++]);
      if (used + cost > most) break;
      used += cost;
      taken = i = end;
    }
    return taken;
  }
  static std::string encode(std::string_view text) {
    std::string out = "=?utf-8?Q?";
    for (const char c : text) {
      if (is_in(kQWord, c)) {
        out += c;
      } else if (c == ' ') {
        out += '_';
      } else {
        out += '=';
        out += kHex[static_cast<unsigned char>(c) >> 4];
        out += kHex[static_cast<unsigned char>(c) & 15];
      }
    }
    return out.append(kWordEnd);
  }
};

struct BEncoding {
  static std::size_t fitting(std::string_view text, std::size_t most) {
    std::size_t end = std::min(most / 4 * 3, text.size());
    while (end > 0 && end < text.size() && is_utf8_tail(text[end])) --end;
    return end;
  }
  static std::string encode(std::string_view text) { return "=?utf-8?B?" + base64(as_bytes(text)).append(kWordEnd); }
};

constexpr std::size_t kWordFrame = 12;     // "=?utf-8?B?" and "?="
constexpr std::size_t kSmallestWord = 24;  // below that a new line is begun: one whole character always fits

template <class Encoding>
void append_encoded_as(HeaderValue& value, std::string_view text) {
  while (!text.empty()) {
    if (value.room() < kSmallestWord) value.fold();
    const std::size_t most = std::min(std::max(value.room(), kSmallestWord), kLongestEncodedWord) - kWordFrame;
    const std::size_t taken = std::max<std::size_t>(Encoding::fitting(text, most), 1);
    value.word(Encoding::encode(text.substr(0, taken)));
    text.remove_prefix(taken);
  }
}

void append_encoded(HeaderValue& value, std::string_view text) {
  std::size_t as_q = 0;
  for (const char c : text) as_q += QEncoding::width(c);
  if (as_q <= (text.size() + 2) / 3 * 4)
    append_encoded_as<QEncoding>(value, text);
  else
    append_encoded_as<BEncoding>(value, text);
}

// Words with the blanks before each: a fold goes before blanks and never leaves a line of blanks alone.
void append_raw(HeaderValue& value, std::string_view text) {
  while (!text.empty()) {
    const std::size_t start = std::min(text.find_first_not_of(' '), text.size());
    const std::size_t end = std::min(text.find(' ', start), text.size());
    value.word_after(text.substr(start, end - start), start == 0 ? std::string_view(" ") : text.substr(0, start));
    text.remove_prefix(end);
  }
}

void append_quoted(HeaderValue& value, std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  quoted += '"';
  value.word(quoted);
}

bool is_all_atoms(std::string_view text) {
  char last = ' ';
  for (const char c : text) {
    if (c == ' ' ? last == ' ' : !is_in(kAtom, c)) return false;
    last = c;
  }
  return true;
}

bool has_long_word(std::string_view text, std::size_t most) {
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find(' ', start), text.size());
    if (end - start > most) return true;
    start = end + 1;
  }
  return false;
}

}  // namespace

void HeaderValue::word_after(std::string_view piece, std::string_view blanks) {
  if (must_fold_ || (column_ + blanks.size() + piece.size() > kFoldColumn && !text_.empty())) {
    text_ += "\r\n";
    column_ = 0;
    must_fold_ = false;
  }
  // The value begins behind ": ", which the writer puts there: the first blank is not part of it.
  if (!text_.empty()) text_ += blanks;
  text_ += piece;
  column_ += blanks.size() + piece.size();
}

void HeaderValue::append(std::string_view piece) {
  text_ += piece;
  column_ += piece.size();
}

void HeaderValue::fold() {
  if (text_.empty()) return;
  must_fold_ = true;
  column_ = 0;
}

bool is_atom_character(char c) { return is_in(kAtom, c); }
bool is_token_character(char c) { return is_in(kToken, c); }

std::string one_line(std::string_view utf8) {
  std::string out(utf8);
  std::replace_if(out.begin(), out.end(), is_control, ' ');
  const std::size_t first = out.find_first_not_of(' ');
  if (first == out.npos) return {};
  return out.substr(first, out.find_last_not_of(' ') - first + 1);
}

void append_text(HeaderValue& value, std::string_view utf8) {
  const std::string text = one_line(utf8);
  std::size_t first = text.size(), last = 0;  // of the words that need encoding
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find(' ', start), text.size());
    if (needs_encoding(std::string_view(text).substr(start, end - start))) {
      first = std::min(first, start);
      last = end;
    }
    start = end + 1;
  }
  const std::string_view all = text;
  if (last == 0) return append_raw(value, all);
  if (first > 0) append_raw(value, all.substr(0, first - 1));
  append_encoded(value, all.substr(first, last - first));
  append_raw(value, all.substr(last));
}

std::string encode_text(std::string_view field, std::string_view utf8) {
  HeaderValue value(field.size());
  append_text(value, utf8);
  return value.take();
}

void append_phrase(HeaderValue& value, std::string_view utf8) {
  const std::string name = one_line(utf8);
  if (name.empty()) return;
  const bool needs_words = !is_ascii(name) || name.find("=?") != name.npos || has_long_word(name, kLongestEncodedWord);
  if (!needs_words && is_all_atoms(name)) return append_raw(value, name);
  // A fold inside quotes is no part of the name, but GMime takes it for one; so what does not fit a line is encoded.
  constexpr std::size_t kMostQuoted = kFoldColumn - 8;
  if (needs_words || name.size() > kMostQuoted)
    append_encoded(value, name);
  else
    append_quoted(value, name);
}

namespace {

void append_ascii_parameter(HeaderValue& value, std::string_view name, std::string_view text) {
  std::string piece(name);
  piece += '=';
  if (!text.empty() && std::all_of(text.begin(), text.end(), is_token_character)) {
    piece += text;
  } else {
    piece += '"';
    for (const char c : text) {
      if (c == '"' || c == '\\') piece += '\\';
      piece += c;
    }
    piece += '"';
  }
  value.append(";");
  value.word(piece);
}

std::string percent_encoded(std::string_view character) {
  std::string out;
  for (const char c : character) {
    if (is_in(kExtValue, c)) {
      out += c;
    } else {
      out += '%';
      out += kHex[static_cast<unsigned char>(c) >> 4];
      out += kHex[static_cast<unsigned char>(c) & 15];
    }
  }
  return out;
}

// RFC 2231: name*=utf-8''…, or name*0*=utf-8''…; name*1*=… where one line does not hold it.
void append_extended_parameter(HeaderValue& value, std::string_view name, std::string_view text) {
  constexpr std::string_view kCharset = "utf-8''";
  const std::string whole = percent_encoded(text);
  if (name.size() + 2 + kCharset.size() + whole.size() + 2 <= kFoldColumn) {
    value.append(";");
    return value.word(std::string(name) + "*=" + std::string(kCharset) + whole);
  }
  std::size_t section = 0;
  for (std::size_t i = 0; i < text.size() || section == 0; ++section) {
    std::string piece = std::string(name) + '*' + std::to_string(section) + "*=";
    if (section == 0) piece += kCharset;
    while (i < text.size()) {
      std::size_t end = i + 1;
      while (end < text.size() && is_utf8_tail(text[end])) ++end;
      const std::string next = percent_encoded(text.substr(i, end - i));
      if (piece.size() + next.size() + 2 > kFoldColumn) break;
      piece += next;
      i = end;
    }
    value.append(";");
    value.word(piece);
  }
}

}  // namespace

void append_parameter(HeaderValue& value, std::string_view name, std::string_view utf8) {
  const std::string text = one_line(utf8);
  if (is_ascii(text) && name.size() + text.size() + 6 <= kFoldColumn)
    append_ascii_parameter(value, name, text);
  else
    append_extended_parameter(value, name, text);
}

namespace {

struct EncodedWord {
  std::string_view charset;
  char encoding = 0;
  std::string_view text;
};

// One encoded word that fills `token`; nullopt when it is not of that form.
std::optional<EncodedWord> parse_encoded_word(std::string_view token) {
  if (token.size() < 8 || token.substr(0, 2) != "=?" || token.substr(token.size() - 2) != kWordEnd) return std::nullopt;
  token = token.substr(2, token.size() - 4);
  const std::size_t first = token.find('?');
  if (first == token.npos || first + 2 >= token.size() || token[first + 2] != '?') return std::nullopt;
  EncodedWord word{token.substr(0, first), ascii_lower(token[first + 1]), token.substr(first + 3)};
  word.charset = word.charset.substr(0, word.charset.find('*'));  // RFC 2231 5: a language may follow
  if (word.text.find('?') != word.text.npos) return std::nullopt;
  return word;
}

std::optional<std::string> decode_q(std::string_view text) {
  const auto nibble = [](char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                  : -1;
  };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '=') {
      const int high = i + 2 < text.size() ? nibble(text[i + 1]) : -1,
                low = i + 2 < text.size() ? nibble(text[i + 2]) : -1;
      if (high < 0 || low < 0) return std::nullopt;
      out += static_cast<char>(high << 4 | low);
      i += 2;
    } else {
      out += text[i] == '_' ? ' ' : text[i];
    }
  }
  return out;
}

bool is_sound(const EncodedWord& word) {
  const std::uint32_t codepage = codepage_of_charset(word.charset);
  if (codepage == 0) return false;
  const auto bytes = word.encoding == 'b'   ? decode_base64(word.text)
                     : word.encoding == 'q' ? decode_q(word.text)
                                            : std::nullopt;
  if (!bytes) return false;
  const bool is_stateful = bytes->find('\x1B') != bytes->npos || codepage == 65000;
  if (is_ascii(*bytes) && !is_stateful) return true;
  if (codepage == 65001) return is_utf8(*bytes);
  bool damaged = false;
  decode_codepage(*bytes, codepage, &damaged);
  return !damaged;
}

}  // namespace

bool has_sound_encoded_words(std::string_view value) {
  for (std::size_t start = value.find("=?"); start != value.npos; start = value.find("=?", start)) {
    constexpr std::string_view kBefore = " \t\r\n(", kAfter = " \t\r\n)";
    if (start > 0 && kBefore.find(value[start - 1]) == kBefore.npos) return false;
    const std::size_t end = std::min(value.find_first_of(kAfter, start), value.size());
    const auto word = parse_encoded_word(value.substr(start, end - start));
    if (!word || !is_sound(*word)) return false;
    start = end;
  }
  return true;
}

}  // namespace mapiguard
