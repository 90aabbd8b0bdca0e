// Content lines, the common syntax of iCalendar (RFC 5545 3.1) and vCard (RFC 6350 3.2): NAME;PARAM=value:value, folded
// at 75 octets, CRLF.
//
// Thread promise: plain values.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mapiguard {

using LineParameter = std::pair<std::string_view, std::string>;

class ContentLines {
 public:
  void begin(std::string_view component) { raw("BEGIN", component); }
  void end(std::string_view component) { raw("END", component); }

  // The value as it is: dates, URIs, numbers, lists that are escaped already.
  void raw(std::string_view name, std::string_view value, std::initializer_list<LineParameter> parameters = {}) {
    raw(name, value, std::vector<LineParameter>(parameters));
  }
  void raw(std::string_view name, std::string_view value, const std::vector<LineParameter>& parameters);
  // A TEXT value; nothing for an empty one.
  void text(std::string_view name, std::string_view utf8, std::initializer_list<LineParameter> parameters = {});

  bool empty() const { return text_.empty(); }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

// RFC 5545 3.3.11, RFC 6350 3.4: backslash, comma, semicolon and line ends escaped, other control characters gone.
std::string escaped_text(std::string_view utf8);

}  // namespace mapiguard
