// The charset that HTML says of itself (WHATWG HTML 13.2.3.2, the prescan), and saying utf-8 instead.
#include <algorithm>

#include "base/text.h"
#include "converter/body/rtf.h"

namespace mapiguard {
namespace {

constexpr std::size_t kPrescanBytes = 4 * 1024;
constexpr std::size_t kHeadBytes = 256 * 1024;  // where a <meta> is changed: Word's style sheets are long

struct Range {
  std::size_t begin = 0;
  std::size_t end = 0;
};

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f'; }
bool is_name_char(char c) {
  const char lower = ascii_lower(c);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == ':' ||
         c == '+';
}

std::size_t find_ignoring_case(std::string_view text, std::string_view lower, std::size_t from) {
  for (std::size_t i = from; i + lower.size() <= text.size(); ++i)
    if (ascii_lower(text[i]) == lower[0] && starts_with_ignoring_case(text.substr(i), lower)) return i;
  return std::string_view::npos;
}

// The value behind `word` and "=", in whatever quotes, within html[from, to).
bool find_value(std::string_view html, std::string_view word, std::size_t from, std::size_t to, Range& value) {
  const std::string_view part = html.substr(0, to);
  for (std::size_t at = find_ignoring_case(part, word, from); at != std::string_view::npos;
       at = find_ignoring_case(part, word, at + 1)) {
    std::size_t i = at + word.size();
    while (i < to && is_blank(part[i])) ++i;
    if (i >= to || part[i] != '=') continue;
    ++i;
    while (i < to && (is_blank(part[i]) || part[i] == '"' || part[i] == '\'')) ++i;
    value.begin = i;
    while (i < to && is_name_char(part[i])) ++i;
    value.end = i;
    if (value.end > value.begin) return true;
  }
  return false;
}

// Where the next charset is named at or behind `from`: a <meta> or an XML declaration, outside of comments.
bool find_charset(std::string_view html, std::size_t from, Range& value) {
  while ((from = html.find('<', from)) != std::string_view::npos) {
    const std::string_view rest = html.substr(from);
    if (rest.starts_with("<!--")) {
      const std::size_t end = html.find("-->", from + 4);
      if (end == std::string_view::npos) return false;
      from = end + 3;
      continue;
    }
    const bool is_meta =
        rest.size() > 5 && starts_with_ignoring_case(rest, "<meta") && (is_blank(rest[5]) || rest[5] == '/');
    const bool is_xml = starts_with_ignoring_case(rest, "<?xml ");
    const std::size_t close = is_meta || is_xml ? std::min(html.find('>', from), html.size()) : from + 1;
    if ((is_meta || is_xml) && find_value(html, is_meta ? "charset" : "encoding", from, close, value)) return true;
    from = close;
  }
  return false;
}

}  // namespace

std::string charset_in_html(std::string_view html) {
  if (html.starts_with("\xEF\xBB\xBF")) return "utf-8";
  if (html.starts_with("\xFF\xFE")) return "utf-16le";
  if (html.starts_with("\xFE\xFF")) return "utf-16be";
  Range value;
  if (!find_charset(html.substr(0, kPrescanBytes), 0, value)) return {};
  return ascii_lower(html.substr(value.begin, value.end - value.begin));
}

std::string html_with_utf8_meta(std::string html) {
  constexpr std::string_view kUtf8 = "utf-8";
  const std::string_view head = std::string_view(html).substr(0, kHeadBytes);
  std::string changed;
  std::size_t copied = 0;
  Range value;
  for (std::size_t from = 0; find_charset(head, from, value); from = value.end) {
    if (equals_ignoring_case(head.substr(value.begin, value.end - value.begin), kUtf8)) continue;
    changed.append(html, copied, value.begin - copied).append(kUtf8);
    copied = value.end;
  }
  if (copied == 0) return html;
  return changed.append(html, copied);
}

}  // namespace mapiguard
