#include "converter/model/property.h"

#include <algorithm>
#include <cstdio>

#include "base/text.h"

namespace mapiguard {

std::string to_string(const Guid& guid) {
  const auto& b = guid.bytes;  // the first three fields are little-endian (MS-DTYP 2.3.4.2)
  char text[40];
  std::snprintf(text, sizeof text, "{%02X%02X%02X%02X-%02X%02X-%02X%02X-%02X%02X-%02X%02X%02X%02X%02X%02X}", b[3], b[2],
                b[1], b[0], b[5], b[4], b[7], b[6], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
  return text;
}

void Blob::append(Bytes piece) {
  if (piece.empty()) return;
  Bytes& last = rest_.empty() ? first_ : rest_.back();
  if (size_ == 0)
    first_ = piece;
  else if (last.data() + last.size() == piece.data())
    last = Bytes(last.data(), last.size() + piece.size());
  else
    rest_.push_back(piece);
  size_ += piece.size();
}

std::string Blob::copy(std::uint64_t offset, std::uint64_t most) const {
  std::string out;
  for (std::size_t i = 0; i < pieces() && most > 0; ++i) {
    const Bytes whole = piece(i);
    if (offset >= whole.size()) {
      offset -= whole.size();
      continue;
    }
    const Bytes part = slice(whole, offset, most);
    out.append(as_chars(part));
    most -= part.size();
    offset = 0;
  }
  return out;
}

Bytes Blob::contiguous(std::string& storage) const {
  if (pieces() <= 1) return first_;
  storage = copy();
  return as_bytes(storage);
}

void PropertyBag::index() {
  by_id_.resize(all_.size());
  for (std::size_t i = 0; i < all_.size(); ++i) by_id_[i] = static_cast<std::uint32_t>(i);
  // Not stable_sort: it would ask for memory, once a recipient of thousands.
  std::sort(by_id_.begin(), by_id_.end(),
            [&](auto a, auto b) { return all_[a].id != all_[b].id ? all_[a].id < all_[b].id : a < b; });
}

namespace {
template <class Wanted>
const Property* first_with_id(const std::vector<Property>& all, const std::vector<std::uint32_t>& by_id, PropertyId id,
                              Wanted wanted) {
  auto at = std::lower_bound(by_id.begin(), by_id.end(), id, [&](auto position, PropertyId key) { return all[position].id < key; });
  for (; at != by_id.end() && all[*at].id == id; ++at)
    if (wanted(all[*at])) return &all[*at];
  return nullptr;
}
}  // namespace

const Property* PropertyBag::find(PropertyId id) const {
  return first_with_id(all_, by_id_, id, [](const Property&) { return true; });
}
const Property* PropertyBag::find(PropertyId id, PropertyType type) const {
  return first_with_id(all_, by_id_, id, [&](const Property& p) { return p.type == static_cast<std::uint16_t>(type); });
}

const Property* PropertyBag::find_named(const Guid& set, std::uint32_t lid) const {
  for (const Property& p : all_)
    if (p.name && p.name->text.empty() && p.name->lid == lid && p.name->set == set) return &p;
  return nullptr;
}
const Property* PropertyBag::find_named(const Guid& set, std::string_view text) const {
  for (const Property& p : all_)
    if (p.name && p.name->set == set && equals_ignoring_case(p.name->text, text)) return &p;
  return nullptr;
}

std::optional<std::int64_t> PropertyBag::integer(PropertyId id) const {
  const Property* p = first_with_id(all_, by_id_, id, [](const Property& q) { return std::holds_alternative<std::int64_t>(q.value); });
  return p ? std::optional(std::get<std::int64_t>(p->value)) : std::nullopt;
}
std::optional<bool> PropertyBag::boolean(PropertyId id) const {
  const Property* p = find(id);
  if (!p) return std::nullopt;
  if (const bool* flag = std::get_if<bool>(&p->value)) return *flag;
  if (const std::int64_t* number = std::get_if<std::int64_t>(&p->value)) return *number != 0;
  return std::nullopt;
}
std::optional<FileTime> PropertyBag::time(PropertyId id) const {
  const Property* p = first_with_id(all_, by_id_, id, [](const Property& q) { return std::holds_alternative<FileTime>(q.value); });
  return p ? std::optional(std::get<FileTime>(p->value)) : std::nullopt;
}
const Blob* PropertyBag::binary(PropertyId id) const {
  const auto is_binary = [](const Property& q) {
    const auto type = static_cast<PropertyType>(q.type);
    return type == PropertyType::binary || type == PropertyType::server_id || type == PropertyType::object;
  };
  const Property* p = first_with_id(all_, by_id_, id, is_binary);
  return p ? std::get_if<Blob>(&p->value) : nullptr;
}
const Property* PropertyBag::string(PropertyId id) const {
  const auto is_string = [](const Property& q) {
    const auto type = static_cast<PropertyType>(q.type);
    return (type == PropertyType::string8 || type == PropertyType::unicode) && std::holds_alternative<Blob>(q.value);
  };
  return first_with_id(all_, by_id_, id, is_string);
}

}  // namespace mapiguard
