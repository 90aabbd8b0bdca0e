#include "corpus/charset.h"

#include <iconv.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <optional>
#include <stdexcept>

#include "base/text.h"
#include "corpus/byte_sink.h"

namespace mapiguard::corpus {
namespace {

struct CodePage {
  std::uint32_t number;
  const char* charset;  // the name iconv knows it by
};

constexpr std::array kCodePages = std::to_array<CodePage>({
    {874, "CP874"},     {932, "CP932"},        {936, "CP936"},        {949, "CP949"},         {950, "BIG5"},
    {1200, "UTF-16LE"}, {1250, "CP1250"},      {1251, "CP1251"},      {1252, "CP1252"},       {1253, "CP1253"},
    {1254, "CP1254"},   {1255, "CP1255"},      {1256, "CP1256"},      {1257, "CP1257"},       {20127, "ASCII"},
    {20866, "KOI8-R"},  {28591, "ISO-8859-1"}, {28592, "ISO-8859-2"}, {28605, "ISO-8859-15"}, {50220, "ISO-2022-JP"},
    {54936, "GB18030"}, {65001, "UTF-8"},
});
static_assert(std::ranges::is_sorted(kCodePages, {}, &CodePage::number));

struct CloseIconv {
  using pointer = iconv_t;
  void operator()(iconv_t handle) const { iconv_close(handle); }
};

const char* charset_of(std::uint32_t codepage) {
  const auto row = std::ranges::find(kCodePages, codepage, &CodePage::number);
  if (row == kCodePages.end()) throw std::logic_error("no such code page: " + std::to_string(codepage));
  return row->charset;
}

std::optional<std::string> convert(const char* charset, std::string_view utf8) {
  const iconv_t handle = iconv_open(charset, "UTF-8");
  if (handle == reinterpret_cast<iconv_t>(-1)) throw std::logic_error(std::string("iconv does not know ") + charset);
  const std::unique_ptr<iconv_t, CloseIconv> closer(handle);
  std::string input(utf8), output(utf8.size() * 4 + 16, '\0');
  char* from = input.data();
  char* to = output.data();
  std::size_t from_left = input.size(), to_left = output.size();
  if (iconv(handle, &from, &from_left, &to, &to_left) == static_cast<std::size_t>(-1)) return std::nullopt;
  if (iconv(handle, nullptr, nullptr, &to, &to_left) == static_cast<std::size_t>(-1)) return std::nullopt;
  output.resize(output.size() - to_left);
  return output;
}

}  // namespace

std::string encode(std::uint32_t codepage, std::string_view utf8) {
  auto bytes = convert(charset_of(codepage), utf8);
  if (!bytes) throw std::logic_error("code page " + std::to_string(codepage) + " cannot hold: " + std::string(utf8));
  return *std::move(bytes);
}

std::string encode_lossy(std::uint32_t codepage, std::string_view utf16le) {
  const std::string utf8 = utf16le_to_utf8(as_bytes(utf16le));
  std::string out;
  for (std::size_t at = 0; at < utf8.size();) {
    std::size_t end = at + 1;
    while (end < utf8.size() && (utf8[end] & 0xC0) == 0x80) ++end;
    const auto bytes = convert(charset_of(codepage), std::string_view(utf8).substr(at, end - at));
    out += bytes.value_or("?");
    at = end;
  }
  return out;
}

bool can_encode(std::uint32_t codepage, std::string_view utf8) {
  return convert(charset_of(codepage), utf8).has_value();
}

// Without iconv: in a sandbox there is none, and mutators run in one.
std::string utf16le(std::string_view utf8) {
  if (!is_utf8(utf8)) throw std::logic_error("no UTF-8: " + std::string(utf8));
  std::string out;
  const auto put = [&](char32_t unit) {
    out += static_cast<char>(unit & 0xFF);
    out += static_cast<char>(unit >> 8);
  };
  for (std::size_t i = 0; i < utf8.size();) {
    const auto lead = static_cast<unsigned char>(utf8[i]);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    char32_t point = length == 1 ? lead : lead & (0x7Fu >> length);
    for (std::size_t k = 1; k < length; ++k) point = point << 6 | (static_cast<unsigned char>(utf8[i + k]) & 0x3Fu);
    i += length;
    if (point >= 0x10000) {
      put(0xD800 + ((point - 0x10000) >> 10));
      put(0xDC00 + ((point - 0x10000) & 0x3FF));
    } else {
      put(point);
    }
  }
  return out;
}

std::u16string utf16(std::string_view utf8) {
  const std::string bytes = utf16le(utf8);
  std::u16string units;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2)
    units.push_back(
        static_cast<char16_t>(static_cast<unsigned char>(bytes[i]) | static_cast<unsigned char>(bytes[i + 1]) << 8));
  return units;
}

std::string TextCoding::encode(std::string_view utf8) const {
  return is_unicode() ? utf16le(utf8) : corpus::encode(codepage_, utf8);
}

}  // namespace mapiguard::corpus
