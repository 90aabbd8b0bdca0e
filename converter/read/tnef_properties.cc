#include "converter/read/tnef_properties.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include "base/text.h"
#include "converter/read/named_properties.h"
#include "converter/read/property_values.h"

namespace mapiguard {
namespace {

constexpr std::size_t kGuidSize = 16;

std::uint64_t padded(std::uint64_t size) { return (size + 3) & ~std::uint64_t{3}; }

std::optional<Guid> take_guid(ByteCursor& cursor) {
  const auto raw = cursor.take(kGuidSize);
  if (!raw) return std::nullopt;
  Guid guid;
  std::memcpy(guid.bytes.data(), raw->data(), kGuidSize);
  return guid;
}

// The last value of a stream may lack its padding.
void skip_padded(ByteCursor& cursor, std::uint64_t size) {
  cursor.skip(std::min<std::uint64_t>(padded(size), cursor.left()));
}

struct Tag {
  std::uint16_t type = 0;
  PropertyId id = 0;
  const TypeInfo* info = nullptr;
  bool is_multi() const { return type & kMultiValued; }
  // A count stands before the values of these (MS-OXTNEF 2.1.3.4.3).
  bool is_counted() const { return is_multi() || is_sized(); }
  // And a size before each value.
  bool is_sized() const { return info->shape == ValueShape::blob || info->type == PropertyType::object; }
};

std::optional<Tag> take_tag(ByteCursor& cursor) {
  const auto type = cursor.u16();
  const auto id = cursor.u16();
  if (!type || !id || *id == 0) return std::nullopt;
  const Tag tag{*type, *id, type_info(base_type(*type))};
  return tag.info ? std::optional(tag) : std::nullopt;
}

// Moves the cursor over a property without reading it. False when it does not fit into what is left.
bool skip_name(ByteCursor& cursor, const Tag& tag) {
  if (tag.id < kFirstNamedId) return true;
  if (!cursor.skip(kGuidSize)) return false;
  const auto kind = cursor.u32();
  const auto number = cursor.u32();
  if (!kind || !number || *kind > 1) return false;
  return *kind == 0 || cursor.skip(padded(*number));
}
bool skip_property(ByteCursor& cursor, Budget& budget) {
  constexpr std::uint32_t kMostValues = 64;  // in what is looked at without knowing that it is a property
  const auto tag = take_tag(cursor);
  if (!tag || !skip_name(cursor, *tag)) return false;
  std::uint32_t count = 1;
  if (tag->is_counted()) {
    const auto stored = cursor.u32();
    if (!stored || *stored > kMostValues || !budget.spend(*stored)) return false;
    count = *stored;
  }
  if (!tag->is_sized()) return cursor.skip(padded(tag->info->width) * count);
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto size = cursor.u32();
    if (!size || *size > cursor.left()) return false;
    skip_padded(cursor, *size);
  }
  return true;
}

class ListReader {
 public:
  ListReader(ByteCursor& cursor, const std::string& where, const ReadContext& context, PropertyBag& bag,
             std::vector<TnefObject>& objects)
      : cursor_(cursor), where_(where), context_(context), bag_(bag), objects_(objects) {}

  bool read() {
    const auto count = cursor_.u32();
    if (!count) {
      context_.defects.loss(where_, "a list of properties is cut short before its length");
      return false;
    }
    constexpr std::uint32_t kMostReserved = 256;
    bag_.reserve(bag_.size() + std::min(*count, kMostReserved));
    for (std::uint32_t i = 0; i < *count && context_.budget.spend(); ++i)
      if (!read_property() && !resume()) return end_early(*count - i);
    return !is_lost_;
  }

 private:
  // False when the list cannot be followed from here on; the cursor is where the trouble was met.
  bool read_property() {
    const std::size_t begin = cursor_.offset();
    const auto tag = take_tag(cursor_);
    std::shared_ptr<const PropertyName> name;
    if (!tag || !read_name(*tag, name)) {
      cursor_.seek(begin);
      return false;
    }
    std::uint32_t count = 1;
    if (tag->is_counted()) {
      const auto stored = cursor_.u32();
      if (!stored) return false;
      count = *stored;
    }
    const bool is_whole = tag->is_sized() ? read_sized(*tag, count) : read_fixed(*tag, count);
    bag_.add({tag->id, tag->type, std::move(value_), std::move(name)});
    value_ = {};
    return is_whole;
  }

