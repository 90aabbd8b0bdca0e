#include "converter/body/rtf_tokens.h"

#include <algorithm>
#include <array>

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

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_ignored(char c) { return c == '\r' || c == '\n' || c == '\0'; }

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
  while (at_ < rtf_.size() && !kSpecial[static_cast<unsigned char>(rtf_[at_])]) ++at_;
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
  token.kind = token.row != &kUnknownRtfWord ? RtfToken::Kind::word : c == '*' ? RtfToken::Kind::star : RtfToken::Kind::symbol;
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
  std::uint32_t hash = rtf::kHashSeed;
  for (; at_ < rtf_.size() && is_letter(rtf_[at_]); ++at_) hash = rtf::hash_step(hash, rtf_[at_]);
  token.text = rtf_.substr(begin, at_ - begin);
  token.row = &find_rtf_word(token.text, hash);
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
      if (rtf_.substr(at_).starts_with("bin")) word();
      else if (at_ < rtf_.size()) ++at_;
      continue;
    }
    depth += c == '{';
    depth -= c == '}';
    ++at_;
  }
  return at_ - begin;
}

}  // namespace mapiguard
