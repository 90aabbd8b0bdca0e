// A TNEF stream as a tree of Nodes. An attribute is taken apart only when it can be put together to the same bytes
// again; where the stream is damaged the rest is kept as it stands.
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "converter/read/named_properties.h"
#include "converter/read/property_values.h"
#include "converter/read/tnef_attributes.h"
#include "corpus/byte_sink.h"
#include "fuzz/mutation/container.h"
#include "fuzz/mutation/trees.h"

namespace mapiguard::mutation {
namespace {

constexpr PropertyTag kAttachObject = 0x3701000D;
constexpr std::size_t kGuidSize = 16;
constexpr std::string_view kIidMessage("\x07\x03\x02\0\0\0\0\0\xC0\0\0\0\0\0\0\x46", kGuidSize);
constexpr std::string_view kIidStorage("\x0B\0\0\0\0\0\0\0\xC0\0\0\0\0\0\0\x46", kGuidSize);

std::uint64_t padded(std::uint64_t size) { return (size + 3) & ~std::uint64_t{3}; }

std::uint16_t checksum(std::string_view data) {  // MS-OXTNEF 2.1.2
  std::uint32_t sum = 0;
  for (const char byte : data) sum += static_cast<unsigned char>(byte);
  return static_cast<std::uint16_t>(sum);
}

std::string text(Bytes bytes) { return std::string(as_chars(bytes)); }

// Set, kind, and number or padded text (MS-OXTNEF 2.1.3.4.1).
std::optional<std::string> take_name(ByteCursor& cursor) {
  const Bytes from = cursor.rest();
  if (!cursor.skip(kGuidSize)) return std::nullopt;
  const auto kind = cursor.u32();
  const auto number = cursor.u32();
  if (!number || *kind > 1 || (*kind == 1 && !cursor.skip(padded(*number)))) return std::nullopt;
  return text(slice(from, 0, from.size() - cursor.left()));
}

bool take_elements(ByteCursor& cursor, Property& out) {
  for (std::uint32_t i = 0; i < out.count; ++i) {
    const auto size = cursor.u32();
    const auto value = size ? cursor.take(*size) : std::nullopt;
    if (!value || !cursor.skip(padded(*size) - *size)) return false;
    out.elements.push_back(text(*value));
  }
  return true;
}

std::optional<Property> take_property(ByteCursor& cursor) {
  Property out;
  const auto type = cursor.u16();
  const auto id = cursor.u16();
  const TypeInfo* info = id ? type_info(base_type(*type)) : nullptr;
  if (!info) return std::nullopt;
  out.tag = tag_of(*id, *type);
  if (*id >= kFirstNamedId) {
    auto name = take_name(cursor);
    if (!name) return std::nullopt;
    out.name = std::move(*name);
  }
  const bool is_sized = info->shape == ValueShape::blob || info->type == PropertyType::object;
  out.shape = is_sized ? Shape::sized : Shape::fixed;
  if (is_sized || (*type & kMultiValued)) {
    const auto count = cursor.u32();
    if (!count) return std::nullopt;
    out.count = *count;
  }
  if (is_sized) return take_elements(cursor, out) ? std::optional(std::move(out)) : std::nullopt;
  const auto values = cursor.take(padded(info->width) * out.count);
  if (!values) return std::nullopt;
  out.value = text(*values);
  return out;
}

bool take_properties(ByteCursor& cursor, Node& out) {
  const auto count = cursor.u32();
  if (!count || *count > cursor.left() / 4) return false;
  out.count = *count;
  for (std::uint32_t i = 0; i < *count; ++i) {
    auto property = take_property(cursor);
    if (!property) return false;
    out.properties.push_back(std::move(*property));
  }
  return true;
}

std::string property_bytes(const Property& property, const Node* object) {
  std::string out;
  corpus::put(out, property.type());
  corpus::put(out, property.id());
  out += property.name;
  const bool is_sized = property.shape == Shape::sized;
  if (is_sized || (property.type() & kMultiValued)) corpus::put(out, property.count);
  if (!is_sized) return out + property.value;
  std::uint32_t skew = property.skew;
  for (std::string element : property.elements) {
    if (object && element.size() == kGuidSize) element += write_nested(*std::exchange(object, nullptr));
    corpus::put(out, static_cast<std::uint32_t>(element.size()) + std::exchange(skew, 0));
    out += element;
    out.append(padded(element.size()) - element.size(), '\0');
  }
  return out;
}

std::string list_bytes(const Node& list) {
  std::string out = corpus::little_endian(list.count);
  const Node* object = list.kind == Node::Kind::property_list && !list.children.empty() ? &list.children[0] : nullptr;
  for (const Property& property : list.properties) {
    const bool holds_it = object && property.tag == kAttachObject;
    out += property_bytes(property, holds_it ? std::exchange(object, nullptr) : nullptr);
  }
  return out + list.data;
}

std::string attribute_data(const Node& attribute) {
  if (attribute.kind == Node::Kind::property_list) return list_bytes(attribute);
  if (attribute.kind != Node::Kind::recipient_table) return attribute.data;
  std::string out = corpus::little_endian(attribute.count);
  for (const Node& row : attribute.children) out += list_bytes(row);
  return out + attribute.data;
}

// A nested message or compound file becomes the child; the value keeps the interface alone (MS-OXTNEF 2.1.3.4.3).
void nest_object(Node& list, std::size_t depth) {
  if (depth >= kMostDepth) return;
  const auto object = std::ranges::find(list.properties, kAttachObject, &Property::tag);
  if (object == list.properties.end() || object->elements.size() != 1) return;
  std::string& value = object->elements[0];
  const std::string_view bytes = std::string_view(value).substr(std::min(value.size(), kGuidSize));
  std::optional<Node> child;
  if (value.starts_with(kIidMessage)) {
    child = read_tnef_tree(as_bytes(bytes), depth + 1);
    if (child && write_tnef_tree(*child) != bytes) child.reset();
  } else if (value.starts_with(kIidStorage)) {
    if (auto storage = read_storage_tree(as_bytes(bytes))) child = std::move(storage->root);
  }
  if (!child) return;
  value.resize(kGuidSize);
  list.children.push_back(std::move(*child));
}

Node decoded(Node raw, std::size_t depth) {
  const auto id = static_cast<TnefId>(raw.id);
  Node out = raw;
  ByteCursor cursor(as_bytes(raw.data));
  bool is_whole = false;
  if (id == TnefId::msg_props || id == TnefId::attachment) {
    out.kind = Node::Kind::property_list;
    is_whole = take_properties(cursor, out);
  } else if (id == TnefId::recip_table) {
    out.kind = Node::Kind::recipient_table;
    out.count = cursor.u32().value_or(0);
    is_whole = true;
    for (std::uint32_t row = 0; is_whole && row < out.count; ++row) {
      Node& recipient = out.children.emplace_back();
      recipient.kind = Node::Kind::recipient;
      is_whole = take_properties(cursor, recipient);
    }
  }
  if (!is_whole) return raw;
  out.data = text(cursor.rest());
  if (attribute_data(out) != raw.data) return raw;
  nest_object(out, depth);
  return out;
}

std::optional<Node> take_attribute(ByteCursor& cursor) {
  Node out;
  out.kind = Node::Kind::attribute;
  const auto level = cursor.u8();
  const auto id = cursor.u32();
  const auto length = cursor.u32();
  const auto data = length ? cursor.take(*length) : std::nullopt;
  const auto sum = data ? cursor.u16() : std::nullopt;
  if (!sum) return std::nullopt;
  out.level = *level;
  out.id = *id;
  out.data = text(*data);
  out.checksum_skew = static_cast<std::uint16_t>(*sum - checksum(out.data));
  return out;
}

}  // namespace

std::optional<Node> read_tnef_tree(Bytes input, std::size_t depth) {
  ByteCursor cursor(input);
  if (cursor.u32() != kTnefSignature) return std::nullopt;
  Node out;
  out.kind = Node::Kind::message;
  out.id = cursor.u16().value_or(0);
  while (!cursor.at_end()) {
    const ByteCursor before = cursor;
    auto attribute = take_attribute(cursor);
    if (!attribute) {
      out.data = text(before.rest());
      break;
    }
    out.children.push_back(decoded(std::move(*attribute), depth));
  }
  return out;
}

std::string write_tnef_tree(const Node& message) {
  std::string out = corpus::little_endian(kTnefSignature);
  corpus::put(out, static_cast<std::uint16_t>(message.id));
  for (const Node& attribute : message.children) {
    const std::string data = attribute_data(attribute);
    corpus::put(out, attribute.level);
    corpus::put(out, attribute.id);
    corpus::put(out, static_cast<std::uint32_t>(data.size()) + attribute.length_skew);
    out += data;
    corpus::put(out, static_cast<std::uint16_t>(checksum(data) + attribute.checksum_skew));
  }
  return out + message.data;
}

}  // namespace mapiguard::mutation
