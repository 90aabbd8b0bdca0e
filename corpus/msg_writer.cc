#include "corpus/msg_writer.h"

#include <algorithm>
#include <array>
#include <map>
#include <vector>

namespace mapiguard::corpus {
namespace {

constexpr std::uint32_t kReadableWritable = 6;  // MS-OXMSG 2.4.2.1 flags
constexpr std::uint16_t kAttachData = 0x3701;
constexpr std::u16string_view kPropertyStream = u"__properties_version1.0";

std::u16string hex(std::uint32_t value, int digits) {
  std::u16string out;
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) out.push_back(u"0123456789ABCDEF"[value >> shift & 15]);
  return out;
}

std::u16string stream_name(std::uint16_t id, std::uint16_t type) { return u"__substg1.0_" + hex(id, 4) + hex(type, 4); }

// The named-property mapping of the whole file (MS-OXMSG 2.2.3): embedded messages use the outermost one's.
class NameMap {
 public:
  std::uint16_t id_of(const PropertyName& name) {
    const auto known = std::ranges::find(names_, name);
    const auto index = static_cast<std::size_t>(known - names_.begin());
    if (known == names_.end()) names_.push_back(name);
    return static_cast<std::uint16_t>(0x8000 + index);
  }

  CfbNode storage() const {
    std::string guids, entries, strings;
    std::map<std::uint32_t, std::string> hashed;
    for (std::size_t index = 0; index < names_.size(); ++index) {
      const PropertyName& name = names_[index];
      const bool is_text = !name.text.empty();
      const auto kind = static_cast<std::uint32_t>(guid_index(name.set, guids) << 1 | (is_text ? 1 : 0));
      const std::uint32_t place = kind | static_cast<std::uint32_t>(index) << 16;
      const std::uint32_t identifier = is_text ? add_string(name.text, strings) : name.lid;
      put(entries, identifier);
      put(entries, place);
      const std::uint32_t hash = is_text ? plain_crc32(utf16le_of(name.text)) : name.lid;
      std::string& bucket = hashed[0x1000 + (hash ^ kind) % 0x1F];
      put(bucket, hash);
      put(bucket, place);
    }
    CfbNode node = CfbNode::storage(u"__nameid_version1.0");
    node.add(CfbNode::stream(stream_name(0x0002, ptype::kBinary), guids));
    node.add(CfbNode::stream(stream_name(0x0003, ptype::kBinary), entries));
    node.add(CfbNode::stream(stream_name(0x0004, ptype::kBinary), strings));
    for (auto& [id, bytes] : hashed)
      node.add(CfbNode::stream(stream_name(static_cast<std::uint16_t>(id), ptype::kBinary), bytes));
    return node;
  }

 private:
  // 1 and 2 are fixed; the GUID stream's own are numbered from 3 (MS-OXMSG 2.2.3.1.2).
  static std::size_t guid_index(const Guid& set, std::string& guids) {
    if (set == kPsMapi) return 1;
    if (set == kPsPublicStrings) return 2;
    for (std::size_t at = 0; at < guids.size(); at += 16)
      if (guids.compare(at, 16, set.chars()) == 0) return 3 + at / 16;
    guids += set.chars();
    return 2 + guids.size() / 16;
  }

  static std::string utf16le_of(const std::u16string& text) {
    std::string bytes;
    for (const char16_t unit : text) put(bytes, static_cast<std::uint16_t>(unit));
    return bytes;
  }

  static std::uint32_t add_string(const std::u16string& text, std::string& strings) {
    const auto offset = static_cast<std::uint32_t>(strings.size());
    put(strings, static_cast<std::uint32_t>(text.size() * 2));
    strings += utf16le_of(text);
    pad_to(strings, 4);
    return offset;
  }

  std::vector<PropertyName> names_;
};

// Fills one storage: the property stream, and a stream for each value that does not fit into its entry.
class StorageBuilder {
 public:
  StorageBuilder(CfbNode& storage, NameMap& names, std::string header)
      : storage_(storage), names_(names), properties_(std::move(header)) {}

  void add(const Property& property) {
    const std::uint16_t id = property.key.name ? names_.id_of(*property.key.name) : property.key.id;
    const bool multiple = (property.type & ptype::kMultiple) != 0;
    if (multiple && is_variable(property.type)) return add_multiple_variable(id, property);
    if (multiple) return add_multiple_fixed(id, property);
    if (is_variable(property.type) || property.type == ptype::kGuid) return add_variable(id, property);
    put_entry_head(id, property.type);
    properties_ += property.values.front();
    properties_.append(8 - property.values.front().size(), '\0');
  }

  void add_data(Content data) {
    put_entry_head(kAttachData, ptype::kBinary);
    put(properties_, static_cast<std::uint32_t>(data.size()));
    put(properties_, std::uint32_t{0});
    storage_.add(CfbNode::stream(stream_name(kAttachData, ptype::kBinary), std::move(data)));
  }

  // MS-OXMSG 2.4.2.2: size all ones; the reserved field tells a message (1) from a storage (4).
  void add_object(CfbNode object, std::uint32_t what) {
    put_entry_head(kAttachData, ptype::kObject);
    put(properties_, 0xFFFFFFFFu);
    put(properties_, what);
    object.name = stream_name(kAttachData, ptype::kObject);
    storage_.add(std::move(object));
  }

  void finish() { storage_.add(CfbNode::stream(std::u16string(kPropertyStream), std::move(properties_))); }

