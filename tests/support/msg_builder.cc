#include "tests/support/msg_builder.h"

#include <cstdio>
#include <map>

namespace mapiguard::testing {
namespace {

constexpr std::uint16_t kAttachMethod = 0x3705, kAttachData = 0x3701, kStoreSupportMask = 0x340D;
constexpr std::int64_t kStoreUnicodeOk = 0x00040000;

std::string numbered(const char* prefix, std::uint32_t number) {
  char text[40];
  std::snprintf(text, sizeof text, "%s%08X", prefix, number);
  return text;
}

std::string tag_name(const RawProperty& p) { return numbered("__substg1.0_", tag_of(p.id, p.type)); }

CfbNode stream_node(std::string name, std::string data) { return {std::move(name), false, {}, std::move(data), {}}; }
CfbNode storage_node(std::string name) { return {std::move(name), true, {}, {}, {}}; }

bool is_variable(std::uint16_t type) {
  const auto base = static_cast<PropertyType>(type & ~kMultiValued);
  return base == PropertyType::string8 || base == PropertyType::unicode || base == PropertyType::binary ||
         base == PropertyType::guid || base == PropertyType::object || base == PropertyType::server_id;
}

std::string record(const RawProperty& p, const std::string& value) {
  std::string out = le32(tag_of(p.id, p.type)) + le32(6) + value;  // readable, writable
  out.resize(16);
  return out;
}

// MS-OXMSG 2.4.2.2: the size of a string counts its terminator, which the stream does not hold.
std::uint32_t announced_size(const RawProperty& p, std::size_t stored) {
  if (p.announced_length) return *p.announced_length;
  const std::size_t terminator = p.type == 0x1F ? 2 : p.type == 0x1E ? 1 : 0;
  return static_cast<std::uint32_t>(stored + terminator);
}

// Adds the streams of a property to `where` and returns its record.
std::string write_property(const RawProperty& p, CfbNode& where) {
  const bool multi = p.type & kMultiValued;
  const std::uint16_t base = p.type & static_cast<std::uint16_t>(~kMultiValued);
  if (!multi && !is_variable(p.type)) return record(p, p.values.empty() ? "" : p.values[0]);
  if (base == static_cast<std::uint16_t>(PropertyType::object)) return record(p, le32(0xFFFFFFFF) + le32(1));
  std::string main;
  if (!multi) {
    main = p.values.empty() ? "" : p.values[0];
  } else if (!is_variable(base) || base == static_cast<std::uint16_t>(PropertyType::guid)) {
    for (const auto& value : p.values) main += value;
  } else {
    for (std::size_t i = 0; i < p.values.size(); ++i) {
      main += le32(p.values[i].size());
      if (base == static_cast<std::uint16_t>(PropertyType::binary)) main += le32(0);
      const std::string name = numbered((tag_name(p) + "-").c_str(), static_cast<std::uint32_t>(i));
      if (p.has_stream) where.children.push_back(stream_node(name, p.values[i]));
    }
  }
  const std::uint32_t size = announced_size(p, main.size());
  if (p.has_stream) where.children.push_back(stream_node(tag_name(p), std::move(main)));
  return record(p, le32(size) + le32(0));
}

std::string write_properties(const std::vector<RawProperty>& all, CfbNode& where) {
  std::string out;
  for (const RawProperty& p : all) {
    const std::string one = write_property(p, where);
    if (p.announced) out += one;
  }
  return out;
}

// MS-OXMSG 2.2.3.
CfbNode write_names(const RawNames& names) {
  CfbNode out = storage_node("__nameid_version1.0");
  std::string guids, entries, strings;
  std::map<Guid, std::size_t> places;
  for (const auto& [id, name] : names) {
    const auto [place, is_new] = places.try_emplace(name.set, places.size());
    if (is_new) guids += raw(name.set);
    const bool is_text = !name.text.empty();
    entries += le32(is_text ? strings.size() : name.lid);
    entries += le16((place->second + 3) << 1 | is_text) + le16(id - 0x8000u);
    if (!is_text) continue;
    const std::string text = utf16le(name.text);
    strings += le32(text.size()) + text;
    while (strings.size() % 4 != 0) strings += '\0';
  }
  out.children = {stream_node("__substg1.0_00020102", guids), stream_node("__substg1.0_00030102", entries),
                  stream_node("__substg1.0_00040102", strings)};
  return out;
}

}  // namespace

struct MsgWriter {
  static void write_message(const MsgBuilder& m, CfbNode& where, bool top) {
    const auto next = [](const auto& numbered_list) {
      return numbered_list.empty() ? 0 : numbered_list.back().first + 1;
    };
    std::string header(8, '\0');
    header += le32(next(m.recipients_)) + le32(next(m.attachments_));
    header += le32(m.recipients_.size()) + le32(m.attachments_.size());
    if (top) header += std::string(8, '\0');
    std::vector<RawProperty> all = m.properties();
    if (!m.has(kStoreSupportMask)) all.push_back({kStoreSupportMask, 3, {le32(m.unicode_ ? kStoreUnicodeOk : 0)}});
    if (top && m.with_names_) where.children.push_back(write_names(m.names_));
    header += write_properties(all, where);
    where.children.push_back(stream_node("__properties_version1.0", header));
    for (const auto& [number, properties] : m.recipients_) {
      CfbNode node = storage_node(numbered("__recip_version1.0_#", number));
      write_member(properties.properties(), node);
      where.children.push_back(std::move(node));
    }
    for (const auto& [number, attachment] : m.attachments_) write_attachment(attachment, number, where);
  }

