#include "converter/mime/headers.h"

#include <algorithm>

#include "base/text.h"
#include "converter/mime/header_table.h"
#include "converter/mime/transport_headers.h"
#include "converter/model/property_table.h"

namespace mapiguard {
namespace {

std::string bare_id(std::string_view id) {
  const std::string token = message_id_token(id);
  return token.empty() ? token : token.substr(1, token.size() - 2);
}

// Transport headers of another message stand in some: of the one that was edited, or answered, to make this one.
bool are_of_this_message(const std::vector<HeaderField>& transport, const PropertyBag& properties, const Texts& texts) {
  const std::string ours = bare_id(texts.get(properties, "PidTagInternetMessageId"_pid).value_or(""));
  const std::string theirs = bare_id(value_of_field(transport, "Message-ID"));
  return ours.empty() || theirs.empty() || ours == theirs;
}

std::vector<HeaderField> read_transport(const Message& message, const Texts& texts, const BuildContext& context) {
  const Property* property = message.properties.string("PidTagTransportMessageHeaders"_pid);
  const Blob* blob = property ? std::get_if<Blob>(&property->value) : nullptr;
  if (!blob || blob->empty()) return {};
  const std::string where = message.where + (message.where.empty() ? "0x007D" : "/0x007D");
  if (blob->size() > context.options.limits.max_header_bytes) {
    context.defects.loss(where, "the transport headers are larger than the limit and were left out");
    return {};
  }
  std::size_t skipped = 0;
  auto fields = parse_header_block(texts.decode(*property, true), context.budget, &skipped);
  if (skipped > 0)
    context.defects.repaired(where, std::to_string(skipped) + " lines that are no header fields were skipped");
  if (are_of_this_message(fields, message.properties, texts)) return fields;
  context.defects.info(where, "the transport headers name another Message-ID; the header is made from the properties");
  return {};
}

KnownAddresses known_addresses(const std::vector<HeaderField>& transport, std::string_view imcea_domain) {
  KnownAddresses known;
  for (const HeaderField& field : transport)
    if (kind_of_field(field.name) == FieldKind::addresses && !starts_with_ignoring_case(field.name, "Resent-"))
      for (Mailbox& mailbox : parse_mailboxes(unfolded(field.value), imcea_domain))
        if (!mailbox.name.empty()) known.emplace(ascii_lower(mailbox.name), std::move(mailbox.address));
  return known;
}

bool lacks_an_address(const Message& message, const Texts& texts) {
  const auto lacks = [&](const PropertyBag& bag, const PersonTags& tags) {
    return read_person(bag, tags, texts).smtp.empty();
  };
  if (lacks(message.properties, kRepresentingTags) || lacks(message.properties, kSenderTags)) return true;
  return std::any_of(message.recipients.begin(), message.recipients.end(),
                     [&](const Recipient& r) { return lacks(r.properties, kRecipientTags); });
}

bool same_person(const Person& a, const Person& b) {
  if (!a.address.empty() && !b.address.empty()) return equals_ignoring_case(a.address, b.address);
  return !a.name.empty() && a.name == b.name;
}

// From is whom the message represents, Sender who sent it (MS-OXOMSG 2.2.1.48 ff.).
void set_authors(HeaderSource& source) {
  const PropertyBag& properties = source.message.properties;
  Person representing = read_person(properties, kRepresentingTags, source.texts);
  const Person sender = read_person(properties, kSenderTags, source.texts);
  const std::string& domain = source.context.options.imcea_domain;
  if (representing.smtp.empty() && same_person(representing, sender)) representing.smtp = sender.smtp;
  const bool has_author = !representing.empty() || !sender.empty();
  if (!has_author) {
    // RFC 5322 wants a From; a draft has none yet. The domain is one that can receive nothing.
    source.from = {"", "unknown@" + domain};
    return;
  }
  source.from = mailbox_of(representing.empty() ? sender : representing, source.known, domain);
  if (representing.empty() || sender.empty() || same_person(representing, sender)) return;
  Mailbox actual = mailbox_of(sender, source.known, domain);
  const bool is_made_up = sender.smtp.empty() && sender.address.empty();
  if (!is_made_up && !equals_ignoring_case(actual.address, source.from.address)) source.sender = std::move(actual);
}

bool is_covered(const HeaderRow& row, const std::vector<HeaderField>& transport) {
  return has_field(transport, row.field) || (row.covered_by && has_field(transport, row.covered_by));
}

// The kept fields, each as it may be sent. Where one cannot be mended, the properties may know better.
std::vector<HeaderField> kept_fields(const HeaderSource& source) {
  std::vector<HeaderField> kept;
  kept.reserve(source.transport.size() + 8);
  OnceFields once;
  for (const HeaderField& field : source.transport) {
    if (kind_of_field(field.name) == FieldKind::structure) continue;
    if (once.is_repeated(field.name)) continue;
    HeaderField clean = field;
    if (!is_sound_value(field)) {
      const auto table = header_table();
      const auto row = std::find_if(table.begin(), table.end(),
                                    [&](const HeaderRow& r) { return equals_ignoring_case(r.field, field.name); });
      const bool is_text = kind_of_field(field.name) == FieldKind::text;
      clean.value = row != table.end() && is_text ? row->render(source, *row) : "";
      if (clean.value.empty()) clean.value = cleaned_value(field, source.context.options.imcea_domain);
    }
    if (!clean.value.empty()) kept.push_back(std::move(clean));
  }
  return kept;
}

bool is_internet_header_name(std::string_view name) {
  return !name.empty() && name.size() < kFoldColumn &&
         std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < 0x7F && c != ':'; });
}

