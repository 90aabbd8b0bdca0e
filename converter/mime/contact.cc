#include "converter/mime/contact.h"

#include <initializer_list>
#include <variant>

#include "base/text.h"
#include "converter/mime/addresses.h"
#include "converter/mime/attachments.h"
#include "converter/mime/base64.h"
#include "converter/mime/calendar_common.h"
#include "converter/mime/content_lines.h"
#include "converter/mime/content_types.h"
#include "converter/mime/dates.h"
#include "converter/mime/header_text.h"
#include "converter/mime/summary.h"
#include "converter/model/property_table.h"

namespace mapiguard {
namespace {

using AnyId = std::variant<PropertyId, NamedId>;

struct TextRow {
  const char* name;
  AnyId id;
  const char* types[2] = {nullptr, nullptr};
};
// One line a property. MS-OXVCARD 2.1.3.2 ff.; X- names as Outlook writes them.
const TextRow kTextRows[] = {
    {"NICKNAME", "PidTagNickname"_pid},
    {"TITLE", "PidTagTitle"_pid},
    {"ROLE", "PidTagProfession"_pid},
    {"TEL", "PidTagBusinessTelephoneNumber"_pid, {"WORK", "VOICE"}},
    {"TEL", "PidTagBusiness2TelephoneNumber"_pid, {"WORK", "VOICE"}},
    {"TEL", "PidTagHomeTelephoneNumber"_pid, {"HOME", "VOICE"}},
    {"TEL", "PidTagHome2TelephoneNumber"_pid, {"HOME", "VOICE"}},
    {"TEL", "PidTagMobileTelephoneNumber"_pid, {"CELL", "VOICE"}},
    {"TEL", "PidTagPrimaryTelephoneNumber"_pid, {"PREF"}},
    {"TEL", "PidTagOtherTelephoneNumber"_pid, {"VOICE"}},
    {"TEL", "PidTagPagerTelephoneNumber"_pid, {"PAGER"}},
    {"TEL", "PidTagCarTelephoneNumber"_pid, {"CAR"}},
    {"TEL", "PidTagIsdnNumber"_pid, {"ISDN"}},
    {"TEL", "PidTagBusinessFaxNumber"_pid, {"WORK", "FAX"}},
    {"TEL", "PidTagHomeFaxNumber"_pid, {"HOME", "FAX"}},
    {"TEL", "PidTagPrimaryFaxNumber"_pid, {"FAX"}},
    {"X-MS-TEL", "PidTagCallbackTelephoneNumber"_pid, {"CALLBACK"}},
    {"X-MS-TEL", "PidTagRadioTelephoneNumber"_pid, {"RADIO"}},
    {"X-MS-TEL", "PidTagTelecommunicationsDeviceForDeafTelephoneNumber"_pid, {"TTYTTD"}},
    {"X-MS-TEL", "PidTagAssistantTelephoneNumber"_pid, {"ASSISTANT"}},
    {"X-MS-TEL", "PidTagCompanyMainTelephoneNumber"_pid, {"COMPANY"}},
    {"X-MS-TEL", "PidTagTelexNumber"_pid, {"TLX"}},
    {"X-MS-SPOUSE", "PidTagSpouseName"_pid},
    {"X-MS-MANAGER", "PidTagManagerName"_pid},
    {"X-MS-ASSISTANT", "PidTagAssistant"_pid},
    {"X-MS-INTERESTS", "PidTagHobbies"_pid},
    {"X-MS-IMADDRESS", "PidLidInstantMessagingAddress"_lid},
    {"LABEL", "PidLidWorkAddress"_lid, {"WORK"}},
    {"LABEL", "PidLidHomeAddress"_lid, {"HOME"}},
};

struct AddressRow {
  const char* type;
  AnyId post_box, street, city, state, postal_code, country;
};
const AddressRow kAddresses[] = {
    {"WORK", "PidLidWorkAddressPostOfficeBox"_lid, "PidLidWorkAddressStreet"_lid, "PidLidWorkAddressCity"_lid,
     "PidLidWorkAddressState"_lid, "PidLidWorkAddressPostalCode"_lid, "PidLidWorkAddressCountry"_lid},
    {"HOME", "PidTagHomeAddressPostOfficeBox"_pid, "PidTagHomeAddressStreet"_pid, "PidTagHomeAddressCity"_pid,
     "PidTagHomeAddressStateOrProvince"_pid, "PidTagHomeAddressPostalCode"_pid, "PidTagHomeAddressCountry"_pid},
    {"POSTAL", "PidTagOtherAddressPostOfficeBox"_pid, "PidTagOtherAddressStreet"_pid, "PidTagOtherAddressCity"_pid,
     "PidTagOtherAddressStateOrProvince"_pid, "PidTagOtherAddressPostalCode"_pid, "PidTagOtherAddressCountry"_pid},
};

struct EmailRow {
  NamedId type, address, original_name, entry_id;
};
const EmailRow kEmails[] = {
    {"PidLidEmail1AddressType"_lid, "PidLidEmail1EmailAddress"_lid, "PidLidEmail1OriginalDisplayName"_lid,
     "PidLidEmail1OriginalEntryId"_lid},
    {"PidLidEmail2AddressType"_lid, "PidLidEmail2EmailAddress"_lid, "PidLidEmail2OriginalDisplayName"_lid,
     "PidLidEmail2OriginalEntryId"_lid},
    {"PidLidEmail3AddressType"_lid, "PidLidEmail3EmailAddress"_lid, "PidLidEmail3OriginalDisplayName"_lid,
     "PidLidEmail3OriginalEntryId"_lid},
};

constexpr std::uint64_t kLargestPhoto = 4 << 20;

class CardWriter {
 public:
  CardWriter(const ItemSource& item, const Content& content)
      : item_(item), bag_(item.message.properties), content_(content) {}

