#include "tests/support/tnef_builder.h"

#include "base/text.h"

namespace mapiguard::testing {
namespace {

constexpr Guid kIidMessage = {{0x07, 0x03, 0x02, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46}};

std::string padded(std::string bytes, std::size_t to = 4) {
  while (bytes.size() % to != 0) bytes += '\0';
  return bytes;
}

bool is_sized(std::uint16_t base) {
  const auto type = static_cast<PropertyType>(base);
  return type == PropertyType::string8 || type == PropertyType::unicode || type == PropertyType::binary ||
         type == PropertyType::object;
}

// MS-OXTNEF 2.1.3.5: strings end with a NUL here, unlike in a .msg.
std::string terminated(std::uint16_t base, std::string value) {
  if (base == static_cast<std::uint16_t>(PropertyType::string8)) value += '\0';
  if (base == static_cast<std::uint16_t>(PropertyType::unicode)) value += std::string(2, '\0');
  return value;
}

std::string name_bytes(const RawName& name) {
  std::string out = raw(name.set);
  if (name.text.empty()) return out + le32(0) + le32(name.lid);
  const std::string text = utf16le(name.text) + std::string(2, '\0');
  return out + le32(1) + le32(text.size()) + padded(text);
}

std::string property_bytes(const RawProperty& p, const RawNames& names) {
  const std::uint16_t base = p.type & static_cast<std::uint16_t>(~kMultiValued);
  std::string out = le16(p.type) + le16(p.id);
  if (p.id >= 0x8000) {
    const auto at = names.find(p.id);
    out += name_bytes(at == names.end() ? RawName{{}, p.id, {}} : at->second);
  }
  if (is_sized(base) || (p.type & kMultiValued)) out += le32(p.values.size());
  for (const auto& value : p.values) {
    const std::string stored = terminated(base, value);
    if (is_sized(base)) out += le32(p.announced_length.value_or(static_cast<std::uint32_t>(stored.size())));
    out += padded(stored);
  }
  return out;
}

}  // namespace

std::string dtr(int year, int month, int day, int hour, int minute, int second) {
  std::string out;
  for (const int field : {year, month, day, hour, minute, second, 0}) out += le16(static_cast<std::uint64_t>(field));
  return out;
}

std::string triples(std::string_view name, std::string_view address) {
  const std::string first = padded(std::string(name) + '\0', 2), second = padded(std::string(address) + '\0', 2);
  const std::size_t all = 8 + first.size() + second.size() + 8;
  return le16(4) + le16(all) + le16(first.size()) + le16(second.size()) + first + second + std::string(8, '\0');
}

std::string mapi_properties(const std::vector<RawProperty>& all, const RawNames& names) {
  std::string out = le32(all.size());
  for (const RawProperty& p : all) out += property_bytes(p, names);
  return out;
}

TnefAttachment& TnefAttachment::title(std::string_view name8) {
  return attribute(att::kAttachTitle, std::string(name8) + '\0');
}
TnefAttachment& TnefAttachment::data(std::string_view bytes) { return attribute(att::kAttachData, std::string(bytes)); }
TnefAttachment& TnefAttachment::embedded(const TnefBuilder& message) {
  if (!has(0x3705)) integer32(0x3705, 5);
  return object(kIidMessage, message.build());
}
TnefAttachment& TnefAttachment::object(const Guid& interface_id, std::string_view bytes) {
  return put(0x3701, PropertyType::object, raw(interface_id) + std::string(bytes));
}
TnefAttachment& TnefAttachment::attribute(std::uint32_t id, std::string data) {
  attributes_.push_back({2, id, std::move(data)});
  return *this;
}
TnefAttachment& TnefAttachment::without_rend_data() {
  rend_data_ = false;
  return *this;
}

TnefBuilder& TnefBuilder::key(std::uint16_t key) {
  key_ = key;
  return *this;
}
TnefBuilder& TnefBuilder::oem_codepage(std::uint32_t page) {
  return attribute(att::kOemCodepage, le32(page) + le32(0));
}
TnefBuilder& TnefBuilder::message_class(std::string_view name) { return text(att::kMessageClass, name); }
TnefBuilder& TnefBuilder::attribute(std::uint32_t id, std::string data) {
  attributes_.push_back({1, id, std::move(data)});
  return *this;
}
TnefBuilder& TnefBuilder::text(std::uint32_t id, std::string_view bytes) {
  return attribute(id, std::string(bytes) + '\0');
}
TnefBuilder& TnefBuilder::name(std::uint16_t id, const Guid& set, std::uint32_t lid) {
  names_[id] = {set, lid, {}};
  return *this;
}
TnefBuilder& TnefBuilder::name(std::uint16_t id, const Guid& set, std::string_view text) {
  names_[id] = {set, 0, std::string(text)};
  return *this;
}
TnefBuilder& TnefBuilder::recipient(Properties properties) {
  recipients_.push_back(std::move(properties));
  return *this;
}
TnefBuilder& TnefBuilder::attachment(TnefAttachment attachment) {
  attachments_.push_back(std::move(attachment));
  return *this;
}
TnefBuilder& TnefBuilder::attachment(std::string_view title, std::string_view bytes) {
  return attachment(TnefAttachment().title(title).data(bytes));
}

std::vector<TnefAttribute> TnefBuilder::attributes() const {
  std::vector<TnefAttribute> all = {{1, att::kTnefVersion, le32(0x00010000)}};
  all.insert(all.end(), attributes_.begin(), attributes_.end());
  if (!recipients_.empty()) {
    std::string table = le32(recipients_.size());
    for (const Properties& recipient : recipients_) table += mapi_properties(recipient.properties(), names_);
    all.push_back({1, att::kRecipTable, table});
  }
  if (!properties().empty()) all.push_back({1, att::kMsgProps, mapi_properties(properties(), names_)});
  for (const TnefAttachment& a : attachments_) {
    if (a.rend_data_) all.push_back({2, att::kAttachRendData, le16(1) + le32(0xFFFFFFFF) + le32(0) + le32(0)});
    all.insert(all.end(), a.attributes_.begin(), a.attributes_.end());
    if (!a.properties().empty()) all.push_back({2, att::kAttachment, mapi_properties(a.properties(), names_)});
  }
  return all;
}

std::string TnefBuilder::build() const { return write(key_, attributes()); }

std::string TnefBuilder::write(std::uint16_t key, const std::vector<TnefAttribute>& attributes) {
  std::string out = le32(0x223E9F78) + le16(key);
  for (const TnefAttribute& a : attributes) {
    unsigned sum = 0;
    for (const char c : a.data) sum += static_cast<unsigned char>(c);
    out += static_cast<char>(a.level);
    out += le32(a.id) + le32(a.data.size()) + a.data + le16(sum);
  }
  return out;
}

}  // namespace mapiguard::testing