// PS_INTERNET_HEADERS: fields that have no property of their own (MS-OXCMAIL 2.1.3.2.29).
void append_named_headers(const HeaderSource& source, std::vector<HeaderField>& fields) {
  for (const Property& property : source.message.properties.all()) {
    if (!property.name || property.name->set != kPsInternetHeaders || !is_internet_header_name(property.name->text))
      continue;
    const auto type = static_cast<PropertyType>(property.type);
    if (type != PropertyType::string8 && type != PropertyType::unicode) continue;
    HeaderField field{property.name->text, unfolded(source.texts.decode(property, false))};
    if (!source.context.budget.spend(fields.size())) return;
    if (kind_of_field(field.name) == FieldKind::structure || has_field(fields, field.name)) continue;
    field.value = cleaned_value(field, source.context.options.imcea_domain);
    if (!field.value.empty()) fields.push_back(std::move(field));
  }
}

}  // namespace

std::string message_class_of(const PropertyBag& properties, const Texts& texts) {
  return texts.get(properties, "PidTagMessageClass"_pid).value_or("IPM.Note");
}

std::string subject_of(const PropertyBag& properties, const Texts& texts) {
  auto subject = texts.get(properties, "PidTagSubject"_pid);
  if (!subject) {
    if (const auto normalized = texts.get(properties, "PidTagNormalizedSubject"_pid))
      subject = texts.get(properties, "PidTagSubjectPrefix"_pid).value_or("") + *normalized;
  }
  if (!subject) return {};
  // MS-OXMSG and TNEF may begin it with U+0001 and one character that tells the length of the prefix.
  if (subject->size() >= 2 && (*subject)[0] == '\x01') {
    std::size_t end = 2;
    while (end < subject->size() && (static_cast<unsigned char>((*subject)[end]) & 0xC0) == 0x80) ++end;
    subject->erase(0, end);
  }
  return *subject;
}

HeaderSource make_header_source(const Message& message, const Texts& texts, const BuildContext& context) {
  HeaderSource source{message, texts, context, message_class_of(message.properties, texts), {}, {}, {}, {}};
  source.transport = read_transport(message, texts, context);
  if (!source.transport.empty() && lacks_an_address(message, texts))
    source.known = known_addresses(source.transport, context.options.imcea_domain);
  set_authors(source);
  return source;
}

std::vector<Mailbox> recipients_of(const HeaderSource& source, RecipientKind kind) {
  constexpr std::int64_t kTypeMask = 0xF;  // MAPI_SUBMITTED and MAPI_P1 stand above it
  std::vector<Mailbox> mailboxes;
  std::uint32_t left = source.context.options.limits.max_recipients;
  for (const Recipient& recipient : source.message.recipients) {
    const std::int64_t type = recipient.properties.integer("PidTagRecipientType"_pid).value_or(1) & kTypeMask;
    if (type != static_cast<std::int64_t>(kind)) continue;
    if (left-- == 0 || !source.context.budget.spend(64)) {
      source.context.defects.loss(recipient.where,
                                  "more recipients than the limit allows; this and the following are left out");
      break;
    }
    Person person = read_person(recipient.properties, kRecipientTags, source.texts);
    if (person.name.empty())
      person.name = source.texts.get(recipient.properties, "PidTagRecipientDisplayName"_pid).value_or("");
    if (person.empty())
      source.context.defects.loss(recipient.where, "a recipient without name and address is left out");
    else
      mailboxes.push_back(mailbox_of(person, source.known, source.context.options.imcea_domain));
  }
  return mailboxes;
}

std::vector<HeaderField> message_headers(const HeaderSource& source) {
  std::vector<HeaderField> fields = kept_fields(source);
  const std::size_t kept = fields.size();
  for (const HeaderRow& row : header_table()) {
    if (kept > 0 && is_covered(row, fields)) continue;
    std::string value = row.render(source, row);
    if (!value.empty()) fields.push_back({row.field, std::move(value)});
  }
  append_named_headers(source, fields);
  return fields;
}

}  // namespace mapiguard
