#include "converter/mime/quoted_printable.h"

#include <algorithm>
#include <array>

#include "base/byte_words.h"

namespace mapiguard {
namespace {

constexpr std::size_t kMostInLine = 76;   // RFC 2045 6.7 (5)
constexpr std::size_t kMostInPlain = 78;  // RFC 5322 2.1.1 SHOULD; longer lines are folded by quoted-printable
constexpr char kHex[] = "0123456789ABCDEF";

// May stand for itself: printable ASCII but "=", and space (whose place at a line end is looked at apart).
constexpr auto kLiteral = [] {
  std::array<bool, 256> literal{};
  for (std::size_t c = ' '; c < 127; ++c) literal[c] = c != '=';
  literal['\t'] = true;
  return literal;
}();

bool is_literal(char c) { return kLiteral[static_cast<unsigned char>(c)]; }
bool is_blank(char c) { return c == ' ' || c == '\t'; }

void append_encoded(std::string& out, char c) {
  out += '=';
  out += kHex[static_cast<unsigned char>(c) >> 4];
  out += kHex[static_cast<unsigned char>(c) & 15];
}

bool is_literal_word(std::uint64_t word) { return is_printable_word(word) && !holds(word, '='); }

std::size_t literal_run(std::string_view text, std::size_t most) {
  const std::size_t end = std::min(text.size(), most);
  std::size_t length = 0;
  while (length + kWordBytes <= end && is_literal_word(word_at(text, length))) length += kWordBytes;
  while (length < end && is_literal(text[length])) ++length;
  return length;
}

// One line without its end. A soft break goes before the character that would not leave room for "=".
void append_line(std::string& out, std::string_view line) {
  std::size_t column = 0;
  while (!line.empty()) {
    const bool ends_blank = line.size() == 1 && is_blank(line[0]);
    const std::size_t run = ends_blank ? 0 : literal_run(line, kMostInLine - 1 - column);
    const bool keeps_last = run < line.size() || !is_blank(line[run - 1]);  // a blank must not end a line
    if (run > 0) {
      const std::size_t taken = keeps_last ? run : run - 1;
      out.append(line, 0, taken);
      line.remove_prefix(taken);
      column += taken;
    } else if (column + 3 < kMostInLine || (column + 3 == kMostInLine && line.size() == 1)) {
      append_encoded(out, line[0]);
      line.remove_prefix(1);
      column += 3;
    } else if (line.size() == 1 && !ends_blank && is_literal(line[0]) && column < kMostInLine) {
      out += line[0];
      return;
    } else {
      out += "=\r\n";
      column = 0;
    }
  }
}

struct Census {
  std::size_t escaped = 0;
  std::size_t longest = 0;
  bool has_blank_end = false;
};

Census census_of(std::string_view text) {
  Census census;
  std::size_t start = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    while (i + kWordBytes < text.size() && is_printable_word(word_at(text, i))) i += kWordBytes;
    if (text[i] == '\n') {
      const std::size_t end = i > 0 && text[i - 1] == '\r' ? i - 1 : i;
      if (end > start && is_blank(text[end - 1])) census.has_blank_end = true;
      census.longest = std::max(census.longest, end - start);
      start = i + 1;
    } else if (text[i] != '\r' && !is_literal(text[i]) && text[i] != '=') {
      ++census.escaped;
    }
  }
  census.longest = std::max(census.longest, text.size() - start);
  return census;
}

}  // namespace

std::string with_crlf(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 32 + 2);
  const auto is_plain = [](char c) { return c != '\r' && c != '\n' && c != '\0'; };
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t start = i;
    while (i + kWordBytes <= text.size() && has_no_control(word_at(text, i))) i += kWordBytes;
    while (i < text.size() && is_plain(text[i])) ++i;
    out.append(text, start, i - start);
    if (i == text.size()) break;
    if (text[i] != '\0') out += "\r\n";
    i += text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n' ? 2 : 1;
  }
  return out;
}

std::string quoted_printable(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8 + 8);
  while (!text.empty()) {
    const std::size_t end = text.find("\r\n");
    append_line(out, text.substr(0, end));
    if (end == std::string_view::npos) break;
    out += "\r\n";
    text.remove_prefix(end + 2);
  }
  return out;
}

Encoding encoding_for_text(std::string_view text) {
  const Census census = census_of(text);
  if (census.escaped == 0 && census.longest <= kMostInPlain && !census.has_blank_end && text.find("--=_") == text.npos)
    return Encoding::as_is_7bit;
  // Quoted-printable takes two characters more for each byte escaped, base64 a third more for all.
  return census.escaped * 2 <= text.size() / 3 ? Encoding::quoted_printable : Encoding::base64;
}

}  // namespace mapiguard
