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

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// True when "=" or "(" at `at` stands behind a word that takes a link.
bool opens_link(std::string_view html, std::size_t at) {
  std::string_view before = html.substr(0, at);
  if (html[at] == '(') return before.size() >= 3 && equals_ignoring_case(before.substr(before.size() - 3), "url");
  while (!before.empty() && is_blank(before.back())) before.remove_suffix(1);
  constexpr std::string_view kAttributes[] = {"src", "href", "background", "data", "url"};
  return std::any_of(std::begin(kAttributes), std::end(kAttributes), [&](std::string_view name) {
    return before.size() >= name.size() && equals_ignoring_case(before.substr(before.size() - name.size()), name);
  });
}

void add_targets_behind(char sign, std::string_view html, HtmlLinks& links, Budget& budget) {
  for (std::size_t i = html.find(sign); i != html.npos; i = html.find(sign, i + 1)) {
    if (!opens_link(html, i)) continue;
    std::size_t at = i + 1;
    while (at < html.size() && is_blank(html[at])) ++at;
    const char quote = at < html.size() && (html[at] == '"' || html[at] == '\'') ? html[at] : '\0';
    if (!budget.spend(64)) return;
    add_target(links, target_at(html, quote ? at + 1 : at, quote));
  }
}

}  // namespace

HtmlLinks links_of_html(std::string_view html, Budget& budget) {
  HtmlLinks links;
  add_targets_behind('=', html, links, budget);
  add_targets_behind('(', html, links, budget);
  return links;
}

}  // namespace mapiguard
