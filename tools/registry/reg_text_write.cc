#include <algorithm>

#include "base/text.h"
#include "tools/registry/reg_text.h"

namespace mapiguard {
namespace {

constexpr std::size_t kLineLength = 80;  // regedit breaks hex so that the backslash is at most the 80th character

std::string escaped(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out + '"';
}

std::string hex_prefix(RegistryType type) {
  if (type == RegistryType::binary) return "hex:";
  constexpr char kDigits[] = "0123456789abcdef";
  std::string digits;
  auto number = static_cast<std::uint32_t>(type);
  do digits.insert(digits.begin(), kDigits[number & 15]);
  while (number >>= 4);
  return "hex(" + digits + "):";
}

std::string hex_lines(std::string line, Bytes data) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < data.size(); ++i) {
    const auto byte = std::to_integer<unsigned>(data[i]);
    line += {kDigits[byte >> 4], kDigits[byte & 15]};
    if (i + 1 == data.size()) break;
    line += ',';
    if (line.size() + 3 < kLineLength) continue;
    out += line + "\\\r\n";
    line = "  ";
  }
  return out + line;
}

// A text that comes back as it is when it is written in quotation marks: one NUL, at its end.
bool is_plain_text(const RegistryValue& value) {
  const auto text = text_of(value);
  return value.type == RegistryType::sz && text && text_value({}, *text).data == value.data &&
         text->find_first_of("\r\n") == std::string::npos;
}

std::string value_line(const RegistryValue& value, RegEncoding encoding) {
  const std::string head = (value.name.empty() ? "@" : escaped(value.name)) + "=";
  if (value.deletes) return head + "-";
  if (const auto number = dword_of(value)) {
    const std::string digits = hex32(*number);
    return head + "dword:" + ascii_lower(digits.substr(2));
  }
  if (is_plain_text(value)) return head + escaped(*text_of(value));
  if (encoding == RegEncoding::utf16 || !is_text(value.type))
    return hex_lines(head + hex_prefix(value.type), value.data);
  const std::string ansi = ansi_of_utf8(utf16le_to_utf8(value.data));
  return hex_lines(head + hex_prefix(value.type), as_bytes(ansi));
}

}  // namespace

std::string write_reg_text(const Registry& registry, RegEncoding encoding) {
  std::string text = encoding == RegEncoding::utf16 ? "Windows Registry Editor Version 5.00\r\n" : "REGEDIT4\r\n";
  for (const RegistryKey& key : registry.keys) {
    text += "\r\n[" + std::string(key.deletes ? "-" : "") + key.path + "]\r\n";
    for (const RegistryValue& value : key.values) text += value_line(value, encoding) + "\r\n";
  }
  text += "\r\n";
  if (encoding == RegEncoding::ansi) return ansi_of_utf8(text);
  const auto units = utf16le_of(text);
  return "\xFF\xFE" + std::string(as_chars(units));
}

}  // namespace mapiguard
