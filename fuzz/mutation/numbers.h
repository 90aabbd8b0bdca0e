// Little-endian numbers in strings of bytes that are being edited; a number beyond the end reads as zero.
//
// Thread promise: pure functions.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace mapiguard::mutation {

template <std::unsigned_integral T>
T number_at(std::string_view bytes, std::size_t at) {
  T value = 0;
  if (at <= bytes.size() && bytes.size() - at >= sizeof value) std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

template <std::unsigned_integral T>
void set_number(std::string& bytes, std::size_t at, T value) {
  if (at <= bytes.size() && bytes.size() - at >= sizeof value) std::memcpy(bytes.data() + at, &value, sizeof value);
}

template <std::unsigned_integral T, std::size_t Size>
T number_in(const std::array<std::uint8_t, Size>& field, std::size_t at = 0) {
  static_assert(sizeof(T) <= Size);
  T value = 0;
  if (at <= Size - sizeof value) std::memcpy(&value, field.data() + at, sizeof value);
  return value;
}

template <std::unsigned_integral T, std::size_t Size>
void set_number(std::array<std::uint8_t, Size>& field, T value, std::size_t at = 0) {
  static_assert(sizeof(T) <= Size);
  if (at <= Size - sizeof value) std::memcpy(field.data() + at, &value, sizeof value);
}

}  // namespace mapiguard::mutation
