#include "converter/body/rtf_field.h"

#include "base/text.h"

namespace mapiguard {
namespace {

constexpr std::size_t kLongestTarget = 8'192;

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// The next argument: quoted, with \" and \\ inside, or up to a blank.
std::string next_argument(std::string_view& rest) {
  while (!rest.empty() && is_blank(rest.front())) rest.remove_prefix(1);
  const bool quoted = rest.starts_with('"');
  if (quoted) rest.remove_prefix(1);
  std::string argument;
  while (!rest.empty()) {
    if (quoted ? rest.front() == '"' : is_blank(rest.front())) break;
    const bool escaped = quoted && rest.size() > 1 && rest[0] == '\\' && (rest[1] == '"' || rest[1] == '\\');
    if (escaped) rest.remove_prefix(1);
    argument += rest.front();
    rest.remove_prefix(1);
  }
  if (quoted && !rest.empty()) rest.remove_prefix(1);
  return argument;
}

// Blanks and controls are what hides a scheme from a filter but not from a browser.
bool is_harmful(std::string_view target) {
  std::string scheme;
  for (const char c : target.substr(0, 64))
    if (static_cast<unsigned char>(c) > ' ') scheme += ascii_lower(c);
  return scheme.starts_with("javascript:") || scheme.starts_with("vbscript:") || scheme.starts_with("data:");
}

}  // namespace

std::optional<std::string> hyperlink_of_field(std::string_view instruction) {
  if (!equals_ignoring_case(next_argument(instruction), "HYPERLINK")) return std::nullopt;
  std::string target;
  std::string anchor;
  while (!instruction.empty()) {
    const std::string argument = next_argument(instruction);
    if (argument == "\\l")
      anchor = next_argument(instruction);
    else if (argument == "\\o" || argument == "\\t")
      next_argument(instruction);
    else if (!argument.empty() && argument[0] != '\\' && target.empty())
      target = argument;
  }
  if (!anchor.empty()) target += '#' + anchor;
  if (target.empty() || target.size() > kLongestTarget || is_harmful(target)) return std::nullopt;
  return target;
}

}  // namespace mapiguard
