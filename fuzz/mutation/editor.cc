#include "fuzz/mutation/editor.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "converter/read/property_values.h"
#include "corpus/byte_sink.h"
#include "fuzz/mutation/dictionary.h"
#include "fuzz/mutation/numbers.h"

namespace mapiguard::mutation {
namespace {

void collect(Node& node, Editor::Wanted wanted, std::vector<Node*>& out) {
  if (wanted(node)) out.push_back(&node);
  for (Node& child : node.children) collect(child, wanted, out);
}

std::string number_bytes(std::uint64_t number, std::size_t width) {
  return corpus::little_endian(number).substr(0, width);
}

std::string awkward_text(Dice& dice, std::size_t most) {
  if (dice.one_in(4))
    return std::string(dice.small(std::min<std::size_t>(most / 2, 6000)), "x \"@;=\xE4"[dice.below(7)]);
  std::string out;
  for (std::size_t parts = 1 + dice.small(4); parts > 0; --parts)
    out += dice.one_in(3) ? dice.pick(kWords) : dice.pick(kTexts);
  return out;
}

std::string awkward_binary(Dice& dice, std::size_t most) {
  constexpr std::size_t kSizes[] = {0, 1, 2, 3, 4, 15, 16, 20, 24, 28, 48, 63, 64, 65, 100, 255, 511, 4095, 4096, 4097};
  std::string out(std::min(dice.pick(kSizes), most), '\0');
  const bool is_random = dice.one_in(2);
  if (is_random)
    for (char& byte : out) byte = static_cast<char>(dice.next());
  return out;
}

std::string awkward_time(Dice& dice) {
  constexpr std::uint64_t kTimes[] = {0,
                                      1,
                                      0x01D5A66000000000,  // 2019
                                      0x0CB34557A3DD4000,  // 4501-01-01, "none" to Outlook
                                      0x7FFFFFFFFFFFFFFF,
                                      0xFFFFFFFFFFFFFFFF,
                                      116444736000000000,   // 1970
                                      2650467743999999999,  // 9999-12-31
                                      2650467744000000000,
                                      0x01DA6EDE00000000};
  return number_bytes(dice.one_in(3) ? dice.next() : dice.pick(kTimes), 8);
}

}  // namespace

bool is_message(const Node& node) { return node.kind == Node::Kind::message; }
bool has_properties(const Node& node) { return !node.properties.empty(); }
bool owns_properties(const Node& node) {
  return node.has_property_stream || node.kind == Node::Kind::property_list || node.kind == Node::Kind::recipient;
}
bool has_children(const Node& node) { return !node.children.empty(); }
bool has_bytes(const Node& node) {
  return (node.kind == Node::Kind::stream || node.kind == Node::Kind::attribute) && !node.data.empty();
}

std::vector<Node*> Editor::all(Wanted wanted) {
  std::vector<Node*> out;
  collect(container_.root, wanted, out);
  return out;
}

Node* Editor::any(Wanted wanted) {
  const std::vector<Node*> found = all(wanted);
  return found.empty() ? nullptr : dice_.pick(found);
}

// A message with a hundred recipients is a message all the same: each kind has its turn.
Node* Editor::any_owner() {
  const std::vector<Node*> found = all(owns_properties);
  if (found.empty()) return nullptr;
  if (dice_.one_in(3)) return found.front();
  const Node::Kind kind = dice_.pick(found)->kind;
  for (int tries = 0; tries < 4; ++tries)
    if (Node* node = dice_.pick(found); node->kind != kind || dice_.one_in(2)) return node;
  return dice_.pick(found);
}

Node* Editor::any_message() { return any(is_message); }

Editor::Place Editor::any_property(WantedProperty wanted) {
  std::vector<Place> places;
  for (Node* owner : all(has_properties))
    for (std::size_t i = 0; i < owner->properties.size(); ++i)
      if (!wanted || wanted(owner->properties[i])) places.push_back({owner, i});
  if (places.empty()) return {};
  if (!dice_.one_in(2)) return dice_.pick(places);
  Node* owner = dice_.pick(places).owner;  // again among those of one object
  std::erase_if(places, [&](const Place& place) { return place.owner != owner; });
  return dice_.pick(places);
}

std::string& value_of(Property& property, Dice& dice, std::string& row) {
  if (property.shape == Shape::row) {
    row.assign(reinterpret_cast<const char*>(property.field.data()), property.field.size());
    return row;
  }
  if (!property.elements.empty() && (property.shape == Shape::sized || !dice.one_in(4)))
    return property.elements[dice.below(property.elements.size())];
  return property.value;
}

std::string value_copy(const Property& property) {
  if (property.shape == Shape::row)
    return std::string(reinterpret_cast<const char*>(property.field.data()), property.field.size());
  return property.shape == Shape::sized && !property.elements.empty() ? property.elements.front() : property.value;
}

void announce_size(Property& property) {
  if (property.shape != Shape::stream || !property.has_row) return;
  const unsigned nul = (property.type() & kMultiValued) ? 0 : text_width(property.type());
  set_number(property.field, static_cast<std::uint32_t>(property.value.size() + nul));
}

void set_value(Property& property, std::string value) {
  switch (property.shape) {
    case Shape::row:
      value.resize(property.field.size());
      std::memcpy(property.field.data(), value.data(), value.size());
      break;
    case Shape::stream:
      property.value = std::move(value);
      announce_size(property);
      break;
    case Shape::fixed:
      corpus::pad_to(value, 4);
      property.value = std::move(value);
      break;
    case Shape::sized:
      if (property.elements.empty()) property.elements.emplace_back();
      property.elements.front() = std::move(value);
      break;
  }
}

Property make_property(Format format, PropertyTag tag, std::string value) {
  Property out;
  out.tag = tag;
  const TypeInfo* info = type_info(base_type(out.type()));
  const bool is_fixed = info && info->shape == ValueShape::fixed;
  const bool is_multi = out.type() & kMultiValued;
  if (format == Format::tnef) {
    out.shape = is_fixed ? Shape::fixed : Shape::sized;
    if (text_width(out.type()) > 0) value.append(text_width(out.type()), '\0');
    if (is_fixed && is_multi) out.count = static_cast<std::uint32_t>(value.size() / ((info->width + 3u) & ~3u));
  } else if (is_multi && !is_fixed) {
    out.shape = Shape::stream;
    out.elements.push_back(value);
    value = corpus::little_endian(static_cast<std::uint32_t>(value.size()));
    if (base_type(out.type()) == static_cast<std::uint16_t>(PropertyType::binary)) value.append(4, '\0');
  } else {
    const bool is_inline = is_fixed && !is_multi && info->type != PropertyType::guid;
    const bool has_none = info && info->shape == ValueShape::none;
    out.shape = is_inline || has_none ? Shape::row : Shape::stream;
  }
  set_value(out, std::move(value));
  return out;
}

void add_property(Node& owner, Format format, Property property) {
  if (format == Format::tnef) ++owner.count;
  owner.properties.push_back(std::move(property));
}

Property* find_property(Node& owner, PropertyId id) {
  const auto found = std::ranges::find(owner.properties, id, &Property::id);
  return found == owner.properties.end() ? nullptr : &*found;
}

void put_property(Node& owner, Format format, PropertyTag tag, std::string value) {
  Property property = make_property(format, tag, std::move(value));
  if (Property* old = find_property(owner, property.id()))
    *old = std::move(property);
  else
    add_property(owner, format, std::move(property));
}

std::string utf16_of(std::string_view ascii) {
  std::string out;
  for (const char c : ascii) out.append({c, '\0'});
  return out;
}

std::string awkward_value(std::uint16_t type, Dice& dice, std::size_t most) {
  const TypeInfo* info = type_info(base_type(type));
  if (!info || info->shape == ValueShape::none) return {};
  const unsigned width = text_width(type);
  if (width == 1) return awkward_text(dice, most);
  if (width == 2) {
    std::string out = utf16_of(awkward_text(dice, most / 2));
    constexpr std::uint16_t kUnits[] = {0xD800, 0xDC00, 0xFFFE, 0xFFFF, 0x0000, 0x202E,
                                        0xFEFF, 0x00AD, 0x20AC, 0x4E2D, 0x0001};
    for (std::size_t units = dice.small(4); units > 0; --units) corpus::put(out, dice.pick(kUnits));
    return out;
  }
  if (info->shape == ValueShape::blob) return awkward_binary(dice, most);
  if (info->type == PropertyType::time) return awkward_time(dice);
  if (info->type == PropertyType::guid) return awkward_binary(dice, most).append(16, '\xC0').substr(0, 16);
  return number_bytes(awkward_number(dice), info->width);
}

std::u16string free_name(const Node& message, Node::Kind kind) {
  constexpr std::u16string_view kDigits = u"0123456789ABCDEF";
  std::u16string name = kind == Node::Kind::recipient ? u"__recip_version1.0_#" : u"__attach_version1.0_#";
  std::uint32_t number = 0;
  for (const Node& child : message.children) {
    if (!child.name.starts_with(name) || child.name.size() != name.size() + 8) continue;
    std::uint32_t taken = 0;
    for (const char16_t digit : child.name.substr(name.size()))
      taken = taken << 4 | static_cast<std::uint32_t>(kDigits.find(digit) & 15);
    number = std::max(number, taken + 1);
  }
  for (int shift = 28; shift >= 0; shift -= 4) name.push_back(kDigits[number >> shift & 15]);
  return name;
}

}  // namespace mapiguard::mutation
