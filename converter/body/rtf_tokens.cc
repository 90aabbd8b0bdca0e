#include "converter/body/rtf_tokens.h"

#include <array>
#include <bit>
#include <cstring>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace mapiguard {
namespace {

constexpr std::int32_t kLargestNumber = 1'000'000'000;
constexpr const RtfWordRow& kPar = find_rtf_word("par");
constexpr const RtfWordRow& kTab = find_rtf_word("tab");

// Bytes that end a run of plain text.
constexpr std::array<bool, 256> make_specials() {
  std::array<bool, 256> special{};
  for (const char c : {'{', '}', '\\', '\r', '\n', '\0'}) special[static_cast<unsigned char>(c)] = true;
  return special;
}
constexpr std::array<bool, 256> kSpecial = make_specials();

bool is_letter(char c) { return static_cast<unsigned char>((c | 0x20) - 'a') < 26; }
bool is_digit(char c) { return static_cast<unsigned char>(c - '0') < 10; }
bool is_ignored(char c) { return c == '\r' || c == '\n' || c == '\0'; }

// Where the run of plain text that begins at `from` ends.
std::size_t end_of_text(std::string_view rtf, std::size_t from) {
  std::size_t i = from;
#ifdef __SSE2__
  for (; i + 16 <= rtf.size(); i += 16) {
    const __m128i chunk = _mm_loadu_si128(reinterpret_cast<const __m128i*>(rtf.data() + i));
    const auto equal = [&](char c) { return _mm_cmpeq_epi8(chunk, _mm_set1_epi8(c)); };
    const __m128i braces = _mm_or_si128(equal('{'), equal('}'));
    const __m128i breaks = _mm_or_si128(equal('\r'), equal('\n'));
    const __m128i others = _mm_or_si128(equal('\\'), equal('\0'));
    const auto found = static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(braces, breaks), others)));
    if (found) return i + static_cast<std::size_t>(std::countr_zero(found));
  }
#endif
  while (i < rtf.size() && !kSpecial[static_cast<unsigned char>(rtf[i])]) ++i;
  return i;
}

// rtf::key_of of the letters at rtf[begin, end), by one load where there is room for it.
std::uint64_t key_at(std::string_view rtf, std::size_t begin, std::size_t end) {
  static_assert(std::endian::native == std::endian::little);
  if (begin + 8 > rtf.size()) return rtf::key_of(rtf.substr(begin, end - begin));
  std::uint64_t eight;
  std::memcpy(&eight, rtf.data() + begin, 8);
  return end - begin >= 8 ? eight : eight & ((std::uint64_t{1} << 8 * (end - begin)) - 1);
}

}  // namespace

RtfToken RtfTokenizer::next() {
  while (at_ < rtf_.size() && is_ignored(rtf_[at_])) ++at_;
  RtfToken token;
  if (at_ >= rtf_.size()) return token;
  switch (rtf_[at_]) {
    case '{':
      token.kind = RtfToken::Kind::open;
      ++at_;
      return token;
    case '}':
      token.kind = RtfToken::Kind::close;
      ++at_;
      return token;
    case '\\': ++at_; return escape();
    default: break;
  }
  const std::size_t begin = at_;
  at_ = end_of_text(rtf_, at_);
  token.kind = RtfToken::Kind::text;
  token.text = rtf_.substr(begin, at_ - begin);
  return token;
}

RtfToken RtfTokenizer::escape() {
  if (at_ >= rtf_.size()) return {};
  if (is_letter(rtf_[at_])) return word();
  const char c = rtf_[at_++];
  if (c == '\'') return hex();
  RtfToken token;
  if (c == '\r' || c == '\n') {
    if (c == '\r' && peek() == '\n') ++at_;
    token.row = &kPar;
  } else if (c == '\t') {
    token.row = &kTab;
  }
  token.kind = token.row != &kUnknownRtfWord ? RtfToken::Kind::word
               : c == '*'                    ? RtfToken::Kind::star
                                             : RtfToken::Kind::symbol;
  token.value = static_cast<unsigned char>(c);
  return token;
}

// A quote without two digits behind it is a symbol that means nothing; a lone digit is dropped with it.
RtfToken RtfTokenizer::hex() {
  const int high = hex_digit(peek());
  const int low = hex_digit(peek(1));
  RtfToken token;
  if (high >= 0) ++at_;
  token.kind = RtfToken::Kind::symbol;
  token.value = '\'';
  if (high < 0 || low < 0) return token;
  ++at_;
  token.kind = RtfToken::Kind::hex;
  token.value = static_cast<unsigned char>(high << 4 | low);
  return token;
}

RtfToken RtfTokenizer::word() {
  RtfToken token;
  token.kind = RtfToken::Kind::word;
  const std::size_t begin = at_;
  while (at_ < rtf_.size() && is_letter(rtf_[at_])) ++at_;
  token.text = rtf_.substr(begin, at_ - begin);
  token.row = &find_rtf_word(token.text, key_at(rtf_, begin, at_));
  const bool negative = peek() == '-' && is_digit(peek(1));
  if (negative) ++at_;
  for (; at_ < rtf_.size() && is_digit(rtf_[at_]); ++at_) {
    token.has_number = true;
    if (token.number < kLargestNumber / 10) token.number = token.number * 10 + (rtf_[at_] - '0');
  }
  if (negative) token.number = -token.number;
  if (peek() == ' ') ++at_;  // the delimiter belongs to the word
  if (token.row->word == RtfWord::bin) {
    const std::size_t size = token.number > 0 ? static_cast<std::size_t>(token.number) : 0;
    token.text = rtf_.substr(at_, size);
    at_ += token.text.size();
  }
  return token;
}

std::size_t RtfTokenizer::skip_to_group_end() {
  const std::size_t begin = at_;
  for (std::size_t depth = 0; at_ < rtf_.size();) {
    const char c = rtf_[at_];
    if (c == '}' && depth == 0) break;
    if (c == '\\') {
      ++at_;
      if (rtf_.substr(at_).starts_with("bin"))
        word();
      else if (at_ < rtf_.size())
        ++at_;
      continue;
    }
    depth += c == '{';
    depth -= c == '}';
    ++at_;
  }
  return at_ - begin;
}

}  // namespace mapiguard
