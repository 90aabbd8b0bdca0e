#include "corpus/mail.h"

#include <algorithm>
#include <array>

#include "base/sha256.h"
#include "base/text.h"
#include "corpus/lzfu_writer.h"

namespace mapiguard::corpus {
namespace {

constexpr Guid kOneOffProvider = guid("A41F2B81-A3BE-1910-9D6E-00DD010F5402");
constexpr Guid kExchangeProvider = guid("C840A7DC-42C0-1A10-B4B9-08002B2FE182");
constexpr std::uint32_t kAttachByValue = 1, kAttachEmbeddedMessage = 5;

struct PersonTags {
  std::uint16_t name, type, address, entry_id, search_key, smtp;
};
constexpr PersonTags kSender{0x0C1A, 0x0C1E, 0x0C1F, 0x0C19, 0x0C1D, 0x5D01};
constexpr PersonTags kRepresenting{0x0042, 0x0064, 0x0065, 0x0041, 0x003B, 0x5D02};
constexpr PersonTags kRecipient{0x3001, 0x3002, 0x3003, 0x0FFF, 0, 0x39FE};  // rows rarely keep a search key

std::string entry_id(const Person& person, bool unicode) {
  return person.type == "EX" ? address_book_entry_id(person.address) : one_off_entry_id(person, unicode);
}

void set_person(Properties& properties, const PersonTags& tags, const Person& person) {
  properties.text(tags.name, person.name)
      .text(tags.type, person.type)
      .text(tags.address, person.address)
      .binary(tags.entry_id, entry_id(person, properties.coding().is_unicode()));
  if (tags.search_key != 0) properties.binary(tags.search_key, search_key(person));
  const std::string_view smtp = person.type == "SMTP" ? person.address : person.smtp;
  if (!smtp.empty()) properties.text(tags.smtp, smtp);
}

std::string display_names(const std::vector<Person>& people) {
  std::string names;
  for (const Person& person : people) {
    if (!names.empty()) names += "; ";
    names += person.name;
  }
  return names;
}

std::string_view prefix_of(std::string_view subject) {
  for (const std::string_view prefix : {"RE: ", "FW: ", "AW: ", "WG: "})
    if (subject.starts_with(prefix)) return prefix;
  return {};
}

// MS-OXOMSG 2.2.1.3: a byte 1, five bytes of the time, a GUID; the last made from the Message-ID.
std::string conversation_index(const Envelope& envelope) {
  std::string index(1, '\1');
  for (int byte = 6; byte >= 2; --byte) index.push_back(static_cast<char>(envelope.sent.ticks >> (8 * byte) & 0xFF));
  const Digest digest = sha256(as_bytes(envelope.message_id));
  return index.append(reinterpret_cast<const char*>(digest.data()), 16);
}

void set_subject(Properties& properties, std::string_view subject) {
  const std::string_view prefix = prefix_of(subject);
  properties.text(0x0037, subject).text(0x0E1D, subject.substr(prefix.size()));
  properties.text(0x0070, subject.substr(prefix.size()));
  if (!prefix.empty()) properties.text(0x003D, prefix);
}

void set_coding(Properties& properties) {
  const TextCoding& coding = properties.coding();
  constexpr std::uint32_t kStoreUnicode = 0x00040000;
  properties.integer32(0x340D, 0x00000E79 | (coding.is_unicode() ? kStoreUnicode : 0));
  properties.integer32(0x3FDE, coding.is_unicode() ? 65001 : coding.codepage());
  properties.integer32(0x3FFD, coding.codepage());
  properties.integer32(0x3FF1, coding.locale());
}

std::string extension_of(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  return dot == name.npos ? "" : std::string(name.substr(dot));
}

// "Quarterly report.docx" → "QUARTE~1.DOC", the name that 16-bit systems saw.
std::string short_name(std::string_view name) {
  std::string stem, extension;
  const std::string ending = extension_of(name);
  for (const char c : name.substr(0, name.size() - ending.size()))
    if (is_ascii(std::string_view(&c, 1)) && c != ' ' && c != '.') stem += c;
  for (const char c : ending)
    if (is_ascii(std::string_view(&c, 1)) && extension.size() < 4) extension += c;
  if (stem.size() > 8 || stem.size() + ending.size() < name.size()) stem = stem.substr(0, 6) + "~1";
  std::string all = stem + extension;
  std::ranges::transform(all, all.begin(), [](char c) { return static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c); });
  return all;
}

std::string crlf(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') out += '\r';
    out += c;
  }
  return out;
}

void set_file_properties(Properties& properties, const File& file) {
  if (!file.name.empty()) {
    properties.text(0x3704, short_name(file.name)).text(0x3707, file.name).text(0x3001, file.name);
    properties.text(0x3703, extension_of(file.name));
  }
  if (!file.type.empty()) properties.text(0x370E, file.type);
  if (!file.content_id.empty()) properties.text(0x3712, file.content_id);
  if (!file.content_location.empty()) properties.text(0x3713, file.content_location);
  const bool in_body = !file.content_id.empty() || !file.content_location.empty();
  if (in_body) properties.integer32(0x3714, 4);  // afRenderedInBody
  if (file.hidden || in_body) properties.boolean(0x7FFE, true);
}

}  // namespace