  std::string contact() {
    begin("3.0");
    out_.raw("N", structured({"PidTagSurname"_pid, "PidTagGivenName"_pid, "PidTagMiddleName"_pid,
                              "PidTagDisplayNamePrefix"_pid, "PidTagGeneration"_pid}));
    out_.text("FN", display_name());
    if (!text(AnyId("PidTagCompanyName"_pid)).empty() || !text(AnyId("PidTagDepartmentName"_pid)).empty())
      out_.raw("ORG", structured({"PidTagCompanyName"_pid, "PidTagDepartmentName"_pid}));
    for (const TextRow& row : kTextRows) write_text(row);
    for (const AddressRow& row : kAddresses) write_address(row);
    for (const EmailRow& row : kEmails) write_email(row);
    write_uri("URL", "PidTagBusinessHomePage"_pid, "WORK");
    write_uri("URL", "PidTagPersonalHomePage"_pid, "HOME");
    write_day("BDAY", "PidTagBirthday"_pid);
    write_day("X-MS-ANNIVERSARY", "PidTagWeddingAnniversary"_pid);
    if (const Property* children = bag_.find("PidTagChildrensNames"_pid))
      for (const std::string& child : item_.texts.list(*children)) out_.text("X-MS-CHILD", one_line(child));
    write_photo();
    return end();
  }

  std::string group() {
    begin("4.0");
    out_.raw("KIND", "group");
    const std::string name = text(AnyId("PidLidDistributionListName"_lid));
    out_.text("FN", name.empty() ? display_name() : name);
    const Property* members = find(bag_, "PidLidDistributionListOneOffMembers"_lid);
    if (const auto* entries = members ? std::get_if<std::vector<Blob>>(&members->value) : nullptr)
      for (const Blob& entry : *entries)
        if (item_.context.budget.spend(64)) write_member(entry);
    return end();
  }

  std::string display_name() const {
    for (const PropertyId id :
         {"PidTagDisplayName"_pid, "PidTagNormalizedSubject"_pid, "PidTagSubject"_pid, "PidTagCompanyName"_pid})
      if (std::string name = text(AnyId(id)); !name.empty()) return name;
    return "Contact";
  }

 private:
  void begin(const char* version) {
    out_.begin("VCARD");
    out_.raw("VERSION", version);
    out_.raw("PRODID", kProductId);
  }
  std::string end() {
    out_.text("NOTE", description_of(content_));
    if (const Property* keywords = bag_.find_named(kPsPublicStrings, "Keywords")) {
      std::string list;
      for (const std::string& keyword : item_.texts.list(*keywords))
        list += (list.empty() ? "" : ",") + escaped_text(one_line(keyword));
      if (!list.empty()) out_.raw("CATEGORIES", list);
    }
    if (const auto changed = bag_.time("PidTagLastModificationTime"_pid); changed && is_date(*changed))
      out_.raw("REV", utc_stamp(*changed));
    out_.end("VCARD");
    return out_.take();
  }

  std::string text(const AnyId& id) const {
    if (const auto* tag = std::get_if<PropertyId>(&id)) return one_line(item_.texts.get(bag_, *tag).value_or(""));
    const Property* property = find(bag_, std::get<NamedId>(id));
    return property && std::holds_alternative<Blob>(property->value) ? one_line(item_.texts.decode(*property, false))
                                                                     : std::string();
  }
  // Lines of an address stand in one value.
  std::string lines(const AnyId& id) const {
    if (const auto* tag = std::get_if<PropertyId>(&id))
      return std::string(trim(item_.texts.get(bag_, *tag).value_or("")));
    const Property* property = find(bag_, std::get<NamedId>(id));
    return property && std::holds_alternative<Blob>(property->value)
               ? std::string(trim(item_.texts.decode(*property, false)))
               : std::string();
  }