 private:
  void put_entry_head(std::uint16_t id, std::uint16_t type) {
    put(properties_, type);
    put(properties_, id);
    put(properties_, kReadableWritable);
  }

  void put_entry(std::uint16_t id, std::uint16_t type, std::size_t size) {
    put_entry_head(id, type);
    put(properties_, static_cast<std::uint32_t>(size));
    put(properties_, std::uint32_t{0});
  }

  // The NUL of a string counts in the entry's size but is not in the stream. An empty string has no property at
  // all (MS-OXMSG 2.4.2.2: at least one character).
  void add_variable(std::uint16_t id, const Property& property) {
    const std::string& value = property.values.front();
    if (value.empty() && is_string(property.type)) return;
    const std::size_t nul = property.type == ptype::kUnicode ? 2 : property.type == ptype::kString8 ? 1 : 0;
    put_entry(id, property.type, value.size() + nul);
    storage_.add(CfbNode::stream(stream_name(id, property.type), value));
  }

  void add_multiple_fixed(std::uint16_t id, const Property& property) {
    std::string values;
    for (const std::string& value : property.values) values += value;
    put_entry(id, property.type, values.size());
    storage_.add(CfbNode::stream(stream_name(id, property.type), values));
  }

  // MS-OXMSG 2.1.4: a stream of lengths (8 bytes each for binary, else 4) and a numbered stream for each value,
  // whose strings do have their NUL.
  void add_multiple_variable(std::uint16_t id, const Property& property) {
    const bool binary = property.type == (ptype::kBinary | ptype::kMultiple);
    const bool wide = property.type == (ptype::kUnicode | ptype::kMultiple);
    std::string lengths;
    std::uint32_t number = 0;
    for (std::string value : property.values) {
      if (!binary) value.append(wide ? 2 : 1, '\0');
      put(lengths, static_cast<std::uint32_t>(value.size()));
      if (binary) put(lengths, std::uint32_t{0});
      storage_.add(CfbNode::stream(stream_name(id, property.type) + u"-" + hex(number++, 8), std::move(value)));
    }
    put_entry(id, property.type, lengths.size());
    storage_.add(CfbNode::stream(stream_name(id, property.type), lengths));
  }

  CfbNode& storage_;
  NameMap& names_;
  std::string properties_;
};

std::string message_header(const Message& message, bool outermost) {
  const auto recipients = static_cast<std::uint32_t>(message.recipients.size());
  const auto attachments = static_cast<std::uint32_t>(message.attachments.size());
  std::string header(8, '\0');
  for (const std::uint32_t number : {recipients, attachments, recipients, attachments}) put(header, number);
  if (outermost) header.append(8, '\0');  // MS-OXMSG 2.4.1.1 and 2.4.1.2
  return header;
}

CfbNode message_node(const Message& message, bool outermost, NameMap& names);

CfbNode attachment_node(const Attachment& attachment, std::uint32_t number, NameMap& names) {
  CfbNode node = CfbNode::storage(u"__attach_version1.0_#" + hex(number, 8));
  StorageBuilder builder(node, names, std::string(8, '\0'));
  for (const Property& property : attachment.properties.all()) builder.add(property);
  if (attachment.embedded)
    builder.add_object(message_node(*attachment.embedded, false, names), 1);
  else if (attachment.storage)
    builder.add_object(*attachment.storage, 4);
  else if (attachment.data)
    builder.add_data(*attachment.data);
  builder.finish();
  return node;
}

CfbNode recipient_node(const Properties& recipient, std::uint32_t number, NameMap& names) {
  CfbNode node = CfbNode::storage(u"__recip_version1.0_#" + hex(number, 8));
  StorageBuilder builder(node, names, std::string(8, '\0'));
  for (const Property& property : recipient.all()) builder.add(property);
  builder.finish();
  return node;
}

CfbNode message_node(const Message& message, bool outermost, NameMap& names) {
  CfbNode node = CfbNode::storage(u"Root Entry");
  StorageBuilder builder(node, names, message_header(message, outermost));
  for (const Property& property : message.properties.all()) builder.add(property);
  builder.finish();
  std::uint32_t number = 0;
  for (const Properties& recipient : message.recipients) node.add(recipient_node(recipient, number++, names));
  number = 0;
  for (const Attachment& attachment : message.attachments) node.add(attachment_node(attachment, number++, names));
  return node;
}

constexpr std::array<std::uint32_t, 256> crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    table[byte] = byte;
    for (int bit = 0; bit < 8; ++bit) table[byte] = table[byte] >> 1 ^ ((table[byte] & 1) != 0 ? 0xEDB88320u : 0);
  }
  return table;
}

}  // namespace

std::uint32_t plain_crc32(std::string_view bytes) {
  static constexpr auto kTable = crc_table();
  std::uint32_t crc = 0;
  for (const char byte : bytes) crc = crc >> 8 ^ kTable[(crc ^ static_cast<unsigned char>(byte)) & 0xFF];
  return crc;
}

CfbNode msg_tree(const Message& message, const Guid& clsid) {
  NameMap names;
  CfbNode root = message_node(message, true, names);
  root.clsid = clsid;
  root.add(names.storage());
  return root;
}

void write_msg(const Message& message, ByteSink& sink, CfbVersion version) {
  const CfbNode root = msg_tree(message);
  CfbFile(root, version).write(sink);
}

std::string msg_bytes(const Message& message, CfbVersion version) {
  StringByteSink sink;
  write_msg(message, sink, version);
  return sink.take();
}

}  // namespace mapiguard::corpus
