// MAPI property values from bytes (MS-OXCDATA 2.11.1), as .msg and TNEF both have them.
//
// Thread promise: pure functions.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "converter/model/property.h"

namespace mapiguard {

enum class ValueShape : std::uint8_t {
  none,   // null, object: no value of its own
  fixed,  // of fixed size
  blob,   // string or binary of any size
};

struct TypeInfo {
  PropertyType type = PropertyType::unspecified;
  ValueShape shape = ValueShape::none;
  std::uint8_t width = 0;  // bytes of a fixed value
};

constexpr std::uint16_t base_type(std::uint16_t type) { return type & static_cast<std::uint16_t>(~kMultiValued); }

// Of a type without kMultiValued; nullptr for types that messages do not have.
const TypeInfo* type_info(std::uint16_t base);

// One fixed value at the head of `bytes`; monostate when there are too few.
Value decode_fixed(const TypeInfo& info, Bytes bytes);

// Values of fixed size that lie `stride` bytes apart; the last partial one is ignored.
Value decode_fixed_array(const TypeInfo& info, Bytes bytes, std::size_t stride);

}  // namespace mapiguard
