// JsonObject: writes one JSON object as text, key by key in the order of the calls. For records with a fixed shape,
// where a general JSON library would cost more to compile than this whole file.
//
//   JsonObject().text("class", "crashed").number("signal", 11).null("stack").str()
//
// Strings must be what may be shown (base/text.h displayable()); bytes that are not UTF-8 become U+FFFD here.
//
// Thread promise: plain values.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mapiguard {

std::string json_quoted(std::string_view text);  // with its quotes
std::string json_array(const std::vector<std::string>& texts);

class JsonObject {
 public:
  JsonObject& text(std::string_view key, std::string_view value) { return raw(key, json_quoted(value)); }
  // Null for an empty text.
  JsonObject& text_or_null(std::string_view key, std::string_view value) {
    return value.empty() ? null(key) : text(key, value);
  }
  JsonObject& number(std::string_view key, std::integral auto value) { return raw(key, std::to_string(value)); }
  JsonObject& number(std::string_view key, const std::optional<int>& value);
  JsonObject& flag(std::string_view key, bool value) { return raw(key, value ? "true" : "false"); }
  JsonObject& null(std::string_view key) { return raw(key, "null"); }
  JsonObject& array(std::string_view key, const std::vector<std::string>& texts) { return raw(key, json_array(texts)); }
  // `json` is JSON already.
  JsonObject& raw(std::string_view key, std::string_view json);
  // Every key of another object's text, after those that are there.
  JsonObject& merge(std::string_view object);

  std::string str() const { return "{" + body_ + "}"; }

 private:
  std::string body_;
};

}  // namespace mapiguard