std::string one_off_entry_id(const Person& person, bool unicode) {
  std::string id(4, '\0');
  id += kOneOffProvider.chars();
  put(id, std::uint16_t{0});
  put(id, static_cast<std::uint16_t>(unicode ? 0x9001 : 0x1001));
  for (const std::string_view part : {person.name, person.type, person.address}) {
    id += unicode ? utf16le(part) : std::string(part);
    id.append(unicode ? 2 : 1, '\0');
  }
  return id;
}

std::string address_book_entry_id(std::string_view x500) {
  std::string id(4, '\0');
  id += kExchangeProvider.chars();
  put(id, std::uint32_t{1});
  put(id, std::uint32_t{0});
  id += x500;
  return id + '\0';
}

std::string search_key(const Person& person) {
  std::string key = std::string(person.type) + ":" + std::string(person.address);
  std::ranges::transform(key, key.begin(), [](char c) { return static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c); });
  return key + '\0';
}

void set_sender(Message& message, const Person& person) { set_person(message.properties, kSender, person); }
void set_representing(Message& message, const Person& person) { set_person(message.properties, kRepresenting, person); }

void add_recipient(Message& message, const Person& person, RecipientKind kind) {
  Properties recipient(message.coding());
  recipient.integer32(0x3000, static_cast<std::uint32_t>(message.recipients.size()))
      .integer32(0x0C15, static_cast<std::uint32_t>(kind))
      .integer32(0x0FFE, 6)
      .integer32(0x3900, 0)
      .boolean(0x0E0F, true);
  set_person(recipient, kRecipient, person);
  message.recipients.push_back(std::move(recipient));
}

Message compose(const Envelope& envelope, const TextCoding& coding) {
  Message message(coding);
  Properties& properties = message.properties;
  properties.text(0x001A, envelope.message_class);
  set_subject(properties, envelope.subject);
  properties.binary(0x0071, conversation_index(envelope));
  properties.time(0x0039, envelope.sent).time(0x0E06, {envelope.sent.ticks + 40'000'000});
  properties.time(0x3007, {envelope.sent.ticks + 50'000'000}).time(0x3008, {envelope.sent.ticks + 50'000'000});
  if (!envelope.from.address.empty()) {
    set_sender(message, envelope.from);
    set_representing(message, envelope.from);
  }
  properties.text(0x0E04, display_names(envelope.to)).text(0x0E03, display_names(envelope.cc));
  properties.text(0x0E02, display_names(envelope.bcc));
  if (!envelope.message_id.empty()) properties.text(0x1035, envelope.message_id);
  properties.integer32(0x0017, 1).integer32(0x0026, 0).integer32(0x0036, 0).integer32(0x0E07, 1);
  properties.boolean(0x0E1B, false);
  set_coding(properties);
  for (const Person& person : envelope.to) add_recipient(message, person, RecipientKind::to);
  for (const Person& person : envelope.cc) add_recipient(message, person, RecipientKind::cc);
  for (const Person& person : envelope.bcc) add_recipient(message, person, RecipientKind::bcc);
  return message;
}

void set_plain(Message& message, std::string_view text) {
  message.properties.text(0x1000, crlf(text)).integer32(0x1016, 1);
}

void set_html(Message& message, std::string_view html, std::uint32_t codepage) {
  message.properties.binary(0x1013, encode(codepage, crlf(html))).integer32(0x3FDE, codepage).integer32(0x1016, 3);
}

void set_rtf(Message& message, std::string_view rtf) {
  message.properties.binary(0x1009, lzfu_compress(rtf)).boolean(0x0E1F, true).integer32(0x1016, 2);
}

Attachment& attach_bare(Message& message, std::uint32_t method) {
  Attachment attachment{Properties(message.coding()), {}, nullptr, nullptr};
  attachment.properties.integer32(0x0E21, static_cast<std::uint32_t>(message.attachments.size()))
      .integer32(0x0FFE, 7)
      .integer32(0x3705, method)
      .integer32(0x370B, 0xFFFFFFFF)
      .integer32(0x7FFD, 0);
  message.properties.boolean(0x0E1B, true).integer32(0x0E07, 0x11);
  message.attachments.push_back(std::move(attachment));
  return message.attachments.back();
}

Attachment& attach(Message& message, File file) {
  Attachment& attachment = attach_bare(message, kAttachByValue);
  set_file_properties(attachment.properties, file);
  attachment.properties.integer32(0x0E20, static_cast<std::uint32_t>(file.data.size() + 512));
  attachment.data = std::move(file.data);
  return attachment;
}

Attachment& attach(Message& message, Message embedded) {
  Attachment& attachment = attach_bare(message, kAttachEmbeddedMessage);
  const Property* subject = embedded.properties.find(0x0037);
  if (subject != nullptr && embedded.coding().type() == message.coding().type())
    attachment.properties.raw(0x3001, subject->type, subject->values);
  attachment.embedded = std::make_unique<Message>(std::move(embedded));
  return attachment;
}

}  // namespace mapiguard::corpus
