#include "converter/read/property_values.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

namespace mapiguard {
namespace {

constexpr std::array kTypes = {
    TypeInfo{PropertyType::null, ValueShape::none, 0},
    TypeInfo{PropertyType::integer16, ValueShape::fixed, 2},
    TypeInfo{PropertyType::integer32, ValueShape::fixed, 4},
    TypeInfo{PropertyType::floating32, ValueShape::fixed, 4},
    TypeInfo{PropertyType::floating64, ValueShape::fixed, 8},
    TypeInfo{PropertyType::currency, ValueShape::fixed, 8},
    TypeInfo{PropertyType::floating_time, ValueShape::fixed, 8},
    TypeInfo{PropertyType::error_code, ValueShape::fixed, 4},
    TypeInfo{PropertyType::boolean, ValueShape::fixed, 2},
    TypeInfo{PropertyType::object, ValueShape::none, 0},
    TypeInfo{PropertyType::integer64, ValueShape::fixed, 8},
    TypeInfo{PropertyType::string8, ValueShape::blob, 0},
    TypeInfo{PropertyType::unicode, ValueShape::blob, 0},
    TypeInfo{PropertyType::time, ValueShape::fixed, 8},
    TypeInfo{PropertyType::guid, ValueShape::fixed, 16},
    TypeInfo{PropertyType::server_id, ValueShape::blob, 0},
    TypeInfo{PropertyType::binary, ValueShape::blob, 0},
};
static_assert(std::ranges::is_sorted(kTypes, {}, &TypeInfo::type));

// Position in kTypes by type number, one behind the last for none. The longest type number is 0x0102.
constexpr auto kPositions = [] {
  std::array<std::uint8_t, 0x103> positions{};
  positions.fill(kTypes.size());
  for (std::size_t i = 0; i < kTypes.size(); ++i)
    positions[static_cast<std::size_t>(kTypes[i].type)] = static_cast<std::uint8_t>(i);
  return positions;
}();

std::int64_t integer_of(std::uint64_t bits, std::size_t width) {
  if (width == 2) return static_cast<std::int16_t>(bits);
  if (width == 4) return static_cast<std::int32_t>(bits);
  return static_cast<std::int64_t>(bits);
}

template <class T>
void append_value(Value& values, T value) {
  if (!std::holds_alternative<std::vector<T>>(values)) values = std::vector<T>();
  std::get<std::vector<T>>(values).push_back(std::move(value));
}

}  // namespace

const TypeInfo* type_info(std::uint16_t base) {
  if (base >= kPositions.size() || kPositions[base] == kTypes.size()) return nullptr;
  return &kTypes[kPositions[base]];
}

Value decode_fixed(const TypeInfo& info, Bytes bytes) {
  const Bytes field = slice(bytes, 0, info.width);
  if (field.size() < info.width || info.width == 0) return {};
  if (info.type == PropertyType::guid) {
    Guid guid;
    std::memcpy(guid.bytes.data(), field.data(), guid.bytes.size());
    return guid;
  }
  std::uint64_t bits = 0;
  std::memcpy(&bits, field.data(), field.size());
  switch (info.type) {
    case PropertyType::boolean: return bits != 0;
    case PropertyType::time: return FileTime{bits};
    case PropertyType::floating32: return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
    case PropertyType::floating64:
    case PropertyType::floating_time: return std::bit_cast<double>(bits);
    default: return integer_of(bits, info.width);
  }
}

Value decode_fixed_array(const TypeInfo& info, Bytes bytes, std::size_t stride) {
  Value values;
  for (; bytes.size() >= info.width && info.width > 0; bytes = slice(bytes, stride)) {
    const Value one = decode_fixed(info, bytes);
    if (const auto* number = std::get_if<std::int64_t>(&one)) append_value(values, *number);
    if (const auto* flag = std::get_if<bool>(&one)) append_value<std::int64_t>(values, *flag ? 1 : 0);
    if (const auto* real = std::get_if<double>(&one)) append_value(values, *real);
    if (const auto* time = std::get_if<FileTime>(&one)) append_value(values, *time);
    if (const auto* guid = std::get_if<Guid>(&one)) append_value(values, *guid);
  }
  return values;
}

}  // namespace mapiguard
