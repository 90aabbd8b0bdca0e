// Small real files to attach: a PNG picture, a one-page PDF, a ZIP archive, a MacBinary file.
//
// Thread promise: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "corpus/byte_sink.h"

namespace mapiguard::corpus {

std::string png_picture(std::uint32_t width, std::uint32_t height, std::uint32_t hue);
std::string pdf_page(std::string_view line);
std::string zip_archive(std::string_view name, std::string_view content);  // stored, one member
std::string mac_binary(std::string_view name, std::string_view data, std::string_view resources);

// Bytes that do not repeat, any number of them, made from their offset.
Content noise(std::uint64_t size, std::uint64_t seed);

// SplitMix64: the generator's only source of "random" numbers.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }

 private:
  std::uint64_t state_;
};

}  // namespace mapiguard::corpus