  std::string structured(std::initializer_list<PropertyId> ids) const {
    std::string value;
    for (const PropertyId id : ids) value += (id == *ids.begin() ? "" : ";") + escaped_text(text(AnyId(id)));
    return value;
  }

  void write_text(const TextRow& row) {
    const std::string value = lines(row.id);
    if (value.empty()) return;
    std::vector<LineParameter> types;
    for (const char* type : row.types)
      if (type) types.emplace_back("TYPE", type);
    out_.raw(row.name, escaped_text(value), types);
  }

  void write_address(const AddressRow& row) {
    std::string value;
    bool any = false;
    for (const AnyId* id : {&row.post_box, static_cast<const AnyId*>(nullptr), &row.street, &row.city, &row.state,
                            &row.postal_code, &row.country}) {
      const std::string part = id ? lines(*id) : "";  // the extended address is never set
      any = any || !part.empty();
      value += (id == &row.post_box ? "" : ";") + escaped_text(part);
    }
    if (any) out_.raw("ADR", value, {{"TYPE", row.type}});
  }

  void write_email(const EmailRow& row) {
    std::string storage;
    Person person{"", text(row.type), text(row.address), as_addr_spec(text(row.address)).value_or("")};
    if (person.smtp.empty()) person.smtp = as_addr_spec(text(row.original_name)).value_or("");
    const Blob* entry = binary(bag_, row.entry_id);
    if (person.smtp.empty() && entry && entry->size() < kLargestPhoto)
      if (const auto found = person_of_entry_id(entry->contiguous(storage), item_.texts)) person.smtp = found->smtp;
    if (!person.smtp.empty())
      out_.raw("EMAIL", person.smtp, {{"TYPE", "INTERNET"}});
    else if (!person.address.empty())
      out_.text("EMAIL", person.address, {{"TYPE", person.type.empty() ? "X-OTHER" : one_line(person.type)}});
  }

  void write_uri(const char* name, PropertyId id, const char* type) {
    if (const std::string value = text(AnyId(id)); !value.empty()) out_.raw(name, value, {{"TYPE", type}});
  }
  void write_day(const char* name, PropertyId id) {
    const auto time = bag_.time(id);
    if (!time || !is_date(*time)) return;
    const CivilTime day = civil_time(*time);
    char value[32];
    std::snprintf(value, sizeof value, "%04d-%02d-%02d", day.year, day.month, day.day);
    out_.raw(name, value);
  }

  void write_photo() {
    for (const Attachment& attachment : item_.message.attachments) {
      const bool is_photo = attachment.properties.boolean("PidTagAttachmentContactPhoto"_pid).value_or(false) ||
                            equals_ignoring_case(file_name_of(attachment, item_.texts, 0, ""), "ContactPicture.jpg");
      if (!is_photo || attachment.data.empty() || attachment.data.size() > kLargestPhoto) continue;
      std::string storage;
      const Bytes bytes = attachment.data.contiguous(storage);
      std::string type(type_of_content(bytes));
      type = type.starts_with("image/") ? type.substr(6) : "jpeg";
      for (char& c : type) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
      return out_.raw("PHOTO", base64(bytes), {{"ENCODING", "b"}, {"TYPE", type}});
    }
  }

  void write_member(const Blob& entry) {
    std::string storage;
    const auto person =
        entry.size() < kLargestPhoto ? person_of_entry_id(entry.contiguous(storage), item_.texts) : std::nullopt;
    if (!person) return;
    const Mailbox member = mailbox_of(*person, item_.headers.known, item_.context.options.imcea_domain);
    if (member.name.empty())
      out_.raw("MEMBER", "mailto:" + member.address);
    else
      out_.raw("MEMBER", "mailto:" + member.address, {{"X-CN", member.name}});
  }

  const ItemSource& item_;
  const PropertyBag& bag_;
  const Content& content_;
  ContentLines out_;
};

void add_card(const std::string& card, std::string name, Content& content) {
  add_summary(card, content);
  Part part = text_part("text/vcard", card, {{"name", name + ".vcf"}});
  part.headers.push_back(
      {"Content-Disposition", parametrized("Content-Disposition", "attachment", {{"filename", name + ".vcf"}})});
  content.attachments.insert(content.attachments.begin(), std::move(part));
}

std::string card_file_name(std::string name) {
  for (char& c : name)
    if (c == '/' || c == '\\') c = '_';
  return name;
}

}  // namespace

void add_contact(const ItemSource& item, Content& content) {
  CardWriter writer(item, content);
  const std::string name = card_file_name(writer.display_name());
  add_card(writer.contact(), name, content);
}

void add_distribution_list(const ItemSource& item, Content& content) {
  CardWriter writer(item, content);
  const std::string name = card_file_name(writer.display_name());
  add_card(writer.group(), name, content);
}

}  // namespace mapiguard
