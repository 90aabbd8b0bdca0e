#include "corpus/enclosures.h"

#include <cstdio>

#include "corpus/msg_writer.h"

namespace mapiguard::corpus {
namespace {

std::string big_endian(std::uint32_t value) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift & 0xFF));
  return out;
}

// CRC-32 of PNG and ZIP: the plain one, inverted before and after. Inverting the register before it starts is the
// same as inverting the first four bytes; everything here has as many.
std::uint32_t crc32(std::string bytes) {
  for (std::size_t i = 0; i < 4; ++i) bytes.at(i) = static_cast<char>(~bytes[i]);
  return ~plain_crc32(bytes);
}

std::string png_chunk(std::string_view type, std::string_view data) {
  const std::string body = std::string(type) + std::string(data);
  return big_endian(static_cast<std::uint32_t>(data.size())) + body + big_endian(crc32(body));
}

// RFC 1950 with stored blocks (RFC 1951 3.2.4): no compressor is needed.
std::string zlib_stored(std::string_view data) {
  std::uint32_t low = 1, high = 0;
  for (const char byte : data) {
    low = (low + static_cast<unsigned char>(byte)) % 65521;
    high = (high + low) % 65521;
  }
  std::string out = "\x78\x01";
  constexpr std::size_t kBlock = 65535;
  for (std::size_t at = 0; at < data.size(); at += kBlock) {
    const std::string_view block = data.substr(at, kBlock);
    out.push_back(at + kBlock >= data.size() ? '\1' : '\0');
    put(out, static_cast<std::uint16_t>(block.size()));
    put(out, static_cast<std::uint16_t>(~block.size()));
    out += block;
  }
  return out + big_endian(high << 16 | low);
}

}  // namespace

std::string png_picture(std::uint32_t width, std::uint32_t height, std::uint32_t hue) {
  std::string rows;
  for (std::uint32_t y = 0; y < height; ++y) {
    rows.push_back('\0');
    for (std::uint32_t x = 0; x < width; ++x)
      for (std::uint32_t channel = 0; channel < 3; ++channel)
        rows.push_back(static_cast<char>((hue >> (8 * channel)) + x * 255 / width * channel / 2 + y * 3));
  }
  std::string header = big_endian(width) + big_endian(height);
  header += std::string_view("\x08\x02\0\0\0", 5);  // 8 bits, RGB
  return std::string("\x89PNG\r\n\x1A\n") + png_chunk("IHDR", header) + png_chunk("IDAT", zlib_stored(rows)) +
         png_chunk("IEND", "");
}

std::string pdf_page(std::string_view line) {
  const std::string text = "BT /F1 18 Tf 72 720 Td (" + std::string(line) + ") Tj ET";
  const std::string objects[] = {
      "<< /Type /Catalog /Pages 2 0 R >>",
      "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
      "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
      "<< /Length " + std::to_string(text.size()) + " >>\nstream\n" + text + "\nendstream",
      "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
  };
  std::string out = "%PDF-1.4\n%\xE2\xE3\xCF\xD3\n", places = "0000000000 65535 f \n";
  for (std::size_t i = 0; i < std::size(objects); ++i) {
    char place[24];
    std::snprintf(place, sizeof place, "%010zu 00000 n \n", out.size());
    places += place;
    out += std::to_string(i + 1) + " 0 obj\n" + objects[i] + "\nendobj\n";
  }
  const std::string start = std::to_string(out.size());
  return out + "xref\n0 6\n" + places + "trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n" + start + "\n%%EOF\n";
}

std::string zip_archive(std::string_view name, std::string_view content) {
  std::string common;
  put(common, std::uint16_t{20});          // version needed
  put(common, std::uint16_t{0});           // flags
  put(common, std::uint16_t{0});           // stored
  put(common, std::uint32_t{0x58654C00});  // 2024-03-05 09:32
  put(common, crc32(std::string(content)));
  put(common, static_cast<std::uint32_t>(content.size()));
  put(common, static_cast<std::uint32_t>(content.size()));
  put(common, static_cast<std::uint16_t>(name.size()));
  put(common, std::uint16_t{0});
  std::string out = "PK\x03\x04" + common + std::string(name) + std::string(content);
  const auto directory = static_cast<std::uint32_t>(out.size());
  out += std::string_view("PK\x01\x02\x14\x00", 6);
  out += common + std::string(14, '\0') + std::string(name);
  const auto length = static_cast<std::uint32_t>(out.size()) - directory;
  out += std::string_view("PK\x05\x06\0\0\0\0\x01\0\x01\0", 12);
  put(out, length);
  put(out, directory);
  return out + std::string(2, '\0');
}

// MacBinary I: a header of 128 bytes, both forks padded to 128.
std::string mac_binary(std::string_view name, std::string_view data, std::string_view resources) {
  std::string out(1, '\0');
  out.push_back(static_cast<char>(name.size()));
  out += name;
  out.resize(65, '\0');
  out += "TEXTttxt";
  out.resize(83, '\0');
  out += big_endian(static_cast<std::uint32_t>(data.size())) + big_endian(static_cast<std::uint32_t>(resources.size()));
  out.resize(128, '\0');
  out += data;
  pad_to(out, 128);
  out += resources;
  pad_to(out, 128);
  return out;
}

std::uint64_t Random::next() {
  state_ += 0x9E3779B97F4A7C15;
  std::uint64_t mixed = state_;
  mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9;
  mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB;
  return mixed ^ mixed >> 31;
}

Content noise(std::uint64_t size, std::uint64_t seed) {
  return Content::generated(size, [seed](std::uint64_t offset, std::span<char> piece) {
    for (std::size_t i = 0; i < piece.size(); ++i) {
      const std::uint64_t at = offset + i;
      piece[i] = static_cast<char>(Random(seed ^ (at / 8) * 0x9E3779B97F4A7C15).next() >> (at % 8 * 8));
    }
  });
}

}  // namespace mapiguard::corpus
