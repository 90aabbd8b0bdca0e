#include "converter/mime/html_links.h"

#include <algorithm>

#include "base/text.h"

namespace mapiguard {
namespace {

constexpr std::size_t kLongestLink = 4096;

int hex_value(char c) {
  const char lower = ascii_lower(c);
  return c >= '0' && c <= '9' ? c - '0' : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_value(text[i + 2]) : -1;
    if (low >= 0) {
      out += static_cast<char>(high << 4 | low);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string without_entities(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    out += text[i];
    if (text[i] == '&' && text.substr(i, 5) == "&amp;") i += 4;
  }
  return out;
}

// What stands behind "=", "(" or "cid:" up to the quote that opened it, or to a blank, ">" or ")".
std::string_view target_at(std::string_view html, std::size_t at, char quote) {
  const std::string_view rest = html.substr(at, kLongestLink);
  const std::size_t end = quote ? rest.find(quote) : rest.find_first_of(" \t\r\n>)\"';");
  return end == rest.npos ? std::string_view() : trim(rest.substr(0, end));
}

void add_target(HtmlLinks& links, std::string_view target) {
  if (target.empty()) return;
  const std::string text = without_entities(target);
  if (!starts_with_ignoring_case(text, "cid:")) {
    links.locations.insert(text);
    return;
  }
  std::string id = percent_decoded(trim(std::string_view(text).substr(4)));
  if (id.size() > 2 && id.front() == '<' && id.back() == '>') id = id.substr(1, id.size() - 2);
  links.content_ids.insert(ascii_lower(id));
  links.content_ids.insert(std::move(id));
}

// The position behind attribute name and "=", or npos.
std::size_t behind_equals(std::string_view html, std::size_t at) {
  while (at < html.size() && (html[at] == ' ' || html[at] == '\t' || html[at] == '\r' || html[at] == '\n')) ++at;
  return at < html.size() && html[at] == '=' ? at + 1 : html.npos;
}

}  // namespace

HtmlLinks links_of_html(std::string_view html, Budget& budget) {
  HtmlLinks links;
  constexpr std::string_view kAttributes[] = {"src", "href", "background", "data", "url"};
  for (std::size_t i = 0; i < html.size(); ++i) {
    const char c = ascii_lower(html[i]);
    if (c != 's' && c != 'h' && c != 'b' && c != 'd' && c != 'u') continue;
    for (const std::string_view attribute : kAttributes) {
      if (c != attribute[0] || !starts_with_ignoring_case(html.substr(i), attribute)) continue;
      const std::size_t name_end = i + attribute.size();
      const bool is_call = attribute == "url" && name_end < html.size() && html[name_end] == '(';
      std::size_t at = is_call ? name_end + 1 : behind_equals(html, name_end);
      if (at == html.npos) continue;
      while (at < html.size() && (html[at] == ' ' || html[at] == '\n' || html[at] == '\r')) ++at;
      const char quote = at < html.size() && (html[at] == '"' || html[at] == '\'') ? html[at] : '\0';
      if (!budget.spend(64)) return links;
      add_target(links, target_at(html, quote ? at + 1 : at, quote));
      i = name_end - 1;
      break;
    }
  }
  return links;
}

}  // namespace mapiguard