  static void write_member(const std::vector<RawProperty>& properties, CfbNode& node) {
    std::string stream = std::string(8, '\0') + write_properties(properties, node);
    node.children.push_back(stream_node("__properties_version1.0", std::move(stream)));
  }

  static void write_attachment(const MsgAttachment& attachment, std::uint32_t number, CfbNode& where) {
    CfbNode node = storage_node(numbered("__attach_version1.0_#", number));
    std::vector<RawProperty> all = attachment.properties();
    if (!attachment.has(0x0E21)) all.push_back({0x0E21, 3, {le32(number)}});
    write_member(all, node);
    if (attachment.message()) {
      CfbNode inner = storage_node("__substg1.0_3701000D");
      write_message(*attachment.message(), inner, false);
      node.children.push_back(std::move(inner));
    }
    if (attachment.storage()) {
      CfbNode inner = *attachment.storage();
      inner.name = "__substg1.0_3701000D";
      inner.is_storage = true;
      node.children.push_back(std::move(inner));
    }
    where.children.push_back(std::move(node));
  }
};

MsgAttachment& MsgAttachment::data(std::string_view bytes) {
  if (!has(kAttachMethod)) integer32(kAttachMethod, 1);
  return binary(kAttachData, bytes);
}
MsgAttachment& MsgAttachment::embedded(const MsgBuilder& message) {
  if (!has(kAttachMethod)) integer32(kAttachMethod, 5);
  message_ = std::make_shared<const MsgBuilder>(message);
  return object(kAttachData);
}
MsgAttachment& MsgAttachment::ole(CfbNode storage) {
  if (!has(kAttachMethod)) integer32(kAttachMethod, 6);
  storage_ = std::move(storage);
  return object(kAttachData);
}

MsgBuilder::MsgBuilder() = default;
MsgBuilder& MsgBuilder::ansi() {
  unicode_ = false;
  return *this;
}
MsgBuilder& MsgBuilder::name(std::uint16_t id, const Guid& set, std::uint32_t lid) {
  names_[id] = {set, lid, {}};
  return *this;
}
MsgBuilder& MsgBuilder::name(std::uint16_t id, const Guid& set, std::string_view text) {
  names_[id] = {set, 0, std::string(text)};
  return *this;
}
MsgBuilder& MsgBuilder::recipient(Properties properties) {
  return recipient(std::move(properties), recipients_.empty() ? 0 : recipients_.back().first + 1);
}
MsgBuilder& MsgBuilder::recipient(Properties properties, std::uint32_t number) {
  recipients_.emplace_back(number, std::move(properties));
  return *this;
}
MsgBuilder& MsgBuilder::attachment(MsgAttachment attachment) {
  return this->attachment(std::move(attachment), attachments_.empty() ? 0 : attachments_.back().first + 1);
}
MsgBuilder& MsgBuilder::attachment(MsgAttachment attachment, std::uint32_t number) {
  attachments_.emplace_back(number, std::move(attachment));
  return *this;
}
MsgBuilder& MsgBuilder::attachment(std::string_view file_name, std::string_view bytes) {
  return attachment(MsgAttachment().unicode(0x3707, file_name).data(bytes));
}
MsgBuilder& MsgBuilder::embedded(const MsgBuilder& message) { return attachment(MsgAttachment().embedded(message)); }
MsgBuilder& MsgBuilder::without_names() {
  with_names_ = false;
  return *this;
}
MsgBuilder& MsgBuilder::version(int major) {
  version_ = major;
  return *this;
}

CfbBuilder MsgBuilder::compound() const {
  CfbBuilder out;
  out.version(version_);
  out.root().clsid = guid_of("{00020D0B-0000-0000-C000-000000000046}");
  MsgWriter::write_message(*this, out.root(), true);
  return out;
}
std::string MsgBuilder::build() const { return compound().build(); }

}  // namespace mapiguard::testing
