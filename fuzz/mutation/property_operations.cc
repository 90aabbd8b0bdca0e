// Operations on properties: values, types, tags, flags, order, announced sizes.
#include <algorithm>
#include <iterator>
#include <utility>

#include "converter/model/property_tags.h"
#include "converter/read/property_values.h"
#include "corpus/byte_sink.h"
#include "fuzz/mutation/byte_mutation.h"
#include "fuzz/mutation/dictionary.h"
#include "fuzz/mutation/numbers.h"
#include "fuzz/mutation/operations.h"

namespace mapiguard::mutation {
namespace {

constexpr std::uint16_t kTypes[] = {0x0001, 0x0002, 0x0003, 0x0004, 0x0005, 0x0006, 0x0007, 0x000A, 0x000B,
                                    0x000D, 0x0014, 0x001E, 0x001F, 0x0040, 0x0048, 0x00FB, 0x0102, 0x1002,
                                    0x1003, 0x1014, 0x101E, 0x101F, 0x1040, 0x1048, 0x1102};

bool is_multi(const Property& property) { return property.type() & kMultiValued; }
bool has_stream(const Property& property) { return property.shape == Shape::stream; }
bool is_announced(const Property& property) { return has_stream(property) && property.has_row; }

bool change_value(Editor& editor) {
  const auto place = editor.any_property();
  if (!place) return false;
  set_value(place.property(), awkward_value(place.property().type(), editor.dice(), editor.most()));
  return true;
}

bool change_bytes(Editor& editor) {
  const auto place = editor.any_property();
  if (!place) return false;
  Property& property = place.property();
  std::string row;
  std::string& value = value_of(property, editor.dice(), row);
  const bool is_structure = text_width(property.type()) == 0;
  (is_structure ? mutate_fields : mutate_bytes)(value, editor.dice(), editor.most());
  if (property.shape == Shape::row) set_value(property, std::move(row));
  if (!editor.dice().one_in(8)) announce_size(property);
  return true;
}

// A fixed size is where readers have their buffers, and where a stream leaves the mini stream (MS-CFB 2.2).
bool change_size(Editor& editor) {
  const auto place = editor.any_property([](const Property& p) { return p.shape != Shape::row; });
  if (!place) return false;
  constexpr std::size_t kSizes[] = {0,  1,  2,  3,   4,   7,   8,   12,   16,   20,   22,   24,   28,   32,  48,
                                    63, 64, 65, 128, 255, 256, 512, 1000, 1024, 2048, 4095, 4096, 4097, 8192};
  Property& property = place.property();
  std::string unused;
  std::string& value = value_of(property, editor.dice(), unused);
  const std::size_t size =
      std::min(editor.dice().one_in(3) ? editor.dice().small(5000) : editor.dice().pick(kSizes), editor.most());
  const std::string seed = value.empty() ? "x" : value;
  while (value.size() < size) value.append(seed, 0, size - value.size());
  value.resize(size);
  announce_size(property);
  return true;
}

Property with_tag(Property property, Format format, PropertyTag tag) {
  const bool was_row = property.shape == Shape::row;
  Property out = make_property(format, tag, value_copy(property));
  out.name = std::move(property.name);
  if (was_row && out.shape == Shape::row) out.field = property.field;
  if (out.shape == Shape::stream && property.shape == Shape::stream) out.elements = std::move(property.elements);
  return out;
}

bool change_type(Editor& editor) {
  const auto place = editor.any_property();
  if (!place) return false;
  Property& property = place.property();
  Dice& dice = editor.dice();
  std::uint16_t type = dice.pick(kTypes);
  if (text_width(property.type()) > 0 && dice.one_in(2)) type = property.type() ^ 1;
  if (dice.one_in(6)) type = property.type() ^ kMultiValued;
  const PropertyTag tag = tag_of(property.id(), type);
  if (dice.one_in(6) && editor.is_msg())
    property.tag = tag;  // the value stays where values of the old type lie
  else
    property = with_tag(std::move(property), editor.container().format, tag);
  return true;
}

bool change_tag(Editor& editor) {
  const auto place = editor.any_property();
  if (!place) return false;
  Property& property = place.property();
  Dice& dice = editor.dice();
  std::uint16_t id = static_cast<std::uint16_t>(dice.pick(kTelling) >> 16);
  if (dice.one_in(3)) id = static_cast<std::uint16_t>(property.id() + dice.below(9) - 4);
  if (dice.one_in(4)) id = static_cast<std::uint16_t>(dice.pick(kProperties).tag >> 16);
  if (!editor.is_msg() && (id >= 0x8000) != !property.name.empty()) return false;  // its name would be missing
  property.tag = tag_of(id, property.type());
  return true;
}

bool change_flags(Editor& editor) {
  const auto place = editor.any_property([](const Property& p) { return p.has_row; });
  if (!place || !editor.is_msg()) return false;
  place.property().flags = static_cast<std::uint32_t>(awkward_number(editor.dice()));
  return true;
}

bool lie_about_size(Editor& editor) {
  Dice& dice = editor.dice();
  if (!editor.is_msg()) {
    const auto place = editor.any_property([](const Property& p) { return p.shape == Shape::sized; });
    if (place) place.property().skew = static_cast<std::uint32_t>(awkward_number(dice));
    return static_cast<bool>(place);
  }
  const auto place = editor.any_property(is_announced);
  if (!place) return false;
  set_number(place.property().field, static_cast<std::uint32_t>(awkward_number(dice)), dice.one_in(4) ? 4 : 0);
  return true;
}

bool drop_property(Editor& editor) {
  const auto place = editor.any_property();
  if (!place) return false;
  place.owner->properties.erase(place.owner->properties.begin() + static_cast<std::ptrdiff_t>(place.index));
  if (!editor.is_msg() && place.owner->count > 0 && !editor.dice().one_in(8)) --place.owner->count;
  return true;
}

bool repeat_property(Editor& editor) {
  const auto place = editor.any_property();
  if (!place) return false;
  const Property copy = place.property();
  for (std::size_t times = 1 + editor.dice().small(6); times > 0; --times)
    add_property(*place.owner, editor.container().format, copy);
  return true;
}

// Without the row a stream is unannounced; without the stream a row promises what is not there.
bool part_row_from_stream(Editor& editor) {
  const auto place = editor.any_property(is_announced);
  if (!place) return false;
  if (editor.dice().one_in(2))
    place.property().has_row = false;
  else
    place.property().shape = Shape::row;
  return true;
}

bool reorder(Editor& editor) {
  Node* owner = editor.any(has_properties);
  if (!owner || owner->properties.size() < 2) return false;
  auto& list = owner->properties;
  Dice& dice = editor.dice();
  if (dice.one_in(4)) {
    std::ranges::reverse(list);
  } else if (dice.one_in(2)) {
    std::swap(list[dice.below(list.size())], list[dice.below(list.size())]);
  } else {
    const auto first = static_cast<std::ptrdiff_t>(dice.below(list.size()));
    std::rotate(list.begin(), list.begin() + first, list.end());
  }
  return true;
}

bool swap_values(Editor& editor) {
  const auto one = editor.any_property(), other = editor.any_property();
  if (!one || !other) return false;
  std::string value = value_copy(one.property());
  if (editor.dice().one_in(2)) splice_bytes(value, value_copy(other.property()), editor.dice(), editor.most());
  set_value(other.property(), std::move(value));
  return true;
}

bool add_telling_property(Editor& editor) {
  Node* owner = editor.any_owner();
  if (!owner) return false;
  Dice& dice = editor.dice();
  PropertyTag tag = dice.one_in(5) ? dice.pick(kProperties).tag : dice.pick(kTelling);
  if (text_width(static_cast<std::uint16_t>(tag)) == 2 && dice.one_in(4)) --tag;
  std::string value = awkward_value(static_cast<std::uint16_t>(tag), dice, editor.most());
  if (dice.one_in(2))
    put_property(*owner, editor.container().format, tag, std::move(value));
  else
    add_property(*owner, editor.container().format, make_property(editor.container().format, tag, std::move(value)));
  return true;
}

bool copy_property_elsewhere(Editor& editor) {
  const auto place = editor.any_property();
  Node* owner = editor.any_owner();
  if (!place || !owner) return false;
  add_property(*owner, editor.container().format, Property(place.property()));
  return true;
}

bool change_elements(Editor& editor) {
  const auto place = editor.any_property([](const Property& p) { return is_multi(p) || p.elements.size() > 1; });
  if (!place) return false;
  Property& property = place.property();
  Dice& dice = editor.dice();
  const std::string copy = property.elements.empty() ? "x" : dice.pick(property.elements);
  switch (dice.below(5)) {
    case 3:  // the table of lengths (MS-OXMSG 2.1.4.2) promises more, or less
      property.value.resize(dice.below(property.value.size() + 16) & ~std::size_t{3}, '\4');
      announce_size(property);
      return true;
    case 0: property.elements.insert(property.elements.end(), 1 + dice.small(40), copy); break;
    case 1:
      if (!property.elements.empty()) property.elements.erase(property.elements.begin());
      break;
    case 2: property.count = static_cast<std::uint32_t>(awkward_number(dice)); return true;
    default:
      mutate_fields(property.value, dice, editor.most());
      announce_size(property);
      return true;
  }
  if (!dice.one_in(4)) property.count = static_cast<std::uint32_t>(property.elements.size());
  return true;
}

constexpr Operation kOperations[] = {
    {"value", change_value, 8},
    {"bytes", change_bytes, 10},
    {"size", change_size, 4},
    {"type", change_type, 5},
    {"tag", change_tag, 4},
    {"flags", change_flags, 1},
    {"announced size", lie_about_size, 3},
    {"drop property", drop_property, 4},
    {"repeat property", repeat_property, 2},
    {"row without stream", part_row_from_stream, 2},
    {"order", reorder, 1},
    {"swap values", swap_values, 3},
    {"add property", add_telling_property, 8},
    {"copy property", copy_property_elsewhere, 2},
    {"values of one property", change_elements, 3},
};

}  // namespace

std::span<const Operation> property_operations() { return kOperations; }

}  // namespace mapiguard::mutation
