// A .msg as a tree of Nodes: read through the converter's tolerant reader, written by the corpus' writer.
#include <algorithm>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "base/defects.h"
#include "converter/read/cfb.h"
#include "corpus/cfb_writer.h"
#include "fuzz/mutation/container.h"
#include "fuzz/mutation/numbers.h"
#include "fuzz/mutation/trees.h"

namespace mapiguard::mutation {
namespace {

constexpr std::u16string_view kPropertyStream = u"__properties_version1.0", kValue = u"__substg1.0_",
                              kRecipient = u"__recip_version1.0_#", kAttachment = u"__attach_version1.0_#",
                              kObject = u"__substg1.0_3701000D";
constexpr std::size_t kRowSize = 16, kMostNameUnits = 31;
constexpr std::size_t kVersionAt = 26;  // of the header, MS-CFB 2.2

std::u16string utf16_of(Bytes name) {
  std::u16string out(name.size() / 2, u'\0');
  std::memcpy(out.data(), name.data(), out.size() * 2);
  return out;
}

std::u16string hex(std::uint32_t number) {
  std::u16string out;
  for (int shift = 28; shift >= 0; shift -= 4) out.push_back(u"0123456789ABCDEF"[number >> shift & 15]);
  return out;
}

// Eight digits as writers write them; anything else is somebody's own name and kept as it is.
std::optional<std::uint32_t> unhex(std::u16string_view digits) {
  constexpr std::u16string_view kDigits = u"0123456789ABCDEF";
  if (digits.size() != 8) return std::nullopt;
  std::uint32_t number = 0;
  for (const char16_t digit : digits) {
    const std::size_t value = kDigits.find(digit);
    if (value == kDigits.npos) return std::nullopt;
    number = number << 4 | static_cast<std::uint32_t>(value);
  }
  return number;
}

std::size_t header_size(const Node& object, bool is_root) {  // MS-OXMSG 2.4.1
  if (object.kind != Node::Kind::message) return 8;
  return is_root ? 32 : 24;
}

std::optional<Node::Kind> object_kind(std::u16string_view name, bool is_root) {
  if (is_root || name == kObject) return Node::Kind::message;
  if (name.starts_with(kRecipient)) return Node::Kind::recipient;
  if (name.starts_with(kAttachment)) return Node::Kind::attachment;
  return std::nullopt;
}

// The streams of one object that its properties may have.
struct Streams {
  std::map<PropertyTag, CompoundFile::Node> values;
  std::map<PropertyTag, std::map<std::uint32_t, CompoundFile::Node>> elements;
};

class Loader {
 public:
  explicit Loader(CompoundFile& file, bool has_objects) : file_(file), has_objects_(has_objects) {}

  Node storage(CompoundFile::Node at, std::u16string name, std::size_t depth) {
    Node out;
    out.clsid = file_.clsid(at).bytes;
    out.kind = Node::Kind::storage;
    const bool is_root = depth == 0;
    out.name = std::move(name);
    const CompoundFile::Node properties = has_objects_ ? property_stream(at) : CompoundFile::kRoot;
    const auto kind = object_kind(out.name, is_root);
    const bool is_object = properties != CompoundFile::kRoot && kind;
    Streams streams;
    if (is_object) out.kind = *kind;
    for (const CompoundFile::Node member : file_.members(at)) {
      if (is_object && (member == properties || is_value(member, streams))) continue;
      if (depth + 1 < kMostDepth) out.children.push_back(load(member, depth + 1));
    }
    if (is_object) add_properties(stream(properties), streams, is_root, out);
    return out;
  }

 private:
  Node load(CompoundFile::Node at, std::size_t depth) {
    std::u16string name = utf16_of(file_.name(at));
    if (file_.is_storage(at)) return storage(at, std::move(name), depth);
    Node out;
    out.kind = Node::Kind::stream;
    out.name = std::move(name);
    out.data = stream(at);
    return out;
  }

  // The root, which is nobody's member, when there is none.
  CompoundFile::Node property_stream(CompoundFile::Node storage) const {
    for (const CompoundFile::Node member : file_.members(storage))
      if (!file_.is_storage(member) && utf16_of(file_.name(member)) == kPropertyStream) return member;
    return CompoundFile::kRoot;
  }

  bool is_value(CompoundFile::Node member, Streams& streams) const {
    if (file_.is_storage(member)) return false;
    const std::u16string name = utf16_of(file_.name(member));
    if (!name.starts_with(kValue)) return false;
    const std::u16string_view digits = std::u16string_view(name).substr(kValue.size());
    const auto tag = unhex(digits.substr(0, 8));
    if (!tag) return false;
    if (digits.size() == 8) return streams.values.emplace(*tag, member).second;
    const auto index = digits[8] == u'-' ? unhex(digits.substr(9)) : std::nullopt;
    return index && streams.elements[*tag].emplace(*index, member).second;
  }

  void add_properties(const std::string& table, Streams& streams, bool is_root, Node& object) {
    object.has_property_stream = true;
    object.data = table.substr(0, header_size(object, is_root));
    for (std::size_t at = object.data.size(); at + kRowSize <= table.size(); at += kRowSize) {
      Property row;
      row.tag = number_at<std::uint32_t>(table, at);
      row.flags = number_at<std::uint32_t>(table, at + 4);
      std::memcpy(row.field.data(), table.data() + at + 8, row.field.size());
      if (const auto found = streams.values.find(row.tag); found != streams.values.end()) {
        take_value(found->second, streams, row);
        streams.values.erase(found);
      }
      object.properties.push_back(std::move(row));
    }
    for (const auto& [tag, at] : streams.values) {
      Property unannounced;
      unannounced.tag = tag;
      unannounced.has_row = false;
      take_value(at, streams, unannounced);
      object.properties.push_back(std::move(unannounced));
    }
    add_strays(streams, object);
  }

