// The markup of HTML as far as making text of it needs: tags and their attributes, character references, elements'
// kinds.
//
// Thread promise: plain values; an HtmlTagScanner belongs to one conversion.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

namespace mapiguard {

struct HtmlTag {
  std::string name;  // lower case, at most 16 letters of it
  bool is_end = false;
  std::string_view attributes;  // as they stand
  std::size_t end = 0;          // behind ">"

  std::string_view attribute(std::string_view wanted) const;  // its value as it stands, "" when absent
};

class HtmlTagScanner {
 public:
  // The tag whose "<" is at html[at]; false when no tag begins there. Linear over all tags of a document: a quote that
  // is never closed is looked through but once.
  bool read(std::string_view html, std::size_t at, HtmlTag& tag);

 private:
  std::size_t end_of_tag(std::string_view html, std::size_t at);
  bool no_more_[2] = {false, false};  // of " and of '
};

// A character reference at the head of the text: "&amp;", "&#8364;", "&#x20AC;", "&nbsp" (old names without ";").
struct HtmlReference {
  char32_t code_point = 0;
  std::size_t length = 0;  // 0 = there is none
};
HtmlReference read_html_reference(std::string_view text);
std::string decode_html_references(std::string_view text);

struct HtmlElement {
  // clang-format off
  enum class Kind : std::uint8_t {
    other, hidden, line_break, line, paragraph, rule, cell, row, preformatted, quote, list, item, link, image,
  };
  // clang-format on
  std::string_view name;
  Kind kind = Kind::other;
};

// clang-format off
inline constexpr HtmlElement kHtmlElements[] = {
    {"a", HtmlElement::Kind::link}, {"address", HtmlElement::Kind::line}, {"article", HtmlElement::Kind::line},
    {"aside", HtmlElement::Kind::line}, {"blockquote", HtmlElement::Kind::quote}, {"body", HtmlElement::Kind::line},
    {"br", HtmlElement::Kind::line_break}, {"caption", HtmlElement::Kind::line}, {"center", HtmlElement::Kind::line},
    {"dd", HtmlElement::Kind::line}, {"dir", HtmlElement::Kind::list}, {"div", HtmlElement::Kind::line},
    {"dl", HtmlElement::Kind::line}, {"dt", HtmlElement::Kind::line}, {"fieldset", HtmlElement::Kind::line},
    {"figcaption", HtmlElement::Kind::line}, {"figure", HtmlElement::Kind::line}, {"footer", HtmlElement::Kind::line},
    {"form", HtmlElement::Kind::line}, {"h1", HtmlElement::Kind::paragraph}, {"h2", HtmlElement::Kind::paragraph},
    {"h3", HtmlElement::Kind::paragraph}, {"h4", HtmlElement::Kind::paragraph}, {"h5", HtmlElement::Kind::paragraph},
    {"h6", HtmlElement::Kind::paragraph}, {"header", HtmlElement::Kind::line}, {"hr", HtmlElement::Kind::rule},
    {"img", HtmlElement::Kind::image}, {"legend", HtmlElement::Kind::line}, {"li", HtmlElement::Kind::item},
    {"listing", HtmlElement::Kind::preformatted}, {"main", HtmlElement::Kind::line}, {"menu", HtmlElement::Kind::list},
    {"nav", HtmlElement::Kind::line}, {"ol", HtmlElement::Kind::list}, {"option", HtmlElement::Kind::line},
    {"p", HtmlElement::Kind::paragraph}, {"pre", HtmlElement::Kind::preformatted}, {"script", HtmlElement::Kind::hidden},
    {"section", HtmlElement::Kind::line}, {"style", HtmlElement::Kind::hidden}, {"table", HtmlElement::Kind::line},
    {"td", HtmlElement::Kind::cell}, {"template", HtmlElement::Kind::hidden}, {"th", HtmlElement::Kind::cell},
    {"title", HtmlElement::Kind::hidden}, {"tr", HtmlElement::Kind::row}, {"ul", HtmlElement::Kind::list},
    {"xmp", HtmlElement::Kind::preformatted},
};
// clang-format on
static_assert(std::is_sorted(std::begin(kHtmlElements), std::end(kHtmlElements),
                             [](const HtmlElement& a, const HtmlElement& b) { return a.name <= b.name; }),
              "elements are in order and none stands twice");

inline constexpr HtmlElement kOtherHtmlElement{};
constexpr const HtmlElement& find_html_element(std::string_view name) {
  const auto* at =
      std::lower_bound(std::begin(kHtmlElements), std::end(kHtmlElements), name,
                       [](const HtmlElement& element, std::string_view key) { return element.name < key; });
  return at != std::end(kHtmlElements) && at->name == name ? *at : kOtherHtmlElement;
}

}  // namespace mapiguard
