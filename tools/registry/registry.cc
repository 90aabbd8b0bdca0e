#include "tools/registry/registry.h"

#include <array>
#include <utility>

#include "base/text.h"

namespace mapiguard {
namespace {

constexpr std::array<std::pair<RegistryType, std::string_view>, 9> kTypeNames = {{
    {RegistryType::none, "REG_NONE"},
    {RegistryType::sz, "REG_SZ"},
    {RegistryType::expand_sz, "REG_EXPAND_SZ"},
    {RegistryType::binary, "REG_BINARY"},
    {RegistryType::dword, "REG_DWORD"},
    {RegistryType::dword_big_endian, "REG_DWORD_BIG_ENDIAN"},
    {RegistryType::link, "REG_LINK"},
    {RegistryType::multi_sz, "REG_MULTI_SZ"},
    {RegistryType::qword, "REG_QWORD"},
}};

void append_unit(std::vector<std::byte>& out, unsigned unit) {
  out.push_back(static_cast<std::byte>(unit & 0xFF));
  out.push_back(static_cast<std::byte>(unit >> 8));
}

// The code point at the head of `text`, which is UTF-8 that has been checked, and how many bytes it takes.
std::pair<char32_t, std::size_t> code_point_at(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  char32_t code = lead & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) code = code << 6 | (byte(i) & 0x3Fu);
  return {code, length};
}

}  // namespace

std::string type_name(RegistryType type) {
  for (const auto& [known, name] : kTypeNames)
    if (known == type) return std::string(name);
  return "type " + hex32(static_cast<std::uint32_t>(type));
}

std::vector<std::byte> utf16le_of(std::string_view text) {
  const std::string utf8 = repair_utf8(text);
  std::vector<std::byte> out;
  out.reserve(utf8.size() * 2);
  for (std::size_t at = 0; at < utf8.size();) {
    const auto [code, length] = code_point_at(std::string_view(utf8).substr(at));
    at += length;
    if (code >= 0x10000) {
      append_unit(out, 0xD800 + ((code - 0x10000) >> 10));
      append_unit(out, 0xDC00 + ((code - 0x10000) & 0x3FF));
    } else {
      append_unit(out, code);
    }
  }
  return out;
}

RegistryValue dword_value(std::string name, std::uint32_t number) {
  RegistryValue value{std::move(name), RegistryType::dword, {}};
  append_unit(value.data, number & 0xFFFF);
  append_unit(value.data, number >> 16);
  return value;
}

RegistryValue text_value(std::string name, std::string_view text) {
  RegistryValue value{std::move(name), RegistryType::sz, utf16le_of(text)};
  append_unit(value.data, 0);
  return value;
}

RegistryValue texts_value(std::string name, const std::vector<std::string>& texts) {
  RegistryValue value{std::move(name), RegistryType::multi_sz, {}};
  for (const std::string& text : texts) {
    const auto units = utf16le_of(text);
    value.data.insert(value.data.end(), units.begin(), units.end());
    append_unit(value.data, 0);
  }
  append_unit(value.data, 0);
  return value;
}

std::optional<std::uint32_t> dword_of(const RegistryValue& value) {
  if (value.type != RegistryType::dword || value.data.size() != 4) return std::nullopt;
  return ByteCursor(value.data).u32();
}

std::optional<std::string> text_of(const RegistryValue& value) {
  if (value.type != RegistryType::sz && value.type != RegistryType::expand_sz) return std::nullopt;
  std::string text = utf16le_to_utf8(value.data);
  text.resize(text.find('\0') == std::string::npos ? text.size() : text.find('\0'));
  return text;
}

std::optional<std::vector<std::string>> texts_of(const RegistryValue& value) {
  if (value.type != RegistryType::multi_sz) return std::nullopt;
  const std::string joined = utf16le_to_utf8(value.data);
  std::vector<std::string> texts;
  for (std::size_t at = 0; at < joined.size() && joined[at] != '\0';) {
    const std::size_t end = std::min(joined.find('\0', at), joined.size());
    texts.push_back(joined.substr(at, end - at));
    at = end + 1;
  }
  return texts;
}

std::string shown(const RegistryValue& value) {
  if (const auto number = dword_of(value)) return std::to_string(*number);
  if (const auto text = text_of(value)) return displayable(*text);
  if (const auto texts = texts_of(value)) {
    std::string joined;
    for (const std::string& text : *texts) joined += (joined.empty() ? "" : "; ") + text;
    return displayable(joined);
  }
  return type_name(value.type) + ", " + std::to_string(value.data.size()) + " bytes";
}

std::vector<std::string_view> key_parts(std::string_view path) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = path.find('\\');
    parts.push_back(path.substr(0, end));
    if (end == std::string_view::npos) return parts;
    path.remove_prefix(end + 1);
  }
}

}  // namespace mapiguard
