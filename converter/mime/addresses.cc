#include "converter/mime/addresses.h"

#include <algorithm>

#include "base/text.h"
#include "converter/model/planted_bugs.h"
#include "converter/model/property_table.h"

namespace mapiguard {

const PersonTags kSenderTags = {
    "PidTagSenderName"_pid,         "PidTagSenderAddressType"_pid,
    "PidTagSenderEmailAddress"_pid, "PidTagSenderEntryId"_pid,
    "PidTagSenderSearchKey"_pid,    {"PidTagSenderSmtpAddress"_pid, "PidTagCreatorSmtpAddress"_pid}};
const PersonTags kRepresentingTags = {
    "PidTagSentRepresentingName"_pid,         "PidTagSentRepresentingAddressType"_pid,
    "PidTagSentRepresentingEmailAddress"_pid, "PidTagSentRepresentingEntryId"_pid,
    "PidTagSentRepresentingSearchKey"_pid,    {"PidTagSentRepresentingSmtpAddress"_pid}};
const PersonTags kRecipientTags = {"PidTagDisplayName"_pid, "PidTagAddressType"_pid, "PidTagEmailAddress"_pid,
                                   "PidTagEntryId"_pid,     "PidTagSearchKey"_pid,   {"PidTagSmtpAddress"_pid}};
const PersonTags kReceivedByTags = {"PidTagReceivedByName"_pid,         "PidTagReceivedByAddressType"_pid,
                                    "PidTagReceivedByEmailAddress"_pid, "PidTagReceivedByEntryId"_pid,
                                    "PidTagReceivedBySearchKey"_pid,    {"PidTagReceivedBySmtpAddress"_pid}};
const PersonTags kOriginalSenderTags = {
    "PidTagOriginalSenderName"_pid,    "PidTagOriginalSenderAddressType"_pid, "PidTagOriginalSenderEmailAddress"_pid,
    "PidTagOriginalSenderEntryId"_pid, "PidTagOriginalSenderSearchKey"_pid,   {"PidTagOriginalSenderSmtpAddress"_pid}};
const PersonTags kReadReceiptTags = {"PidTagReadReceiptName"_pid,         "PidTagReadReceiptAddressType"_pid,
                                     "PidTagReadReceiptEmailAddress"_pid, "PidTagReadReceiptEntryId"_pid,
                                     "PidTagReadReceiptSearchKey"_pid,    {"PidTagReadReceiptSmtpAddress"_pid}};

namespace {

constexpr std::size_t kEntryIdHeader = 24;      // flags 4, provider 16, version 2, flags 2 (or version 4)
constexpr std::size_t kMostEncapsulated = 900;  // a line must stay below 998
constexpr std::size_t kMostOfType = 32;  // "SMTP", "EX", "X400", "MSPEER" … (MS-OXCMAIL 2.1.3.1.4)
constexpr Guid kOneOffProvider{
    {0x81, 0x2B, 0x1F, 0xA4, 0xBE, 0xA3, 0x10, 0x19, 0x9D, 0x6E, 0x00, 0xDD, 0x01, 0x0F, 0x54, 0x02}};
constexpr Guid kAddressBookProvider{
    {0xDC, 0xA7, 0x40, 0xC8, 0xC0, 0x42, 0x10, 0x1A, 0xB4, 0xB9, 0x08, 0x00, 0x2B, 0x2F, 0xE1, 0x82}};
constexpr std::uint16_t kOneOffIsUnicode = 0x8000;

std::string text_of(const PropertyBag& bag, PropertyId id, const Texts& texts) {
  return id == 0 ? std::string() : texts.get(bag, id).value_or("");
}

// The next string of an entry ID, and the cursor behind its NUL.
std::string next_string(ByteCursor& cursor, bool is_unicode, const Texts& texts) {
  const Bytes rest = cursor.rest();
  const std::size_t unit = is_unicode ? 2 : 1;
  std::size_t length = 0;
  const auto is_end = [&](std::size_t at) {
    return rest[at] == std::byte{0} && (!is_unicode || rest[at + 1] == std::byte{0});
  };
  while (length + unit <= rest.size() && !is_end(length)) length += unit;
  const Bytes text = cursor.take_up_to(length);
  cursor.skip(std::min<std::size_t>(unit, cursor.left()));
  return is_unicode ? utf16le_to_utf8(text) : texts.decode_bytes(as_chars(text));
}

std::string smtp_of_search_key(const PropertyBag& bag, PropertyId id) {
  const Blob* key = id ? bag.binary(id) : nullptr;
  if (!key || key->size() > kLongestLine) return {};
  const std::string text = key->copy();
  if (!starts_with_ignoring_case(text, "SMTP:")) return {};
  return as_addr_spec(trim(std::string_view(text).substr(5))).value_or("");
}

bool is_smtp(std::string_view type) { return equals_ignoring_case(type, "SMTP"); }

// X.500 names have a form that is never an address, though an "@" may stand in it.
bool is_distinguished_name(std::string_view text) {
  return starts_with_ignoring_case(text, "/o=") || starts_with_ignoring_case(text, "/cn=");
}

std::optional<std::string> smtp_in(std::string_view type, std::string_view address) {
  if (address.empty() || is_distinguished_name(address)) return std::nullopt;
  if (!is_smtp(type) && !type.empty() && equals_ignoring_case(type, "EX")) return std::nullopt;
  return as_addr_spec(address);
}

void take_from_entry_id(Person& person, const PropertyBag& bag, PropertyId id, const Texts& texts) {
  const Blob* blob = id ? bag.binary(id) : nullptr;
  if (!blob || blob->size() > 64 * 1024) return;
  std::string storage;
  const auto found = person_of_entry_id(blob->contiguous(storage), texts);
  if (!found) return;
  if (person.smtp.empty()) person.smtp = found->smtp;
  if (person.name.empty()) person.name = found->name;
  if (person.address.empty()) {
    person.type = found->type;
    person.address = found->address;
  }
}

bool is_address_in_wrapping(std::string_view name, std::string_view address) {
  constexpr std::string_view kWrapping = "'\"<>";
  const std::size_t first = name.find_first_not_of(kWrapping);
  if (first == name.npos) return false;
  return equals_ignoring_case(name.substr(first, name.find_last_not_of(kWrapping) - first + 1), address);
}

// A name says who, not the address again: 'ada@example.org' is how Outlook shows what was typed and not looked up, and
// "Ada <ada@example.org>" what some writers make of a whole header, and "Ada (ada@example.org)" how it names contacts.
std::string name_beside(std::string name, std::string_view address) {
  if (is_address_in_wrapping(name, address)) return {};
  const std::size_t open = name.rfind('<');
  if (open != name.npos && is_address_in_wrapping(trim(std::string_view(name).substr(open)), address))
    name = std::string(trim(std::string_view(name).substr(0, open)));
  if (const std::size_t open_round = name.rfind(" ("); name.ends_with(')') && open_round != name.npos)
    if (equals_ignoring_case(std::string_view(name).substr(open_round + 2, name.size() - open_round - 3), address))
      name.resize(open_round);
  if (name.size() > 2 && name.front() == '"' && name.find('"', 1) == name.size() - 1)
    name = std::string(trim(std::string_view(name).substr(1, name.size() - 2)));
  return is_address_in_wrapping(name, address) ? std::string() : name;
}

}  // namespace

Person read_person(const PropertyBag& bag, const PersonTags& tags, const Texts& texts) {
  Person person{
      text_of(bag, tags.name, texts), text_of(bag, tags.address_type, texts), text_of(bag, tags.address, texts), {}};
  for (const PropertyId id : tags.smtp)
    if (person.smtp.empty() && id) person.smtp = as_addr_spec(text_of(bag, id, texts)).value_or("");
  if (person.smtp.empty()) person.smtp = smtp_in(person.type, person.address).value_or("");
  if (person.smtp.empty()) person.smtp = smtp_of_search_key(bag, tags.search_key);
  if (person.smtp.empty()) take_from_entry_id(person, bag, tags.entry_id, texts);
  if (person.smtp.empty()) person.smtp = as_addr_spec(person.name).value_or("");
  return person;
}

Mailbox mailbox_of(const Person& person, const KnownAddresses& known, std::string_view imcea_domain) {
  Mailbox mailbox{one_line(person.name), person.smtp};
  if (mailbox.address.empty() && !known.empty())
    if (const auto at = known.find(ascii_lower(mailbox.name)); at != known.end()) mailbox.address = at->second;
  if (mailbox.address.empty())
    mailbox.address = person.address.empty() ? imcea_address("INVALID", mailbox.name, imcea_domain)
                                             : imcea_address(person.type, person.address, imcea_domain);
  mailbox.name = name_beside(std::move(mailbox.name), mailbox.address);
  return mailbox;
}

std::string imcea_address(std::string_view type, std::string_view address, std::string_view domain) {
  constexpr char kHex[] = "0123456789ABCDEF";
  const auto is_alphanumeric = [](char c) {
    return (c >= '0' && c <= '9') || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z');
  };
  std::string out = "IMCEA";
  for (const char c : type.substr(0, kMostOfType))
    if (is_alphanumeric(c)) out += c;
  if (out.size() == 5) out += "INVALID";
  out += '-';
  for (const char c : address.substr(0, kMostEncapsulated)) {
    if (out.size() > kMostEncapsulated) break;
    if (is_alphanumeric(c) || c == '-' || c == '=') {
      out += c;
    } else if (c == '/') {
      out += '_';
    } else {
      out += '+';
      out += kHex[static_cast<unsigned char>(c) >> 4];
      out += kHex[static_cast<unsigned char>(c) & 15];
    }
  }
  return out.append("@").append(domain);
}

std::optional<Person> person_of_entry_id(Bytes entry_id, const Texts& texts) {
  if (entry_id.size() < kEntryIdHeader) return std::nullopt;
  ByteCursor cursor(entry_id);
  cursor.skip(4);
  Guid provider;
  const Bytes raw = *cursor.take(provider.bytes.size());
  std::memcpy(provider.bytes.data(), raw.data(), raw.size());
  cursor.skip(2);
  const std::uint16_t flags = cursor.u16().value_or(0);
  Person person;
  if (provider == kOneOffProvider) {
    const bool is_unicode = flags & kOneOffIsUnicode;
    person.name = next_string(cursor, is_unicode, texts);
    person.type = next_string(cursor, is_unicode, texts);
    person.address = next_string(cursor, is_unicode, texts);
    person.smtp = smtp_in(person.type, person.address).value_or("");
    return person;
  }
  if (provider == kAddressBookProvider) {
    cursor.skip(4);  // type of the object
    person.type = "EX";
    person.address = next_string(cursor, false, texts);
    return person;
  }
  return std::nullopt;
}

std::vector<Person> persons_of_flat_list(Bytes list, const Texts& texts) {
  std::vector<Person> persons;
  ByteCursor cursor(list);
  const std::uint32_t count = cursor.u32().value_or(0);
  cursor.skip(4);  // size of the rest
  MAPIGUARD_PLANTED(sizes_of_entries(count, list.size()));  // 9
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto size = cursor.u32();
    const auto entry = size ? cursor.take(*size) : std::nullopt;
    if (!entry) break;
    if (auto person = person_of_entry_id(*entry, texts)) persons.push_back(std::move(*person));
    cursor.skip(std::min<std::size_t>((4 - *size % 4) % 4, cursor.left()));
  }
  return persons;
}

}  // namespace mapiguard
