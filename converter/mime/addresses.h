// Addresses: from what MAPI keeps of a person to a mailbox that every mail reader accepts.
//
// The ladder, most trusted first: SMTP address properties, the e-mail address when its type is SMTP or it looks like
// one, the search key "SMTP:…", a one-off entry ID (MS-OXCDATA 2.2.5.1), the display name when it is an address, the
// same name in the transport headers, and last an IMCEA encapsulation (MS-OXCMAIL 2.1.3.1.8), so that nobody is lost.
//
// Thread promise: values and pure functions.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "converter/body/charset.h"
#include "converter/mime/header_text.h"
#include "converter/model/property.h"

namespace mapiguard {

struct Mailbox {
  std::string name;     // UTF-8, may be empty
  std::string address;  // RFC 5322 addr-spec, ASCII; never empty once it comes from here
  friend bool operator==(const Mailbox&, const Mailbox&) = default;
};

// Where one person stands in a property bag. 0 = there is no such property.
struct PersonTags {
  PropertyId name, address_type, address, entry_id, search_key;
  PropertyId smtp[3];
};
extern const PersonTags kSenderTags;
extern const PersonTags kRepresentingTags;
extern const PersonTags kRecipientTags;
extern const PersonTags kReceivedByTags;
extern const PersonTags kOriginalSenderTags;
extern const PersonTags kReadReceiptTags;

// What the bag says of a person before an address must be made up.
struct Person {
  std::string name;
  std::string type;     // "SMTP", "EX", "FAX" …, "" = unknown
  std::string address;  // as the type has it
  std::string smtp;     // "" = none known
  bool empty() const { return name.empty() && address.empty() && smtp.empty(); }
};

Person read_person(const PropertyBag& bag, const PersonTags& tags, const Texts& texts);

// Names and their addresses as the transport headers have them, for people who have no SMTP address of their own.
using KnownAddresses = std::unordered_map<std::string, std::string>;

// Always with an address: the last steps of the ladder.
Mailbox mailbox_of(const Person& person, const KnownAddresses& known, std::string_view imcea_domain);

// "IMCEAEX-_O=ORG_CN=NAME@domain".
std::string imcea_address(std::string_view type, std::string_view address, std::string_view domain);

// A one-off entry ID, or an address-book one (type EX). nullopt: neither.
std::optional<Person> person_of_entry_id(Bytes entry_id, const Texts& texts);

// FlatEntryList of MS-OXCDATA 2.3.3: its entries that can be read. Stops where the list contradicts itself.
std::vector<Person> persons_of_flat_list(Bytes list, const Texts& texts);

// An addr-spec that is valid on the wire, from text that is meant as one: brackets, quotes and "SMTP:" or "mailto:"
// taken off, an internationalised domain as its A-labels, an odd local part quoted. nullopt: it is no address.
std::optional<std::string> as_addr_spec(std::string_view text);

void append_mailbox(HeaderValue& value, const Mailbox& mailbox, bool is_last);
std::string format_mailboxes(std::string_view field, std::span<const Mailbox> mailboxes);

// An address list as somebody else wrote it. is_sound_…: it can be kept as it stands. parse_…: all mailboxes that GMime
// finds in it, groups dissolved.
bool is_sound_address_list(std::string_view value, bool must_be_one);
std::vector<Mailbox> parse_mailboxes(const std::string& value, std::string_view imcea_domain);

}  // namespace mapiguard
