#include "converter/mime/content_lines.h"

#include <algorithm>

namespace mapiguard {
namespace {

constexpr std::size_t kMostOctets = 75;

// A parameter value has no escapes: quotes become apostrophes, control characters spaces (RFC 5545 3.2).
std::string parameter_value(std::string_view value) {
  std::string out(value);
  for (char& c : out) {
    if (c == '"') c = '\'';
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  return out.find_first_of(",;:") == out.npos ? out : '"' + out + '"';
}

// A fold goes between characters, not inside one.
void append_folded(std::string& out, std::string_view line) {
  std::size_t most = kMostOctets;
  while (line.size() > most) {
    std::size_t end = most;
    while (end > 1 && (static_cast<unsigned char>(line[end]) & 0xC0) == 0x80) --end;
    out.append(line, 0, end).append("\r\n ");
    line.remove_prefix(end);
    most = kMostOctets - 1;
  }
  out.append(line).append("\r\n");
}

}  // namespace

void ContentLines::raw(std::string_view name, std::string_view value, const std::vector<LineParameter>& parameters) {
  std::string line(name);
  for (const auto& [key, text] : parameters) {
    line += ';';
    line.append(key).append("=").append(parameter_value(text));
  }
  line += ':';
  for (const char c : value)
    if (c != '\r' && c != '\n' && c != '\0') line += c;
  append_folded(text_, line);
}

void ContentLines::text(std::string_view name, std::string_view utf8, std::initializer_list<LineParameter> parameters) {
  if (!utf8.empty()) raw(name, escaped_text(utf8), std::vector<LineParameter>(parameters));
}

std::string escaped_text(std::string_view utf8) {
  std::string out;
  out.reserve(utf8.size() + utf8.size() / 16);
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    const char c = utf8[i];
    if (c == '\r' && i + 1 < utf8.size() && utf8[i + 1] == '\n') continue;
    if (c == '\n' || c == '\r') {
      out += "\\n";
    } else if (c == '\\' || c == ',' || c == ';') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) {
      out += c;
    } else if (c == '\t') {
      out += ' ';
    }
  }
  return out;
}

}  // namespace mapiguard