  bool read_name(const Tag& tag, std::shared_ptr<const PropertyName>& out) {
    if (tag.id < kFirstNamedId) return true;
    auto name = std::make_shared<PropertyName>();
    const auto set = take_guid(cursor_);
    const auto kind = cursor_.u32();
    const auto number = cursor_.u32();
    if (!set || !kind || !number || *kind > 1) return false;
    name->set = *set;
    if (*kind == 0) {
      name->lid = *number;
    } else {
      if (*number > cursor_.left()) return false;
      name->text = utf16le_to_utf8(slice(cursor_.rest(), 0, *number));
      while (!name->text.empty() && name->text.back() == '\0') name->text.pop_back();
      skip_padded(cursor_, *number);
    }
    out = std::move(name);
    return true;
  }

  bool read_fixed(const Tag& tag, std::uint32_t count) {
    const std::uint64_t stride = padded(tag.info->width);
    const Bytes bytes = cursor_.take_up_to(stride * count);
    const bool is_whole = bytes.size() == stride * count;
    value_ = tag.is_multi() ? decode_fixed_array(*tag.info, bytes, stride) : decode_fixed(*tag.info, bytes);
    if (!is_whole) context_.defects.loss(path(tag), "the property is cut short");
    return is_whole;
  }

  bool read_sized(const Tag& tag, std::uint32_t count) {
    std::vector<Blob> values;
    bool is_whole = true;
    for (std::uint32_t i = 0; i < count && is_whole && context_.budget.spend(); ++i) {
      const auto size = cursor_.u32();
      if (!size) {
        context_.defects.loss(path(tag), "the property is cut short");
        return set_sized(tag, std::move(values), false);
      }
      values.emplace_back(take_value(tag, *size, is_whole));
    }
    return set_sized(tag, std::move(values), is_whole);
  }

  // A size that leads beyond the end is either a lie, then the next property that can be recognised ends the value, or
  // the end is missing.
  Bytes take_value(const Tag& tag, std::uint32_t size, bool& is_whole) {
    const Bytes rest = cursor_.rest();
    if (size <= rest.size()) {
      skip_padded(cursor_, size);
      return slice(rest, 0, size);
    }
    is_whole = false;
    const auto end = find_property(cursor_.offset());
    const Bytes value = end ? slice(rest, 0, *end - cursor_.offset()) : rest;
    context_.defects.loss(path(tag), "the property should have " + std::to_string(size) + " bytes; " +
                                         std::to_string(value.size()) + " were read");
    return value;
  }

  bool set_sized(const Tag& tag, std::vector<Blob> values, bool is_whole) {
    if (tag.is_multi())
      value_ = std::move(values);
    else if (tag.info->type == PropertyType::object)
      add_object(tag, values);
    else
      value_ = values.empty() ? Blob() : std::move(values.front());
    return is_whole;
  }

  void add_object(const Tag& tag, const std::vector<Blob>& values) {
    if (values.empty()) return;
    ByteCursor cursor(values.front().piece(0));
    const auto interface_id = take_guid(cursor);
    if (interface_id)
      objects_.push_back({tag.id, *interface_id, cursor.rest()});
    else
      context_.defects.loss(path(tag), "the object is too short to name its interface");
  }

  // After trouble: moves the cursor to the next property that can be recognised. False when there is none.
  bool resume() {
    is_lost_ = true;
    const auto next = find_property(cursor_.offset());
    if (!next) return false;
    context_.defects.loss(where_, "the list of properties is damaged; " + std::to_string(*next - cursor_.offset()) +
                                      " bytes of it were skipped");
    return cursor_.seek(*next);
  }

  // Properties are recognised by being several in a row, or the last ones.
  std::optional<std::size_t> find_property(std::size_t from) {
    constexpr int kInARow = 3;
    ByteCursor probe = cursor_;
    for (std::size_t at = from; probe.seek(at) && probe.left() >= 8 && context_.budget.spend(); at += 4) {
      int good = 0;
      while (good < kInARow && probe.left() >= 8 && skip_property(probe, context_.budget)) ++good;
      if (good == kInARow || (good > 0 && probe.at_end())) return at;
    }
    return std::nullopt;
  }

  bool end_early(std::uint32_t missing) {
    context_.defects.loss(where_, "the list of properties ends early; " + std::to_string(missing) +
                                      " of its properties could not be read");
    return false;
  }

  std::string path(const Tag& tag) const {
    const std::string name = hex32(tag_of(tag.id, tag.type));
    return where_.empty() ? name : where_ + "/" + name;
  }

  ByteCursor& cursor_;
  const std::string& where_;
  const ReadContext& context_;
  PropertyBag& bag_;
  std::vector<TnefObject>& objects_;
  Value value_;
  bool is_lost_ = false;
};

}  // namespace

bool read_tnef_properties(ByteCursor& cursor, const std::string& where, const ReadContext& context, PropertyBag& bag,
                          std::vector<TnefObject>& objects) {
  return ListReader(cursor, where, context, bag, objects).read();
}

}  // namespace mapiguard
