// Registry: keys and values of a Windows registry, as a .reg file or a hive tells them. Texts are UTF-8 here; what a
// value holds stays as it is in the registry (texts in UTF-16LE), so that nothing is lost on the way.
//
// Thread promise: plain values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace mapiguard {

// winnt.h; numbers without a name occur and are kept.
enum class RegistryType : std::uint32_t {
  none = 0,
  sz = 1,
  expand_sz = 2,
  binary = 3,
  dword = 4,
  dword_big_endian = 5,
  link = 6,
  multi_sz = 7,
  qword = 11,
};
std::string type_name(RegistryType type);  // "REG_DWORD"; "type 0x00000042"
constexpr bool is_text(RegistryType type) {
  return type == RegistryType::sz || type == RegistryType::expand_sz || type == RegistryType::multi_sz;
}

struct RegistryValue {
  std::string name;  // "" = the key's default value
  RegistryType type = RegistryType::none;
  std::vector<std::byte> data;
  bool deletes = false;    // of a .reg file: "name"=-
  std::uint32_t line = 0;  // where it stands in the file; 0 = not in a text

  bool operator==(const RegistryValue&) const = default;
};

struct RegistryKey {
  std::string path;      // "HKEY_LOCAL_MACHINE\SYSTEM\…", as it was written
  bool deletes = false;  // of a .reg file: [-key], with all below it
  std::uint32_t line = 0;
  std::vector<RegistryValue> values;

  bool operator==(const RegistryKey&) const = default;
};

// In the order of the file, which counts: later ones act on what earlier ones made.
struct Registry {
  std::vector<RegistryKey> keys;

  bool operator==(const Registry&) const = default;
};

inline constexpr std::string_view kLocalMachine = "HKEY_LOCAL_MACHINE";

std::vector<std::byte> utf16le_of(std::string_view utf8);

RegistryValue dword_value(std::string name, std::uint32_t number);
RegistryValue text_value(std::string name, std::string_view text);
RegistryValue texts_value(std::string name, const std::vector<std::string>& texts);

// What a value holds; nullopt when its type or its length is another. A text ends at its first NUL, a list at its
// first empty text, with or without terminators.
std::optional<std::uint32_t> dword_of(const RegistryValue& value);
std::optional<std::string> text_of(const RegistryValue& value);
std::optional<std::vector<std::string>> texts_of(const RegistryValue& value);
// As a person reads it, whatever it is: "604800", "maildir:ndr", "a; b", "binary, 12 bytes".
std::string shown(const RegistryValue& value);

// What stands between backslashes.
std::vector<std::string_view> key_parts(std::string_view path);

}  // namespace mapiguard
