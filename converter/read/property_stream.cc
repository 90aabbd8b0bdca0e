#include "converter/read/property_stream.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "converter/model/planted_bugs.h"
#include "converter/read/property_values.h"

namespace mapiguard {
namespace {

constexpr std::size_t kRecordSize = 16;

std::uint16_t type_of(PropertyTag tag) { return static_cast<std::uint16_t>(tag & 0xFFFF); }
PropertyId id_of(PropertyTag tag) { return static_cast<PropertyId>(tag >> 16); }

bool is_plausible_record(Bytes record) {
  if (record.size() < kRecordSize) return false;
  const PropertyTag tag = *ByteCursor(record).u32();
  return id_of(tag) != 0 && type_info(base_type(type_of(tag))) != nullptr;
}

// The tag of the same string in the other encoding; of other types, the tag itself.
PropertyTag other_string(PropertyTag tag) {
  const std::uint16_t base = base_type(type_of(tag));
  const bool is_string = base == static_cast<std::uint16_t>(PropertyType::string8) ||
                         base == static_cast<std::uint16_t>(PropertyType::unicode);
  return is_string ? tag ^ 1 : tag;
}

// A string's announced size counts its terminator, MS-OXMSG 2.4.2.2.
std::uint32_t terminator_size(std::uint16_t type) {
  if (type == static_cast<std::uint16_t>(PropertyType::unicode)) return 2;
  return type == static_cast<std::uint16_t>(PropertyType::string8) ? 1 : 0;
}

}  // namespace

void PropertyReader::read(StorageContents& contents, PropertyStreamHeader header, const std::string& where,
                          PropertyBag& bag) {
  where_ = &where;
  bag_ = &bag;
  Bytes records;
  last_header_ = {};
  is_incomplete_ = !contents.properties;
  if (contents.properties) {
    records = read_whole(*contents.properties, where, "the property stream", &is_incomplete_);
    last_header_ = slice(records, 0, header_size(records, header));
    records = slice(records, last_header_.size());
  } else {
    context_.defects.repaired(where,
                              "there is no property stream; only properties with streams of their own were read");
  }
  bag.reserve(records.size() / kRecordSize + contents.values.size() / 4);
  for (; records.size() >= kRecordSize && context_.budget.spend(); records = slice(records, kRecordSize))
    read_record(records, contents);
  add_missing(contents);
  for (SubStorage& stream : contents.values)
    if (!stream.is_used) add_from_stream(stream, contents);
  bag.index();
  if (const std::size_t unknown = std::exchange(unknown_types_, 0); unknown > 0)
    context_.defects.loss(where, std::to_string(unknown) + " properties of unknown types were left out");
  if (std::exchange(has_nameless_, false))
    context_.defects.info(where, "there are named properties that the table of names does not have");
}

Bytes PropertyReader::read_whole(CompoundFile::Node node, const std::string& where, const char* what,
                                 bool* is_damaged) {
  CompoundFile::Stream stream = file_.read(node);
  if (is_damaged) *is_damaged = static_cast<bool>(stream.faults);
  if (stream.faults) context_.defects.loss(where, std::string(what) + " is damaged: " + describe(stream.faults));
  if (stream.data.pieces() <= 1) return stream.data.piece(0);
  return as_bytes(document_.owned.emplace_back(stream.data.copy()));
}

// Some writers use the header of another kind of object. A record at the usual place proves them right; where
// there is none but another place has one, that is used.
std::size_t PropertyReader::header_size(Bytes stream, PropertyStreamHeader header) {
  const auto usual = static_cast<std::size_t>(header);
  if (is_plausible_record(slice(stream, usual))) return usual;
  for (const std::size_t other : {std::size_t{8}, std::size_t{24}, std::size_t{32}}) {
    const Bytes records = slice(stream, other);
    if (!is_plausible_record(records) || records.size() % kRecordSize != 0) continue;
    context_.defects.repaired(*where_, "the property stream has a header of " + std::to_string(other) +
                                           " bytes instead of " + std::to_string(usual));
    return other;
  }
  return usual;
}

void PropertyReader::read_record(Bytes record, StorageContents& contents) {
  ByteCursor cursor(record);
  const PropertyTag tag = *cursor.u32();
  cursor.skip(4);  // flags: readable, writable, mandatory
  const TypeInfo* info = type_info(base_type(type_of(tag)));
  if (!info) {
    if (tag != 0 && !contents.find(tag)) ++unknown_types_;
    return;
  }
  const bool is_inline =
      info->shape == ValueShape::fixed && info->type != PropertyType::guid && base_type(type_of(tag)) == type_of(tag);
  if (is_inline)
    add(tag, decode_fixed(*info, cursor.rest()));
  else if (info->type == PropertyType::null)
    add(tag, {});
  else
    add_announced(tag, *cursor.u32(), contents);
}

void PropertyReader::add_announced(PropertyTag tag, std::uint32_t announced, StorageContents& contents) {
  SubStorage* stream = contents.find(tag);
  if (stream) {
    if (!stream->is_used) add_from_stream(*stream, contents, announced);
    return;
  }
  // A string announced as 8-bit may be stored as UTF-16, or the other way round.
  if (SubStorage* other = contents.find(other_string(tag))) {
    if (!other->is_used) add_from_stream(*other, contents);
    return;
  }
  const bool is_object = base_type(type_of(tag)) == static_cast<std::uint16_t>(PropertyType::object);
  if (is_object) return add(tag, {});
  // An empty value may have no stream at all.
  if (announced <= terminator_size(type_of(tag)))
    return add(tag, type_of(tag) & kMultiValued ? Value() : Value(Blob()));
  missing_.emplace_back(tag, announced);
}

// What is missing may be there under a damaged name. Asked when all that is announced rightly has been found.
void PropertyReader::add_missing(StorageContents& contents) {
  for (const auto& [tag, announced] : std::exchange(missing_, {})) {
    const auto stray = find_stray(tag, announced, contents);
    if (stray) {
      context_.defects.repaired(path(tag), "the property's stream was found under a damaged name");
      add(tag, read_value(*stray, tag, announced));
      continue;
    }
    context_.defects.loss(
        path(tag), "the property is announced with " + std::to_string(announced) + " bytes, but its stream is missing");
    add(tag, {});
  }
}

// The stream whose name differs least from the property's. One whose name is that of another property, which nothing
// announces, must differ by one digit and have the announced size.
std::optional<CompoundFile::Node> PropertyReader::find_stray(PropertyTag tag, std::uint32_t announced,
                                                             StorageContents& contents) {
  constexpr std::size_t kMostDifferent = 3;
  const std::string name = "__substg1.0_" + hex32(tag).substr(2);
  const auto has_size = [&](CompoundFile::Node node) {
    return file_.size(node) == announced || file_.size(node) + terminator_size(type_of(tag)) == announced;
  };
  std::optional<CompoundFile::Node> best;
  std::size_t least = kMostDifferent + 1;  // one more than is allowed
  const auto consider = [&](CompoundFile::Node node) {
    const std::size_t different = name_distance(file_.name(node), name);
    if (different >= least || file_.is_storage(node)) return;
    least = different;
    best = node;
  };
  if (!context_.budget.spend(contents.strays.size() + contents.values.size())) return {};
  for (const CompoundFile::Node node : contents.strays) consider(node);
  least = std::min<std::size_t>(least, 2);
  for (const SubStorage& stream : contents.values)
    if (!stream.is_used && has_size(stream.node)) consider(stream.node);
  if (!best) return {};
  std::erase(contents.strays, *best);
  for (SubStorage& stream : contents.values) stream.is_used |= stream.node == *best;
  return best;
}

void PropertyReader::add_from_stream(SubStorage& stream, StorageContents& contents, std::uint32_t announced) {
  stream.is_used = true;
  if (file_.is_storage(stream.node)) return add(stream.tag, {});  // an object; the attachment's reader takes it
  const std::uint16_t type = type_of(stream.tag);
  const TypeInfo* info = type_info(base_type(type));
  const bool is_multi = type & kMultiValued;
  if (!is_multi && (!info || info->shape != ValueShape::fixed))
    return add(stream.tag, read_value(stream.node, stream.tag, announced));
  const Bytes data = read_whole(stream.node, *where_, ("property " + hex32(stream.tag)).c_str());
  if (!is_multi) return add(stream.tag, decode_fixed(*info, data));
  if (info && info->shape == ValueShape::fixed) return add(stream.tag, decode_fixed_array(*info, data, info->width));
  add(stream.tag, read_elements(stream.tag, contents, data));
}

// MS-OXMSG 2.1.4.2: the main stream has a table of lengths, each value a stream of its own. The streams are what
// counts; the table tells how many there should be.
Value PropertyReader::read_elements(PropertyTag tag, StorageContents& contents, Bytes lengths) {
  const bool is_binary = base_type(type_of(tag)) == static_cast<std::uint16_t>(PropertyType::binary);
  const std::size_t promised = lengths.size() / (is_binary ? 8 : 4);
  std::vector<Blob> values;
  const auto key = [](const SubStorage& s) { return s.tag; };
  for (const SubStorage& element : std::ranges::equal_range(contents.elements, tag, {}, key))
    if (!file_.is_storage(element.node)) values.push_back(read_stream(element.node, tag));
  MAPIGUARD_PLANTED(table_of_lengths(lengths, values.size(), is_binary));  // 1
  if (values.size() != promised)
    context_.defects.repaired(path(tag), "the property should have " + std::to_string(promised) + " values and has " +
                                             std::to_string(values.size()));
  return values;
}

// A stream of which nothing is left has no value, rather than an empty one.
Value PropertyReader::read_value(CompoundFile::Node node, PropertyTag tag, std::uint32_t announced) {
  Blob data = read_stream(node, tag, announced);
  if (data.empty() && file_.size(node) > 0) return {};
  return data;
}

Blob PropertyReader::read_stream(CompoundFile::Node node, PropertyTag tag, std::uint32_t announced) {
  const std::uint32_t terminator = terminator_size(type_of(tag));
  CompoundFile::Stream stream = file_.read(node, announced > terminator ? announced - terminator : 0);
  if (stream.is_resized)
    context_.defects.repaired(path(tag), "the directory gives the stream " + std::to_string(file_.size(node)) +
                                             " bytes; it was read with the announced " +
                                             std::to_string(stream.data.size()));
  if (stream.faults) {
    std::string what = "the stream is damaged: " + describe(stream.faults);
    if (stream.lost > 0) what += "; " + std::to_string(stream.lost) + " bytes are lost";
    context_.defects.loss(path(tag), std::move(what));
  }
  return std::move(stream.data);
}

void PropertyReader::add(PropertyTag tag, Value value) {
  std::shared_ptr<const PropertyName> name;
  if (id_of(tag) >= kFirstNamedId) {
    name = names_.find(id_of(tag));
    has_nameless_ |= name == nullptr;
  }
  bag_->add({id_of(tag), type_of(tag), std::move(value), std::move(name)});
}

std::string PropertyReader::path(PropertyTag tag) const {
  return where_->empty() ? hex32(tag) : *where_ + "/" + hex32(tag);
}

}  // namespace mapiguard
