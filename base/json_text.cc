#include "base/json_text.h"

#include <cstdio>

#include "base/text.h"

namespace mapiguard {

std::string json_quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : repair_utf8(text)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7F) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", byte);
      out += escape;
    } else {
      out += c;
    }
  }
  return out += '"';
}

std::string json_array(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) {
    if (out.size() > 1) out += ", ";
    out += json_quoted(text);
  }
  return out += ']';
}

JsonObject& JsonObject::number(std::string_view key, const std::optional<int>& value) {
  return value ? raw(key, std::to_string(*value)) : null(key);
}

JsonObject& JsonObject::raw(std::string_view key, std::string_view json) {
  if (!body_.empty()) body_ += ", ";
  body_ += json_quoted(key);
  body_ += ": ";
  body_ += json;
  return *this;
}

JsonObject& JsonObject::merge(std::string_view object) {
  object = trim(object);
  if (object.size() < 2 || object.front() != '{' || object.back() != '}') return *this;
  const std::string_view inner = trim(object.substr(1, object.size() - 2));
  if (inner.empty()) return *this;
  if (!body_.empty()) body_ += ", ";
  body_ += inner;
  return *this;
}

}  // namespace mapiguard
