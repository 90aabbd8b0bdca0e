// Property, PropertyBag: MAPI properties as plain values, whichever container they came from.
//
// Strings are kept as the container has them (8-bit or UTF-16LE, terminating NULs and all): the code
// page that an 8-bit string is in can only be told when all properties of the message are known
// (converter/body/charset.h decides). Blobs point into the input; nothing is copied.
//
// Shapes and units: MS-OXCDATA 2.11. Thread promise: plain values over the input's memory.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"

namespace mapiguard {

// MS-OXCDATA 2.11.1, property types.
enum class PropertyType : std::uint16_t {
  unspecified = 0x0000,
  null = 0x0001,
  integer16 = 0x0002,
  integer32 = 0x0003,
  floating32 = 0x0004,
  floating64 = 0x0005,
  currency = 0x0006,
  floating_time = 0x0007,
  error_code = 0x000A,
  boolean = 0x000B,
  object = 0x000D,
  integer64 = 0x0014,
  string8 = 0x001E,
  unicode = 0x001F,
  time = 0x0040,
  guid = 0x0048,
  server_id = 0x00FB,
  binary = 0x0102,
};
inline constexpr std::uint16_t kMultiValued = 0x1000;

using PropertyId = std::uint16_t;
using PropertyTag = std::uint32_t;  // id << 16 | type
constexpr PropertyTag tag_of(PropertyId id, std::uint16_t type) { return PropertyTag{id} << 16 | type; }

struct Guid {
  std::array<std::uint8_t, 16> bytes{};
  friend auto operator<=>(const Guid&, const Guid&) = default;
};
std::string to_string(const Guid& guid);  // "{00020329-0000-0000-C000-000000000046}"

// 100-nanosecond units since 1601-01-01T00:00:00Z (PtypTime).
struct FileTime {
  std::uint64_t ticks = 0;
  friend auto operator<=>(const FileTime&, const FileTime&) = default;
};

// Bytes of the input in one or more pieces, in order: a CFB stream is a chain of sectors, and a 1 GB attachment
// is not copied to make it one. Never owns. Most blobs are one piece.
class Blob {
 public:
  Blob() = default;
  explicit Blob(Bytes whole) : first_(whole), size_(whole.size()) {}

  // Joins with the last piece where the two lie side by side in memory.
  void append(Bytes piece);

  std::uint64_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::size_t pieces() const { return size_ == 0 ? 0 : 1 + rest_.size(); }
  Bytes piece(std::size_t i) const { return i == 0 ? first_ : rest_[i - 1]; }

  // Up to `most` bytes from `offset`, copied only where they span pieces.
  std::string copy(std::uint64_t offset = 0, std::uint64_t most = UINT64_MAX) const;
  // All bytes in one place: the piece itself, or a copy put into `storage`.
  Bytes contiguous(std::string& storage) const;

 private:
  Bytes first_;
  std::vector<Bytes> rest_;
  std::uint64_t size_ = 0;
};

// monostate: the property is announced but its value could not be read, or it has none (null, object).
// int64_t: every integer type, currency (1/10000) and error codes. double: floating32/64 and floating_time (days
// since 1899-12-30). Blob: string8, unicode, binary, server_id, object data. vector: the multi-valued forms.
using Value = std::variant<std::monostate, std::int64_t, double, bool, FileTime, Guid, Blob, std::vector<Blob>,
                           std::vector<std::int64_t>, std::vector<double>, std::vector<FileTime>, std::vector<Guid>>;

// What a property ID ≥ 0x8000 stands for in this message (MS-OXMSG 2.2.3).
struct PropertyName {
  Guid set;
  std::uint32_t lid = 0;  // when text is empty
  std::string text;       // UTF-8
};

struct Property {
  PropertyId id = 0;
  std::uint16_t type = 0;  // PropertyType, perhaps with kMultiValued
  Value value;
  std::shared_ptr<const PropertyName> name;  // for named properties, else null
};

// The properties of one object, in the order they were found. The first of two with one ID and kind wins.
class PropertyBag {
 public:
  void reserve(std::size_t count) { all_.reserve(count); }
  void add(Property property) { all_.push_back(std::move(property)); }
  void index();  // call once after the last add(); find() needs it

  const std::vector<Property>& all() const { return all_; }
  std::size_t size() const { return all_.size(); }

  const Property* find(PropertyId id) const;
  const Property* find(PropertyId id, PropertyType type) const;
  const Property* find_named(const Guid& set, std::uint32_t lid) const;
  const Property* find_named(const Guid& set, std::string_view text) const;  // ASCII case ignored

  // Typed access: nullopt / nullptr when absent or of another type.
  std::optional<std::int64_t> integer(PropertyId id) const;
  std::optional<bool> boolean(PropertyId id) const;  // integers count as true when not 0
  std::optional<FileTime> time(PropertyId id) const;
  const Blob* binary(PropertyId id) const;  // binary, server_id or object data
  // A string, still encoded: string8 or unicode, single-valued.
  const Property* string(PropertyId id) const;

 private:
  std::vector<Property> all_;
  std::vector<std::uint32_t> by_id_;  // positions in all_, ordered by (id, position)
};

}  // namespace mapiguard
