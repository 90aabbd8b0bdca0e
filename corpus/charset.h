// Text as the containers keep it: UTF-16LE, or the bytes of a Windows code page. Catalogue text is UTF-8.
//
// Thread promise: pure functions. Text that the code page cannot hold is a mistake of the catalogue and throws
// std::logic_error.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mapiguard::corpus {

std::u16string utf16(std::string_view utf8);
std::string utf16le(std::string_view utf8);
std::string encode(std::uint32_t codepage, std::string_view utf8);
std::string encode_lossy(std::uint32_t codepage, std::string_view utf16le);  // "?" for what it cannot hold
bool can_encode(std::uint32_t codepage, std::string_view utf8);

// How the strings of one message are kept: PtypString (UTF-16), or PtypString8 in a code page.
class TextCoding {
 public:
  static TextCoding unicode() { return TextCoding(0, 0x0409); }
  static TextCoding ansi(std::uint32_t codepage, std::uint32_t locale) { return TextCoding(codepage, locale); }

  bool is_unicode() const { return codepage_ == 0; }
  std::uint32_t codepage() const { return is_unicode() ? 1252 : codepage_; }
  std::uint32_t locale() const { return locale_; }
  std::uint16_t type() const { return is_unicode() ? 0x001F : 0x001E; }
  std::string encode(std::string_view utf8) const;
  std::string terminator() const { return std::string(is_unicode() ? 2 : 1, '\0'); }

 private:
  TextCoding(std::uint32_t codepage, std::uint32_t locale) : codepage_(codepage), locale_(locale) {}
  std::uint32_t codepage_;
  std::uint32_t locale_;
};

}  // namespace mapiguard::corpus
