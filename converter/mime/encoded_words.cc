#include "converter/mime/encoded_words.h"

#include <gmime/gmime.h>

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "converter/body/charset.h"
#include "converter/mime/base64.h"

namespace mapiguard {
namespace {

constexpr std::string_view kWordBegin = "=?", kWordEnd = "?=";

struct Word {
  std::uint32_t codepage = 0;
  std::string bytes;
  std::size_t length = 0;  // of the whole word in the value
};

// As GMime reads it, which forgives what is wrong with padding or alphabet.
std::string decode_leniently(std::string text, char encoding) {
  if (encoding == 'q') std::replace(text.begin(), text.end(), '_', ' ');
  GMimeEncoding state;
  g_mime_encoding_init_decode(&state,
                              encoding == 'b' ? GMIME_CONTENT_ENCODING_BASE64 : GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);
  std::string bytes(g_mime_encoding_outlen(&state, text.size()), '\0');
  bytes.resize(g_mime_encoding_flush(&state, text.data(), text.size(), bytes.data()));
  return bytes;
}

// The encoded word at the head of `rest`, if it is of a charset that is not UTF-8 and known.
std::optional<Word> foreign_word(std::string_view rest) {
  if (!rest.starts_with(kWordBegin)) return std::nullopt;
  const std::size_t mark = rest.find('?', kWordBegin.size());
  if (mark == rest.npos || mark + 2 >= rest.size() || rest[mark + 2] != '?') return std::nullopt;
  const char encoding = ascii_lower(rest[mark + 1]);
  const std::size_t text = mark + 3, end = rest.find('?', text);
  if (!rest.substr(std::min(end, rest.size())).starts_with(kWordEnd) || (encoding != 'b' && encoding != 'q'))
    return std::nullopt;
  std::string_view charset = rest.substr(kWordBegin.size(), mark - kWordBegin.size());
  charset = charset.substr(0, charset.find('*'));  // RFC 2231 5: a language may follow
  const std::uint32_t codepage = codepage_of_charset(charset);
  if (codepage == 0 || codepage == 65001 || codepage == 20127) return std::nullopt;
  return Word{codepage, decode_leniently(std::string(rest.substr(text, end - text)), encoding), end + kWordEnd.size()};
}

}  // namespace

std::string with_encoded_words_in_utf8(std::string_view value) {
  std::string out;
  while (!value.empty()) {
    const std::size_t plain = std::min(value.find(kWordBegin), value.size());
    out += value.substr(0, plain);
    value.remove_prefix(plain);
    auto word = foreign_word(value);
    if (!word) {
      out += value.substr(0, kWordBegin.size());
      value.remove_prefix(std::min(kWordBegin.size(), value.size()));
      continue;
    }
    value.remove_prefix(word->length);
    for (;;) {
      const std::size_t blanks = std::min(value.find_first_not_of(" \t\r\n"), value.size());
      const auto next = foreign_word(value.substr(blanks));
      if (!next || next->codepage != word->codepage) break;
      word->bytes += next->bytes;
      value.remove_prefix(blanks + next->length);
    }
    out += "=?UTF-8?B?" + base64(as_bytes(decode_codepage(word->bytes, word->codepage))) + "?=";
  }
  return out;
}

}  // namespace mapiguard
