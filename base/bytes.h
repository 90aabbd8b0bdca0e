// ByteCursor: the only place in mapiguard that does arithmetic on offsets into untrusted bytes.
// Reads little-endian values; a read past the end returns nullopt and leaves the cursor where it was.
//
// Thread promise: plain values over memory that the caller keeps alive.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

namespace mapiguard {

using Bytes = std::span<const std::byte>;

inline std::string_view as_chars(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline Bytes as_bytes(std::string_view chars) {
  return {reinterpret_cast<const std::byte*>(chars.data()), chars.size()};
}

// The part of `bytes` from `offset` on, at most `length` long: never outside, perhaps empty.
inline Bytes slice(Bytes bytes, std::uint64_t offset, std::uint64_t length = UINT64_MAX) {
  if (offset >= bytes.size()) return {};
  const std::uint64_t left = bytes.size() - offset;
  return bytes.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(length < left ? length : left));
}

class ByteCursor {
 public:
  explicit ByteCursor(Bytes bytes) : bytes_(bytes) {}

  std::size_t offset() const { return offset_; }
  std::size_t left() const { return bytes_.size() - offset_; }
  bool at_end() const { return left() == 0; }
  Bytes rest() const { return bytes_.subspan(offset_); }

  bool seek(std::uint64_t offset) {
    if (offset > bytes_.size()) return false;
    offset_ = static_cast<std::size_t>(offset);
    return true;
  }
  bool skip(std::uint64_t count) {
    if (count > left()) return false;
    offset_ += static_cast<std::size_t>(count);
    return true;
  }

  std::optional<std::uint8_t> u8() { return number<std::uint8_t>(); }
  std::optional<std::uint16_t> u16() { return number<std::uint16_t>(); }
  std::optional<std::uint32_t> u32() { return number<std::uint32_t>(); }
  std::optional<std::uint64_t> u64() { return number<std::uint64_t>(); }

  // Exactly `count` bytes, or nothing.
  std::optional<Bytes> take(std::uint64_t count) {
    if (count > left()) return std::nullopt;
    const Bytes taken = bytes_.subspan(offset_, static_cast<std::size_t>(count));
    offset_ += static_cast<std::size_t>(count);
    return taken;
  }
  // `count` bytes, or as many as there are.
  Bytes take_up_to(std::uint64_t count) { return *take(count < left() ? count : left()); }

 private:
  template <class T>
  std::optional<T> number() {
    const auto raw = take(sizeof(T));
    if (!raw) return std::nullopt;
    T value;
    std::memcpy(&value, raw->data(), sizeof value);  // x86-64 and arm64 Debian are little-endian, as the formats are
    return value;
  }

  Bytes bytes_;
  std::size_t offset_ = 0;
};

}  // namespace mapiguard