  void take_value(CompoundFile::Node at, Streams& streams, Property& property) {
    const std::uint32_t announced = number_in<std::uint32_t>(property.field);
    const std::uint32_t nul = text_width(property.type());
    property.shape = Shape::stream;
    property.value = stream(at, property.has_row && announced > nul ? announced - nul : 0);
    const auto elements = streams.elements.find(property.tag);
    if (elements == streams.elements.end() || elements->second.rbegin()->first + 1 != elements->second.size()) return;
    for (const auto& [index, element] : elements->second) property.elements.push_back(stream(element));
    streams.elements.erase(elements);
  }

  // Elements of no property, or with gaps in their numbers.
  void add_strays(const Streams& streams, Node& object) {
    for (const auto& [tag, elements] : streams.elements)
      for (const auto& [index, at] : elements) {
        Node stray;
        stray.name = utf16_of(file_.name(at));
        stray.data = stream(at);
        object.children.push_back(std::move(stray));
      }
  }

  std::string stream(CompoundFile::Node at, std::uint64_t announced = 0) {
    return file_.read(at, announced).data.copy();
  }

  CompoundFile& file_;
  bool has_objects_;
};

// MS-CFB 2.6.1: a name has at most 31 units.
void add_member(corpus::CfbNode& storage, corpus::CfbNode child) {
  if (child.name.size() > kMostNameUnits) child.name.resize(kMostNameUnits);
  storage.add(std::move(child));
}

void write_property(const Property& property, std::string& table, corpus::CfbNode& storage) {
  if (property.has_row) {
    corpus::put(table, property.tag);
    corpus::put(table, property.flags);
    table.append(reinterpret_cast<const char*>(property.field.data()), property.field.size());
  }
  if (property.shape == Shape::row) return;
  const std::u16string name = std::u16string(kValue) + hex(property.tag);
  add_member(storage, corpus::CfbNode::stream(name, property.value));
  for (std::size_t i = 0; i < property.elements.size(); ++i)
    add_member(storage,
               corpus::CfbNode::stream(name + u"-" + hex(static_cast<std::uint32_t>(i)), property.elements[i]));
}

corpus::CfbNode cfb_node(const Node& node) {
  if (node.kind == Node::Kind::stream) return corpus::CfbNode::stream(node.name, node.data);
  corpus::CfbNode storage = corpus::CfbNode::storage(node.name, corpus::Guid{node.clsid});
  std::string table = node.data;
  for (const Property& property : node.properties) write_property(property, table, storage);
  if (node.has_property_stream)
    add_member(storage, corpus::CfbNode::stream(std::u16string(kPropertyStream), std::move(table)));
  for (const Node& child : node.children) add_member(storage, cfb_node(child));
  return storage;
}

std::optional<Container> read_cfb(Bytes input, bool has_objects) {
  Limits limits;
  limits.min_steps = 20'000'000;
  Budget budget = Budget::for_input(limits, input.size());
  Report report;
  DefectLog defects(report, 0);
  auto file = CompoundFile::open(input, budget, defects);
  if (!file) return std::nullopt;
  Container out;
  out.format = Format::msg;
  out.is_version_4 = ByteCursor(slice(input, kVersionAt)).u16() == 4;
  out.root = Loader(*file, has_objects).storage(CompoundFile::kRoot, u"Root Entry", 0);
  if (out.root.children.empty() && out.root.properties.empty()) return std::nullopt;
  return out;
}

}  // namespace

std::optional<Container> read_msg_tree(Bytes input) { return read_cfb(input, true); }
std::optional<Container> read_storage_tree(Bytes input) { return read_cfb(input, false); }

std::string write_msg_tree(const Container& container) {
  const corpus::CfbNode root = cfb_node(container.root);
  corpus::StringByteSink sink;
  corpus::CfbFile(root, container.is_version_4 ? corpus::CfbVersion::v4 : corpus::CfbVersion::v3).write(sink);
  return sink.take();
}

// MS-OXMSG 2.4.1.1: next numbers, then counts, of recipients and attachments.
bool counts_are_true(const Node& message) {
  if (message.kind != Node::Kind::message || message.data.size() < 24) return false;
  const auto has = [&](Node::Kind kind) { return std::ranges::count(message.children, kind, &Node::kind); };
  return number_at<std::uint32_t>(message.data, 16) == has(Node::Kind::recipient) &&
         number_at<std::uint32_t>(message.data, 20) == has(Node::Kind::attachment);
}

void correct_counts(Node& message) {
  if (message.kind != Node::Kind::message || message.data.size() < 24) return;
  std::size_t at = 8;
  for (const bool is_count : {false, true})
    for (const Node::Kind kind : {Node::Kind::recipient, Node::Kind::attachment}) {
      const auto has = static_cast<std::uint32_t>(std::ranges::count(message.children, kind, &Node::kind));
      const std::uint32_t next = number_at<std::uint32_t>(message.data, at);
      corpus::put_at(message.data, at, is_count ? has : std::max(has, next));
      at += 4;
    }
}

}  // namespace mapiguard::mutation
