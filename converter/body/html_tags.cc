#include "converter/body/html_tags.h"

#include "base/text.h"
#include "converter/body/html_entities.h"
#include "converter/body/single_byte_tables.h"

namespace mapiguard {
namespace {

constexpr std::size_t kMostNameBytes = 16;
constexpr std::size_t kMostDigits = 12;

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f'; }
bool is_letter(char c) { return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

int digit_of(char c, bool hexadecimal) {
  if (is_digit(c)) return c - '0';
  const char lower = ascii_lower(c);
  return hexadecimal && lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// "&#…": numbers 0x80 … 0x9F mean windows-1252 (WHATWG HTML 13.2.5.80).
HtmlReference numeric_reference(std::string_view text) {
  const bool hexadecimal = text.size() > 2 && ascii_lower(text[2]) == 'x';
  const std::size_t begin = hexadecimal ? 3 : 2;
  std::size_t i = begin;
  char32_t value = 0;
  for (; i < text.size() && i < begin + kMostDigits; ++i) {
    const int digit = digit_of(text[i], hexadecimal);
    if (digit < 0) break;
    if (value <= 0x10FFFF) value = value * (hexadecimal ? 16 : 10) + static_cast<char32_t>(digit);
  }
  if (i == begin) return {};
  if (value >= 0x80 && value <= 0x9F) value = single_byte::kPage1252[value - 0x80];
  if (value == 0) value = 0xFFFD;
  return {value, i + (i < text.size() && text[i] == ';')};
}

// Of the old names (Latin-1) the ";" may be missing.
HtmlReference named_reference(std::string_view text) {
  std::size_t end = 1;
  while (end < text.size() && end <= kLongestHtmlEntity && (is_letter(text[end]) || is_digit(text[end]))) ++end;
  const char16_t found = find_html_entity(text.substr(1, end - 1));
  const bool closed = end < text.size() && text[end] == ';';
  if (found == 0 || (!closed && found > 0xFF)) return {};
  return {found, end + closed};
}

}  // namespace

HtmlReference read_html_reference(std::string_view text) {
  if (text.size() < 2 || text[0] != '&') return {};
  return text[1] == '#' ? numeric_reference(text) : named_reference(text);
}

std::string decode_html_references(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t plain = std::min(text.find('&', i), text.size());
    out += text.substr(i, plain - i);
    i = plain;
    if (i == text.size()) break;
    const HtmlReference found = read_html_reference(text.substr(i));
    if (found.length > 0)
      append_utf8(out, found.code_point);
    else
      out += '&';
    i += std::max<std::size_t>(found.length, 1);
  }
  return out;
}

std::string_view HtmlTag::attribute(std::string_view wanted) const {
  std::string_view rest = attributes;
  while (!rest.empty()) {
    const auto skip_blanks = [&] {
      while (!rest.empty() && (is_blank(rest.front()) || rest.front() == '/')) rest.remove_prefix(1);
    };
    skip_blanks();
    std::size_t length = 0;
    while (length < rest.size() && !is_blank(rest[length]) && rest[length] != '=') ++length;
    const std::string_view key = rest.substr(0, length);
    rest.remove_prefix(length);
    skip_blanks();
    if (!rest.starts_with('=')) continue;
    rest.remove_prefix(1);
    while (!rest.empty() && is_blank(rest.front())) rest.remove_prefix(1);
    const char quote = !rest.empty() && (rest.front() == '"' || rest.front() == '\'') ? rest.front() : '\0';
    if (quote) rest.remove_prefix(1);
    const std::size_t stop = std::min(quote ? rest.find(quote) : rest.find_first_of(" \t\r\n\f"), rest.size());
    if (equals_ignoring_case(key, wanted)) return rest.substr(0, stop);
    rest.remove_prefix(std::min(stop + (quote ? 1 : 0), rest.size()));
  }
  return {};
}

std::size_t HtmlTagScanner::end_of_tag(std::string_view html, std::size_t at) {
  for (std::size_t i = at; i < html.size(); ++i) {
    const char c = html[i];
    if (c == '>') return i;
    if (c != '"' && c != '\'') continue;
    bool& none = no_more_[c == '\''];
    const std::size_t close = none ? std::string_view::npos : html.find(c, i + 1);
    if (close == std::string_view::npos)
      none = true;
    else
      i = close;
  }
  return html.find('>', at);
}

bool HtmlTagScanner::read(std::string_view html, std::size_t at, HtmlTag& tag) {
  std::size_t i = at + 1;
  tag.is_end = i < html.size() && html[i] == '/';
  if (tag.is_end) ++i;
  if (i >= html.size() || !is_letter(html[i])) return false;
  const std::size_t name = i;
  while (i < html.size() && !is_blank(html[i]) && html[i] != '>' && html[i] != '/') ++i;
  tag.name = ascii_lower(html.substr(name, std::min(i - name, kMostNameBytes)));
  const std::size_t stop = std::min(end_of_tag(html, i), html.size());
  tag.attributes = html.substr(i, stop - i);
  tag.end = std::min(stop + 1, html.size());
  return true;
}

}  // namespace mapiguard
