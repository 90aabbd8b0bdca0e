#include "corpus/tnef_writer.h"

#include <chrono>
#include <cstring>

namespace mapiguard::corpus {
namespace {

// MS-OXTNEF 2.1.3.2: attribute IDs, their high word telling the type of the data.
namespace att {
constexpr std::uint32_t kFrom = 0x00008000, kSubject = 0x00018004, kDateSent = 0x00038005, kDateReceived = 0x00038006,
                        kMessageStatus = 0x00068007, kMessageClass = 0x00078008, kMessageId = 0x00018009,
                        kBody = 0x0002800C, kPriority = 0x0004800D, kAttachData = 0x0006800F, kAttachTitle = 0x00018010,
                        kDateModified = 0x00038020, kMessageProperties = 0x00069003, kRecipientTable = 0x00069004,
                        kAttachment = 0x00069005, kVersion = 0x00089006, kOemCodepage = 0x00069007,
                        kRenderData = 0x00069002;
}  // namespace att

constexpr Guid kMessageInterface = guid("00020307-0000-0000-C000-000000000046");
constexpr Guid kStorageInterface = guid("0000000B-0000-0000-C000-000000000046");
constexpr std::uint16_t kAttachData = 0x3701;

// The text of a string property, as UTF-16 units or bytes, in the stream's code page; "?" for what it lacks.
std::string oem_text(const Properties& properties, std::uint16_t id, std::uint32_t codepage) {
  const Property* property = properties.find(id);
  if (property == nullptr) return {};
  const std::string& value = property->values.front();
  if (property->type == ptype::kString8) return value;
  return encode_lossy(codepage, value);
}

std::string counted_date(std::uint64_t ticks) {
  using namespace std::chrono;
  const auto seconds_since = seconds(ticks / 10'000'000) + sys_days(year(1601) / 1 / 1).time_since_epoch();
  const sys_seconds moment{duration_cast<seconds>(seconds_since)};
  const auto day = floor<days>(moment);
  const year_month_day date(day);
  const hh_mm_ss time(moment - day);
  std::string out;
  put(out, static_cast<std::uint16_t>(static_cast<int>(date.year())));
  put(out, static_cast<std::uint16_t>(static_cast<unsigned>(date.month())));
  put(out, static_cast<std::uint16_t>(static_cast<unsigned>(date.day())));
  put(out, static_cast<std::uint16_t>(time.hours().count()));
  put(out, static_cast<std::uint16_t>(time.minutes().count()));
  put(out, static_cast<std::uint16_t>(time.seconds().count()));
  put(out, static_cast<std::uint16_t>(weekday(day).c_encoding()));
  return out;
}

std::uint64_t ticks_of(const Properties& properties, std::uint16_t id) {
  const Property* property = properties.find(id);
  std::uint64_t ticks = 0;
  if (property != nullptr) std::memcpy(&ticks, property->values.front().data(), sizeof ticks);
  return ticks;
}

void put_sized(std::string& out, std::string_view data) {
  put(out, static_cast<std::uint32_t>(data.size()));
  out += data;
  pad_to(out, 4);
}

// MS-OXTNEF 2.1.3.4: type, ID, for named ones set and name, then the values, each padded to 4 bytes.
void put_property_head(std::string& out, const PropertyKey& key, std::uint16_t type, std::uint16_t named_id) {
  put(out, type);
  put(out, key.name ? named_id : key.id);
  if (!key.name) return;
  out += key.name->set.chars();
  put(out, std::uint32_t{key.name->text.empty() ? 0u : 1u});
  if (key.name->text.empty()) return put(out, key.name->lid);
  std::string text;
  for (const char16_t unit : key.name->text + u'\0') put(text, static_cast<std::uint16_t>(unit));
  put_sized(out, text);
}

void put_values(std::string& out, const Property& property) {
  const bool multiple = (property.type & ptype::kMultiple) != 0;
  if (multiple || is_variable(property.type)) put(out, static_cast<std::uint32_t>(property.values.size()));
  const bool wide = (property.type & ~ptype::kMultiple) == ptype::kUnicode;
  for (std::string value : property.values) {
    if (is_string(property.type)) value.append(wide ? 2 : 1, '\0');
    if (is_variable(property.type)) {
      put_sized(out, value);
    } else {
      out += value;
      pad_to(out, 4);
    }
  }
}

std::string property_list(const Properties& properties, std::string_view extra, std::uint32_t extra_count) {
  std::string list;
  std::uint32_t count = extra_count;
  std::uint16_t named_id = 0x8000;
  for (const Property& property : properties.all()) {
    put_property_head(list, property.key, property.type, named_id);
    if (property.key.name) ++named_id;
    put_values(list, property);
    ++count;
  }
  return little_endian(count) + list + std::string(extra);
}

std::string object_property(const Guid& interface, std::string_view bytes) {
  std::string out;
  put_property_head(out, kAttachData, ptype::kObject, 0);
  put(out, std::uint32_t{1});
  put_sized(out, std::string(interface.chars()) + std::string(bytes));
  return out;
}

std::string storage_bytes(const CfbNode& storage) {
  StringByteSink sink;
  CfbFile(storage, CfbVersion::v3).write(sink);
  return sink.take();
}

// Object data travels inside attAttachment, other data in attAttachData.
std::string attachment_object(const Attachment& attachment, const TnefOptions& options) {
  if (attachment.embedded) return object_property(kMessageInterface, tnef_bytes(*attachment.embedded, options));
  if (attachment.storage) return object_property(kStorageInterface, storage_bytes(*attachment.storage));
  return {};
}

std::string render_data(const Attachment& attachment) {
  std::string out;
  put(out, static_cast<std::uint16_t>(attachment.storage ? 2 : 1));
  put(out, 0xFFFFFFFFu);
  put(out, std::uint16_t{32});
  put(out, std::uint16_t{32});
  put(out, std::uint32_t{0});
  return out;
}

std::string attachment_attributes(const Attachment& attachment, const TnefOptions& options) {
  const Properties& properties = attachment.properties;
  std::string out = tnef_attribute(kTnefAttachmentLevel, att::kRenderData, render_data(attachment));
  if (attachment.data) out += tnef_attribute(kTnefAttachmentLevel, att::kAttachData, attachment.data->copy());
  const bool legacy = options.form == TnefForm::legacy;
  std::string title = oem_text(properties, legacy ? 0x3704 : 0x3707, options.oem_codepage);
  if (title.empty()) title = oem_text(properties, 0x3001, options.oem_codepage);
  if (!title.empty()) out += tnef_attribute(kTnefAttachmentLevel, att::kAttachTitle, title + '\0');
  if (legacy) return out;
  const std::string object = attachment_object(attachment, options);
  return out + tnef_attribute(kTnefAttachmentLevel, att::kAttachment,
                              property_list(properties, object, object.empty() ? 0 : 1));
}

// MS-OXTNEF 2.1.3.3.1: one triple of name and address, and an empty one behind it.
std::string sender_triple(const Message& message, std::uint32_t codepage) {
  std::string name = oem_text(message.properties, 0x0C1A, codepage) + '\0';
  std::string address =
      oem_text(message.properties, 0x0C1E, codepage) + ":" + oem_text(message.properties, 0x0C1F, codepage) + '\0';
  pad_to(name, 2);
  pad_to(address, 2);
  std::string out;
  put(out, std::uint16_t{4});  // trpidOneOff
  put(out, static_cast<std::uint16_t>(16 + name.size() + address.size()));
  put(out, static_cast<std::uint16_t>(name.size()));
  put(out, static_cast<std::uint16_t>(address.size()));
  return out + name + address + std::string(8, '\0');
}

std::string hex_of(std::string_view bytes) {
  std::string out;
  for (const char byte : bytes) {
    out += "0123456789ABCDEF"[static_cast<unsigned char>(byte) >> 4];
    out += "0123456789ABCDEF"[byte & 15];
  }
  return out;
}

// MS-OXTNEF 2.1.3.3.2: the classes of mail have names of their own here.
std::string tnef_class(const Message& message) {
  const std::string name = oem_text(message.properties, 0x001A, 1252);
  return name == "IPM.Note" ? "IPM.Microsoft Mail.Note" : name;
}

std::string common_attributes(const Message& message, const TnefOptions& options) {
  const auto attribute = [](std::uint32_t id, std::string_view data) {
    return tnef_attribute(kTnefMessageLevel, id, data);
  };
  std::string out = attribute(att::kVersion, little_endian(0x00010000u));
  out += attribute(att::kOemCodepage, little_endian(options.oem_codepage) + little_endian(0u));
  out += attribute(att::kMessageClass, tnef_class(message) + '\0');
  out += attribute(att::kPriority, little_endian(std::uint16_t{2}));
  out += attribute(att::kSubject, oem_text(message.properties, 0x0037, options.oem_codepage) + '\0');
  if (const auto sent = ticks_of(message.properties, 0x0039); sent != 0)
    out += attribute(att::kDateSent, counted_date(sent));
  if (const auto received = ticks_of(message.properties, 0x0E06); received != 0)
    out += attribute(att::kDateReceived, counted_date(received));
  if (const Property* index = message.properties.find(0x0071); index != nullptr)
    out += attribute(att::kMessageId, hex_of(index->values.front().substr(6)) + '\0');
  return out;
}

std::string legacy_attributes(const Message& message, const TnefOptions& options) {
  const std::uint32_t codepage = options.oem_codepage;
  std::string out;
  if (message.properties.find(0x0C1A) != nullptr)
    out += tnef_attribute(kTnefMessageLevel, att::kFrom, sender_triple(message, codepage));
  out += tnef_attribute(kTnefMessageLevel, att::kMessageStatus, std::string(1, '\x20'));
  out += tnef_attribute(kTnefMessageLevel, att::kBody, oem_text(message.properties, 0x1000, codepage) + '\0');
  return out;
}

std::string modern_attributes(const Message& message) {
  std::string out;
  if (!message.recipients.empty()) {
    std::string table = little_endian(static_cast<std::uint32_t>(message.recipients.size()));
    for (const Properties& recipient : message.recipients) table += tnef_properties(recipient);
    out += tnef_attribute(kTnefMessageLevel, att::kRecipientTable, table);
  }
  return out + tnef_attribute(kTnefMessageLevel, att::kMessageProperties, tnef_properties(message.properties));
}

}  // namespace

std::string tnef_header(std::uint16_t key) { return little_endian(0x223E9F78u) + little_endian(key); }

std::string tnef_attribute(std::uint8_t level, std::uint32_t id, std::string_view data) {
  std::uint16_t checksum = 0;
  for (const char byte : data) checksum = static_cast<std::uint16_t>(checksum + static_cast<unsigned char>(byte));
  std::string out;
  put(out, level);
  put(out, id);
  put(out, static_cast<std::uint32_t>(data.size()));
  out += data;
  put(out, checksum);
  return out;
}

std::string tnef_properties(const Properties& properties) { return property_list(properties, {}, 0); }

std::string tnef_bytes(const Message& message, const TnefOptions& options) {
  std::string out = tnef_header(options.key) + common_attributes(message, options);
  out += options.form == TnefForm::legacy ? legacy_attributes(message, options) : modern_attributes(message);
  for (const Attachment& attachment : message.attachments) out += attachment_attributes(attachment, options);
  return out;
}

}  // namespace mapiguard::corpus
