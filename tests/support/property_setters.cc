#include "tests/support/property_setters.h"

#include <bit>
#include <chrono>
#include <cstdio>
#include <cstring>

namespace mapiguard::testing {
namespace {

std::string little_endian(std::uint64_t value, std::size_t width) {
  std::string out(width, '\0');
  for (std::size_t i = 0; i < width; ++i) out[i] = static_cast<char>(value >> (8 * i));
  return out;
}

// The code point at utf8[i], which is moved behind it. Tests write well-formed UTF-8.
char32_t next_code_point(std::string_view utf8, std::size_t& i) {
  const auto lead = static_cast<unsigned char>(utf8[i++]);
  if (lead < 0x80) return lead;
  const int tails = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
  char32_t c = lead & (0x3F >> tails);
  for (int k = 0; k < tails && i < utf8.size(); ++k) c = c << 6 | (static_cast<unsigned char>(utf8[i++]) & 0x3F);
  return c;
}

}  // namespace

std::string utf16le(std::string_view utf8) {
  std::string out;
  for (std::size_t i = 0; i < utf8.size();) {
    const char32_t c = next_code_point(utf8, i);
    if (c < 0x10000) {
      out += le16(c);
    } else {
      out += le16(0xD800 + ((c - 0x10000) >> 10));
      out += le16(0xDC00 + ((c - 0x10000) & 0x3FF));
    }
  }
  return out;
}

std::string le16(std::uint64_t value) { return little_endian(value, 2); }
std::string le32(std::uint64_t value) { return little_endian(value, 4); }
std::string le64(std::uint64_t value) { return little_endian(value, 8); }
std::string raw(const Guid& guid) { return {reinterpret_cast<const char*>(guid.bytes.data()), guid.bytes.size()}; }

Guid guid_of(std::string_view text) {
  const std::string copy(text.substr(text.starts_with('{') ? 1 : 0));
  unsigned int a = 0, b = 0, c = 0;
  unsigned int tail[8] = {};
  const int read = std::sscanf(copy.c_str(), "%8x-%4x-%4x-%2x%2x-%2x%2x%2x%2x%2x%2x", &a, &b, &c, &tail[0], &tail[1],
                               &tail[2], &tail[3], &tail[4], &tail[5], &tail[6], &tail[7]);
  Guid guid;
  if (read != 11) return guid;
  std::string bytes = le32(a) + le16(b) + le16(c);
  for (const unsigned int byte : tail) bytes += static_cast<char>(byte);
  std::memcpy(guid.bytes.data(), bytes.data(), guid.bytes.size());
  return guid;
}

std::uint64_t ticks_of(int year, unsigned month, unsigned day, unsigned hour, unsigned minute, unsigned second) {
  using namespace std::chrono;
  const auto since = sys_days{std::chrono::year{year} / month / day} - sys_days{1601y / January / 1};
  const auto seconds_since = std::chrono::seconds{since} + hours{hour} + minutes{minute} + seconds{second};
  return static_cast<std::uint64_t>(seconds_since.count()) * 10'000'000;
}

std::string fixed_value(std::uint16_t type, double value) {
  if (type == static_cast<std::uint16_t>(PropertyType::floating32))
    return le32(std::bit_cast<std::uint32_t>(static_cast<float>(value)));
  return le64(std::bit_cast<std::uint64_t>(value));
}

Properties smtp_recipient(std::string_view name, std::string_view address, int type) {
  return Properties()
      .integer32(0x0C15, type)
      .unicode(0x3001, name)
      .unicode(0x3002, "SMTP")
      .unicode(0x3003, address)
      .unicode(0x39FE, address);
}

}  // namespace mapiguard::testing
