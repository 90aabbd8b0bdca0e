#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "base/budget.h"
#include "base/text.h"
#include "base/try.h"
#include "tools/registry/reg_text.h"

namespace mapiguard {
namespace {

constexpr std::string_view kHead5 = "Windows Registry Editor Version 5.00";
constexpr std::string_view kHead4 = "REGEDIT4";

constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kRoots = {{
    {"HKEY_LOCAL_MACHINE", "HKLM"},
    {"HKEY_CURRENT_USER", "HKCU"},
    {"HKEY_CLASSES_ROOT", "HKCR"},
    {"HKEY_USERS", "HKU"},
    {"HKEY_CURRENT_CONFIG", "HKCC"},
}};

bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

// How many UTF-16 units a text takes: what Windows counts as its length.
std::size_t units_in(std::string_view utf8) {
  std::size_t units = 0;
  for (const char c : utf8) {
    const auto byte = static_cast<unsigned char>(c);
    units += (byte & 0xC0) != 0x80;
    units += byte >= 0xF0;
  }
  return units;
}

// The file as UTF-8. Errors say what kind of file it is.
struct Decoded {
  std::string text;
  bool texts_are_ansi = false;  // those within hex(2) and hex(7)
};

Result<Decoded> decoded(Bytes file) {
  if (file.size() > kMostRegTextBytes) return fail(ErrorCode::not_a_message, "the file is larger than 256 MiB");
  const std::string_view chars = as_chars(file);
  if (chars.starts_with("\xFE\xFF"))
    return fail(ErrorCode::not_a_message,
                "the file is UTF-16 with its bytes swapped, which regedit neither writes nor reads");
  Decoded result;
  if (chars.starts_with("\xFF\xFE"))
    result.text = utf16le_to_utf8(slice(file, 2));
  else if (chars.starts_with("\xEF\xBB\xBF") || is_utf8(chars))
    result.text = chars.substr(chars.starts_with("\xEF\xBB\xBF") ? 3 : 0);
  else
    result.text = utf8_of_ansi(chars);
  if (!is_utf8(result.text)) result.text = repair_utf8(result.text);
  return result;
}

class Reader {
 public:
  explicit Reader(Decoded file)
      : file_(std::move(file)), rest_(file_.text), budget_(Budget::for_input(Limits{}, file_.text.size())) {}

  Result<Registry> read();

 private:
  std::unexpected<Error> broken(const std::string& why) const { return broken_at(line_, why); }
  static std::unexpected<Error> broken_at(std::uint32_t line, const std::string& why) {
    return fail(ErrorCode::not_a_message, "line " + std::to_string(line) + ": " + why);
  }
  bool next_line();
  Result<void> read_head();
  Result<void> read_key();
  Result<std::string> key_path(std::string_view written) const;
  Result<void> read_value();
  Result<void> read_data(RegistryValue& value);
  Result<std::string> quoted(std::string_view what);
  Result<void> read_text(RegistryValue& value);
  Result<void> read_dword(RegistryValue& value);
  Result<void> read_hex(RegistryValue& value);
  Result<void> read_bytes(std::vector<std::byte>& data);
  Result<void> end_of_line(std::string_view behind);
  void blanks() {
    while (!line_text_.empty() && is_blank(line_text_.front())) line_text_.remove_prefix(1);
  }

