#include "corpus/mapi.h"

#include <algorithm>
#include <bit>

namespace mapiguard::corpus {

Properties& Properties::raw(PropertyKey key, std::uint16_t type, std::vector<std::string> values) {
  const auto known = std::ranges::find(all_, key, &Property::key);
  if (known != all_.end())
    *known = {std::move(key), type, std::move(values)};
  else
    all_.push_back({std::move(key), type, std::move(values)});
  return *this;
}

void Properties::remove(const PropertyKey& key) {
  std::erase_if(all_, [&](const Property& property) { return property.key == key; });
}

const Property* Properties::find(const PropertyKey& key) const {
  const auto known = std::ranges::find(all_, key, &Property::key);
  return known == all_.end() ? nullptr : &*known;
}

Properties& Properties::text(PropertyKey key, std::string_view utf8) {
  return raw(std::move(key), coding_.type(), {coding_.encode(utf8)});
}
Properties& Properties::ascii(PropertyKey key, std::string_view text) {
  return raw(std::move(key), ptype::kString8, {std::string(text)});
}
Properties& Properties::integer16(PropertyKey key, std::uint16_t value) {
  return raw(std::move(key), ptype::kInteger16, {little_endian(value)});
}
Properties& Properties::integer32(PropertyKey key, std::uint32_t value) {
  return raw(std::move(key), ptype::kInteger32, {little_endian(value)});
}
Properties& Properties::integer64(PropertyKey key, std::uint64_t value) {
  return raw(std::move(key), ptype::kInteger64, {little_endian(value)});
}
Properties& Properties::floating64(PropertyKey key, double value) {
  return raw(std::move(key), ptype::kFloating64, {little_endian(std::bit_cast<std::uint64_t>(value))});
}
Properties& Properties::boolean(PropertyKey key, bool value) {
  return raw(std::move(key), ptype::kBoolean, {little_endian(static_cast<std::uint16_t>(value))});
}
Properties& Properties::time(PropertyKey key, FileTime value) {
  return raw(std::move(key), ptype::kTime, {little_endian(value.ticks)});
}
Properties& Properties::guid(PropertyKey key, const Guid& value) {
  return raw(std::move(key), ptype::kGuid, {std::string(value.chars())});
}
Properties& Properties::binary(PropertyKey key, std::string bytes) {
  return raw(std::move(key), ptype::kBinary, {std::move(bytes)});
}

Properties& Properties::texts(PropertyKey key, const std::vector<std::string_view>& utf8) {
  std::vector<std::string> values;
  for (const std::string_view text : utf8) values.push_back(coding_.encode(text));
  return raw(std::move(key), static_cast<std::uint16_t>(coding_.type() | ptype::kMultiple), std::move(values));
}
Properties& Properties::integers32(PropertyKey key, const std::vector<std::uint32_t>& values) {
  std::vector<std::string> bytes;
  for (const std::uint32_t value : values) bytes.push_back(little_endian(value));
  return raw(std::move(key), ptype::kInteger32 | ptype::kMultiple, std::move(bytes));
}
Properties& Properties::times(PropertyKey key, const std::vector<FileTime>& values) {
  std::vector<std::string> bytes;
  for (const FileTime value : values) bytes.push_back(little_endian(value.ticks));
  return raw(std::move(key), ptype::kTime | ptype::kMultiple, std::move(bytes));
}
Properties& Properties::binaries(PropertyKey key, std::vector<std::string> values) {
  return raw(std::move(key), ptype::kBinary | ptype::kMultiple, std::move(values));
}

}  // namespace mapiguard::corpus
