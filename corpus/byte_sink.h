// Where the generator writes, and the few helpers that every writer needs: little-endian numbers, padding, and
// content that is made piece by piece instead of held in memory.
//
// Thread promise: plain values; one thread.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace mapiguard::corpus {

class ByteSink {
 public:
  virtual ~ByteSink() = default;
  virtual void write(std::string_view bytes) = 0;
};

class StringByteSink final : public ByteSink {
 public:
  void write(std::string_view bytes) override { bytes_.append(bytes); }
  const std::string& bytes() const { return bytes_; }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

template <std::unsigned_integral T>
void put(std::string& out, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) out.push_back(static_cast<char>(value >> (8 * i) & 0xFF));
}

template <std::unsigned_integral T>
std::string little_endian(T value) {
  std::string out;
  put(out, value);
  return out;
}

// Overwrites the number at `offset`; for patching a finished file.
template <std::unsigned_integral T>
void put_at(std::string& out, std::size_t offset, T value) {
  out.replace(offset, sizeof(T), little_endian(value));
}

inline void pad_to(std::string& out, std::size_t multiple, char filler = '\0') {
  if (const std::size_t over = out.size() % multiple; over != 0) out.append(multiple - over, filler);
}

constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

// Content: the bytes of a stream. Either held, or made on demand from their offset, so that a file of many
// megabytes is written without being held in memory.
class Content {
 public:
  using Fill = std::function<void(std::uint64_t offset, std::span<char> piece)>;

  Content() = default;
  Content(std::string bytes) : bytes_(std::move(bytes)), size_(bytes_.size()) {}
  static Content generated(std::uint64_t size, Fill fill);

  std::uint64_t size() const { return size_; }
  void write_to(ByteSink& sink) const;
  std::string copy() const;

 private:
  std::string bytes_;
  std::uint64_t size_ = 0;
  Fill fill_;
};

}  // namespace mapiguard::corpus