  Decoded file_;
  std::string_view rest_;       // behind the present line
  std::string_view line_text_;  // what is left of the present line
  std::uint32_t line_ = 0;
  Budget budget_;
  Registry registry_;
};

bool Reader::next_line() {
  if (rest_.empty() || !budget_.spend()) return false;
  const std::size_t end = rest_.find('\n');
  line_text_ = rest_.substr(0, end);
  rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
  if (line_text_.ends_with('\r')) line_text_.remove_suffix(1);
  ++line_;
  return true;
}

Result<void> Reader::read_head() {
  while (next_line()) {
    const std::string_view head = trim(line_text_);
    if (head.empty()) continue;
    file_.texts_are_ansi = head == kHead4;
    if (head == kHead4 || head == kHead5) return {};
    return broken("a .reg file begins with '" + std::string(kHead5) + "' or '" + std::string(kHead4) +
                  "', this one with '" + displayable(head, 60) + "'");
  }
  return fail(ErrorCode::not_a_message, "the file is empty");
}

Result<Registry> Reader::read() {
  MAPIGUARD_TRY(read_head());
  while (next_line()) {
    blanks();
    if (line_text_.empty() || line_text_.front() == ';') continue;
    if (line_text_.front() == '[')
      MAPIGUARD_TRY(read_key());
    else
      MAPIGUARD_TRY(read_value());
  }
  if (!rest_.empty()) return broken("the file takes too long to read");
  return std::move(registry_);
}

Result<void> Reader::read_key() {
  // A key's name may hold any "]" but the last.
  const std::size_t end = line_text_.rfind(']');
  if (end == std::string_view::npos) return broken("the key has no closing bracket");
  RegistryKey key;
  key.line = line_;
  std::string_view written = line_text_.substr(1, end - 1);
  key.deletes = written.starts_with('-');
  if (key.deletes) written.remove_prefix(1);
  auto path = key_path(written);
  if (!path) return std::unexpected(std::move(path.error()));
  key.path = std::move(*path);
  registry_.keys.push_back(std::move(key));
  line_text_.remove_prefix(end + 1);
  return end_of_line("the key");
}

Result<std::string> Reader::key_path(std::string_view written) const {
  while (written.ends_with('\\')) written.remove_suffix(1);
  const auto parts = key_parts(written);
  if (parts.size() > kMostKeyDepth) return broken("the key is more than " + std::to_string(kMostKeyDepth) + " deep");
  for (const std::string_view part : parts) {
    if (part.empty()) return broken("the key has a part without a name");
    if (units_in(part) > kMostKeyName)
      return broken("a part of the key has more than " + std::to_string(kMostKeyName) + " characters");
    if (part.find('\0') != std::string_view::npos) return broken("the key has a NUL in its name");
  }
  for (const auto& [name, short_name] : kRoots)
    if (equals_ignoring_case(parts[0], name) || equals_ignoring_case(parts[0], short_name))
      return std::string(name) + std::string(written.substr(parts[0].size()));
  return broken("a key begins with HKEY_LOCAL_MACHINE or another root, not with '" + displayable(parts[0], 60) + "'");
}

Result<void> Reader::read_value() {
  if (line_text_.front() != '"' && line_text_.front() != '@') return broken("neither a key, a value nor a comment");
  if (registry_.keys.empty()) return broken("a value stands before the first key");
  RegistryValue value;
  value.line = line_;
  if (line_text_.front() == '@') {
    line_text_.remove_prefix(1);
  } else {
    auto name = quoted("the name of the value");
    if (!name) return std::unexpected(std::move(name.error()));
    value.name = std::move(*name);
    if (units_in(value.name) > kMostValueName) return broken_at(value.line, "the name of the value is too long");
  }
  blanks();
  if (!line_text_.starts_with('=')) return broken("'=' is missing behind the name of the value");
  line_text_.remove_prefix(1);
  blanks();
  MAPIGUARD_TRY(read_data(value));
  RegistryKey& key = registry_.keys.back();
  if (key.deletes) return broken_at(value.line, "a value stands below a key that is deleted");
  key.values.push_back(std::move(value));
  return {};
}

Result<void> Reader::read_data(RegistryValue& value) {
  if (line_text_.starts_with('"')) return read_text(value);
  if (starts_with_ignoring_case(line_text_, "dword:")) return read_dword(value);
  if (starts_with_ignoring_case(line_text_, "hex")) return read_hex(value);
  if (!line_text_.starts_with('-')) return broken("the value is neither a text in quotation marks, dword:, hex: nor -");
  value.deletes = true;
  line_text_.remove_prefix(1);
  return end_of_line("the value");
}

// Regedit writes a line end within a text as it is, so a text may go on in the next line.
Result<std::string> Reader::quoted(std::string_view what) {
  const std::uint32_t first = line_;
  std::string text;
  line_text_.remove_prefix(1);
  for (;;) {
    if (!budget_.spend()) return broken("the file takes too long to read");
    if (line_text_.empty()) {
      if (!next_line()) return broken_at(first, std::string(what) + " has no closing quotation mark");
      text += "\r\n";
      continue;
    }
    const char c = line_text_.front();
    line_text_.remove_prefix(1);
    if (c == '"') return text;
    if (c == '\0') return broken(std::string(what) + " has a NUL in it");
    if (c != '\\') {
      text.push_back(c);
      continue;
    }
    const char escaped = line_text_.empty() ? '\0' : line_text_.front();
    if (escaped != '\\' && escaped != '"')
      return broken("a backslash in " + std::string(what) + " must be followed by another, or by a quotation mark");
    text.push_back(escaped);
    line_text_.remove_prefix(1);
  }
}

Result<void> Reader::read_text(RegistryValue& value) {
  const auto text = quoted("the text");
  if (!text) return std::unexpected(text.error());
  if (text->size() > kMostValueBytes) return broken_at(value.line, "the text is longer than 16 MiB");
  RegistryValue made = text_value({}, *text);
  value.type = made.type;
  value.data = std::move(made.data);
  return end_of_line("the text");
}

Result<void> Reader::read_dword(RegistryValue& value) {
  line_text_.remove_prefix(std::string_view("dword:").size());
  blanks();
  std::uint32_t number = 0;
  const auto [stop, error] = std::from_chars(line_text_.data(), line_text_.data() + line_text_.size(), number, 16);
  const auto digits = static_cast<std::size_t>(stop - line_text_.data());
  if (error != std::errc() || digits > 8) return broken("dword: takes one to eight hexadecimal digits");
  line_text_.remove_prefix(digits);
  RegistryValue made = dword_value({}, number);
  value.type = made.type;
  value.data = std::move(made.data);
  return end_of_line("the number");
}

Result<void> Reader::read_hex(RegistryValue& value) {
  line_text_.remove_prefix(3);
  value.type = RegistryType::binary;
  if (line_text_.starts_with('(')) {
    std::uint32_t type = 0;
    const auto [stop, error] = std::from_chars(line_text_.data() + 1, line_text_.data() + line_text_.size(), type, 16);
    line_text_.remove_prefix(static_cast<std::size_t>(stop - line_text_.data()));
    if (error != std::errc() || !line_text_.starts_with(')'))
      return broken("hex( takes the number of a type, as in hex(7):");
    line_text_.remove_prefix(1);
    value.type = static_cast<RegistryType>(type);
  }
  if (!line_text_.starts_with(':')) return broken("':' is missing behind hex");
  line_text_.remove_prefix(1);
  MAPIGUARD_TRY(read_bytes(value.data));
  if (file_.texts_are_ansi && is_text(value.type)) {
    const std::string_view ansi = as_chars(value.data);
    value.data = utf16le_of(is_utf8(ansi) ? std::string(ansi) : utf8_of_ansi(ansi));
  }
  return {};
}

// Bytes with commas between them; a backslash at the end of a line says that the next one goes on.
Result<void> Reader::read_bytes(std::vector<std::byte>& data) {
  bool wants_byte = false;  // behind a comma, where the next line must bring one
  for (;;) {
    if (!budget_.spend()) return broken("the file takes too long to read");
    blanks();
    if (line_text_.starts_with('\\')) {
      line_text_.remove_prefix(1);
      MAPIGUARD_TRY(end_of_line("the backslash"));
      if (!next_line()) return broken("the file ends within a value");
      continue;
    }
    const auto high = line_text_.empty() ? std::nullopt : hex_digit(line_text_.front());
    if (!high) break;
    line_text_.remove_prefix(1);
    const auto low = line_text_.empty() ? std::nullopt : hex_digit(line_text_.front());
    if (low) line_text_.remove_prefix(1);
    if (data.size() == kMostValueBytes) return broken("the value is longer than 16 MiB");
    data.push_back(static_cast<std::byte>(low ? *high * 16 + *low : *high));
    blanks();
    wants_byte = line_text_.starts_with(',');
    if (!wants_byte) break;
    line_text_.remove_prefix(1);
  }
  if (wants_byte) return broken("a byte of two hexadecimal digits must follow the comma");
  return end_of_line("the bytes");
}

Result<void> Reader::end_of_line(std::string_view behind) {
  blanks();
  if (line_text_.empty() || line_text_.front() == ';') return {};
  return broken("'" + displayable(line_text_, 40) + "' stands behind " + std::string(behind));
}

}  // namespace

Result<Registry> read_reg_text(Bytes file) {
  auto text = decoded(file);
  if (!text) return std::unexpected(std::move(text.error()));
  return Reader(std::move(*text)).read();
}

}  // namespace mapiguard
