#include "converter/mime/header_table.h"

#include <array>

#include "base/text.h"
#include "converter/mime/base64.h"
#include "converter/mime/dates.h"
#include "converter/mime/language_tags.h"
#include "converter/mime/message_id.h"
#include "converter/mime/transport_headers.h"
#include "converter/model/property_table.h"

namespace mapiguard {
namespace {

using Source = HeaderSource;
using Row = HeaderRow;

const PropertyBag& bag(const Source& source) { return source.message.properties; }
std::string string_at(const Source& source, PropertyId id) { return source.texts.get(bag(source), id).value_or(""); }

std::string from(const Source& source, const Row& row) { return format_mailboxes(row.field, {&source.from, 1}); }
std::string sender(const Source& source, const Row& row) {
  return source.sender.address.empty() ? "" : format_mailboxes(row.field, {&source.sender, 1});
}

std::string reply_to(const Source& source, const Row& row) {
  const Blob* list = bag(source).binary(row.id);
  if (!list || list->size() > source.context.options.limits.max_header_bytes) return {};
  std::string storage;
  std::vector<Mailbox> mailboxes;
  for (const Person& person : persons_of_flat_list(list->contiguous(storage), source.texts))
    if (!person.empty()) mailboxes.push_back(mailbox_of(person, source.known, source.context.options.imcea_domain));
  return format_mailboxes(row.field, mailboxes);
}

// PidTagDisplayTo and the like: names joined by semicolons, all that a message without recipient rows has.
std::vector<Mailbox> mailboxes_of_names(const Source& source, PropertyId id) {
  const std::string names = string_at(source, id);
  std::vector<Mailbox> mailboxes;
  for (std::size_t start = 0;
       start < names.size() && mailboxes.size() < source.context.options.limits.max_recipients;) {
    const std::size_t end = std::min(names.find(';', start), names.size());
    Person person{one_line(std::string_view(names).substr(start, end - start)), {}, {}, {}};
    person.smtp = as_addr_spec(person.name).value_or("");
    if (!person.name.empty())
      mailboxes.push_back(mailbox_of(person, source.known, source.context.options.imcea_domain));
    start = end + 1;
  }
  return mailboxes;
}

template <RecipientKind kind>
std::string recipients(const Source& source, const Row& row) {
  const bool has_rows = !source.message.recipients.empty();
  return format_mailboxes(row.field, has_rows ? recipients_of(source, kind) : mailboxes_of_names(source, row.id));
}

// A report in TNEF may leave its subject to the reader (MS-OXOMSG 2.2.2.23, PidTagOriginalSubject).
std::string subject_of_report(const Source& source) {
  struct Ending {
    std::string_view message_class, prefix;
  };
  constexpr Ending kEndings[] = {
      {".NDR", "Undeliverable: "}, {".DR", "Delivered: "}, {".IPNNRN", "Not read: "}, {".IPNRN", "Read: "}};
  std::string about = string_at(source, "PidTagOriginalSubject"_pid);
  if (about.empty()) about = string_at(source, "PidTagConversationTopic"_pid);
  const std::string_view name = source.message_class;
  if (about.empty() || !starts_with_ignoring_case(name, "REPORT.")) return {};
  for (const Ending& ending : kEndings)
    if (name.size() > ending.message_class.size() &&
        equals_ignoring_case(name.substr(name.size() - ending.message_class.size()), ending.message_class))
      return std::string(ending.prefix) + about;
  return {};
}

std::string subject(const Source& source, const Row& row) {
  const std::string text = subject_of(bag(source), source.texts);
  return encode_text(row.field, text.empty() ? subject_of_report(source) : text);
}
std::string text(const Source& source, const Row& row) { return encode_text(row.field, string_at(source, row.id)); }

std::string date(const Source& source, const Row&) {
  constexpr PropertyId kLadder[] = {"PidTagClientSubmitTime"_pid, "PidTagMessageDeliveryTime"_pid,
                                    "PidTagCreationTime"_pid, "PidTagLastModificationTime"_pid};
  for (const PropertyId id : kLadder)
    if (const auto time = bag(source).time(id); time && is_date(*time)) return rfc5322_date(*time);
  return {};
}
std::string time_of(const Source& source, const Row& row) {
  const auto time = bag(source).time(row.id);
  return time && is_date(*time) ? rfc5322_date(*time) : "";
}

std::string message_id(const Source& source, const Row& row) {
  std::string id = message_id_token(string_at(source, row.id));
  return id.empty() ? made_message_id(source.message, source.context.options.imcea_domain) : id;
}
std::string message_ids(const Source& source, const Row& row) {
  return message_id_list(row.field, string_at(source, row.id));
}

std::string conversation_index(const Source& source, const Row& row) {
  constexpr std::uint64_t kMost = 22 + 5 * 1000;  // header and one block a reply (MS-OXOMSG 2.2.1.3)
  const Blob* index = bag(source).binary(row.id);
  if (!index || index->empty() || index->size() > kMost) return {};
  std::string storage;
  const std::string whole = base64(index->contiguous(storage));
  constexpr std::size_t kPiece = 60;
  HeaderValue value(std::string_view(row.field).size());
  for (std::size_t i = 0; i < whole.size(); i += kPiece) value.word(std::string_view(whole).substr(i, kPiece));
  return value.take();
}

// PidTagImportance 0 low, 1 normal, 2 high (MS-OXCMSG 2.2.1.11).
std::string importance(const Source& source, const Row&) {
  const auto level = bag(source).integer("PidTagImportance"_pid);
  const std::string kept = value_of_field(source.transport, "X-Priority");
  const bool is_said = !kept.empty() && (level == 2 ? kept[0] <= '2' : kept[0] >= '4');
  if (is_said) return {};
  return level == 2 ? "high" : level == 0 ? "low" : "";
}
std::string x_priority(const Source& source, const Row&) {
  const auto level = bag(source).integer("PidTagImportance"_pid);
  return level == 2 ? "1" : level == 0 ? "5" : "";
}
std::string priority(const Source& source, const Row&) {
  const auto level = bag(source).integer("PidTagPriority"_pid);
  return level == 1 ? "urgent" : level == -1 ? "non-urgent" : "";
}
// PidTagSensitivity (MS-OXCMSG 2.2.1.13).
std::string sensitivity(const Source& source, const Row&) {
  constexpr std::array kNames = {"", "Personal", "Private", "Company-Confidential"};
  const auto level = bag(source).integer("PidTagSensitivity"_pid).value_or(0);
  return level > 0 && level < std::ssize(kNames) ? kNames[static_cast<std::size_t>(level)] : "";
}

std::string disposition_notification_to(const Source& source, const Row& row) {
  if (!bag(source).boolean("PidTagReadReceiptRequested"_pid).value_or(false)) return {};
  const Person wanted = read_person(bag(source), kReadReceiptTags, source.texts);
  const Mailbox mailbox =
      wanted.smtp.empty() ? source.from : mailbox_of(wanted, source.known, source.context.options.imcea_domain);
  return format_mailboxes(row.field, {&mailbox, 1});
}
std::string return_receipt_to(const Source& source, const Row& row) {
  if (!bag(source).boolean("PidTagOriginatorDeliveryReportRequested"_pid).value_or(false)) return {};
  return format_mailboxes(row.field, {&source.from, 1});
}

std::string keywords(const Source& source, const Row& row) {
  const Property* property = bag(source).find_named(kPsPublicStrings, "Keywords");
  if (!property) return {};
  HeaderValue value(std::string_view(row.field).size());
  for (const std::string& keyword : source.texts.list(*property)) {
    if (one_line(keyword).empty()) continue;
    if (!value.empty()) value.append(",");
    append_phrase(value, keyword);
  }
  return value.take();
}

std::string message_flag(const Source& source, const Row& row) {
  const Property* request = find(bag(source), "PidLidFlagRequest"_lid);
  return request ? encode_text(row.field, source.texts.decode(*request, false)) : "";
}

std::string content_language(const Source& source, const Row&) {
  const auto locale = bag(source).integer("PidTagMessageLocaleId"_pid);
  return locale ? std::string(language_tag(static_cast<std::uint32_t>(*locale))) : "";
}

// MS-OXCMAIL 2.1.3.2.24: the bits of PidTagAutoResponseSuppress by name.
std::string auto_response_suppress(const Source& source, const Row&) {
  constexpr std::array kNames = {"DR", "NDR", "RN", "NRN", "OOF", "AutoReply"};
  const auto bits = bag(source).integer("PidTagAutoResponseSuppress"_pid).value_or(0);
  if ((bits & 0x3F) == 0x3F) return "All";
  std::string value;
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (bits >> i & 1) value += (value.empty() ? "" : ", ") + std::string(kNames[i]);
  return value;
}

// RFC 3834 5.1. Which classes answer by themselves: MS-OXOMSG 2.2.3.
std::string auto_submitted(const Source& source, const Row&) {
  for (const char* prefix :
       {"REPORT.", "IPM.Note.Rules.OofTemplate", "IPM.Note.Rules.ReplyTemplate", "IPM.Note.Rules.ExternalOofTemplate"})
    if (starts_with_ignoring_case(source.message_class, prefix)) return "auto-replied";
  return {};
}

std::string has_attachments(const Source& source, const Row&) {
  return bag(source).boolean("PidTagHasAttachments"_pid).value_or(false) && !source.message.attachments.empty() ? "yes"
                                                                                                                : "";
}

// A draft: PidTagMessageFlags says unsent (mfUnsent, MS-OXCMSG 2.2.1.6). Mail programs open such a mail for editing.
std::string unsent(const Source& source, const Row&) {
  constexpr std::int64_t kUnsent = 8;
  return bag(source).integer("PidTagMessageFlags"_pid).value_or(0) & kUnsent && source.transport.empty() ? "1" : "";
}

struct ContentClass {
  const char* message_class;
  const char* value;
};
// MS-OXCMAIL 2.2.3.2.15 has what readers make of each. A longer prefix comes first.
constexpr ContentClass kContentClasses[] = {
    {"IPM.Note.Microsoft.Missed.Voice", "missedcall"},
    {"IPM.Note.Microsoft.Voicemail.UM.CA", "voice-ca"},
    {"IPM.Note.Microsoft.Voicemail.UM", "voice"},
    {"IPM.Note.Microsoft.Conversation.Voice", "voice-uc"},
    {"IPM.Note.Microsoft.Fax.CA", "fax-ca"},
    {"IPM.Note.Microsoft.Fax", "fax"},
    {"IPM.Schedule.Meeting", "urn:content-classes:calendarmessage"},
    {"IPM.Appointment", "urn:content-classes:appointment"},
    {"IPM.Contact", "urn:content-classes:person"},
    {"IPM.Note.rpmsg.Microsoft.Voicemail", "rpmsg.message"},
    {"IPM.Note.rpmsg", "rpmsg.message"},
};
std::string content_class(const Source& source, const Row& row) {
  for (const ContentClass& known : kContentClasses)
    if (starts_with_ignoring_case(source.message_class, known.message_class)) return known.value;
  constexpr std::string_view kInfoPath = "IPM.InfoPathForm.";
  if (!starts_with_ignoring_case(source.message_class, kInfoPath)) return {};
  return encode_text(row.field, "InfoPathForm." + source.message_class.substr(kInfoPath.size()));
}

bool is_telephony(const Source& source) {
  for (const char* prefix : {"IPM.Note.Microsoft.Missed", "IPM.Note.Microsoft.Voicemail",
                             "IPM.Note.Microsoft.Conversation", "IPM.Note.Microsoft.Fax"})
    if (starts_with_ignoring_case(source.message_class, prefix)) return true;
  return false;
}
// MS-OXOUM 2.2.5: their IDs mean something else in other classes.
std::string telephony(const Source& source, const Row& row) {
  if (!is_telephony(source)) return {};
  if (const auto number = bag(source).integer(row.id)) return std::to_string(*number);
  return text(source, row);
}

constexpr HeaderRow kRows[] = {
    {"From", from},
    {"Sender", sender, 0, "From"},
    {"Reply-To", reply_to, "PidTagReplyRecipientEntries"_pid, "From"},
    {"To", recipients<RecipientKind::to>, "PidTagDisplayTo"_pid},
    {"Cc", recipients<RecipientKind::cc>, "PidTagDisplayCc"_pid},
    {"Bcc", recipients<RecipientKind::bcc>, "PidTagDisplayBcc"_pid},
    {"Subject", subject},
    {"Thread-Topic", text, "PidTagConversationTopic"_pid},
    {"Thread-Index", conversation_index, "PidTagConversationIndex"_pid},
    {"Date", date},
    {"Message-ID", message_id, "PidTagInternetMessageId"_pid},
    {"References", message_ids, "PidTagInternetReferences"_pid},
    {"In-Reply-To", message_ids, "PidTagInReplyToId"_pid},
    {"Importance", importance},
    {"X-Priority", x_priority, 0, "Importance"},
    {"Priority", priority, 0, "Importance"},
    {"Sensitivity", sensitivity},
    {"Disposition-Notification-To", disposition_notification_to},
    {"Return-Receipt-To", return_receipt_to},
    {"Keywords", keywords},
    {"Reply-By", time_of, "PidTagReplyTime"_pid},
    {"Expires", time_of, "PidTagExpiryTime"_pid},
    {"X-Message-Flag", message_flag},
    {"List-Help", text, "PidTagListHelp"_pid},
    {"List-Subscribe", text, "PidTagListSubscribe"_pid},
    {"List-Unsubscribe", text, "PidTagListUnsubscribe"_pid},
    {"Content-Language", content_language},
    {"Auto-Submitted", auto_submitted},
    {"X-Auto-Response-Suppress", auto_response_suppress},
    {"X-CallingTelephoneNumber", telephony, "PidTagSenderTelephoneNumber"_pid},
    {"X-VoiceMessageDuration", telephony, "PidTagVoiceMessageDuration"_pid},
    {"X-VoiceMessageSenderName", telephony, "PidTagVoiceMessageSenderName"_pid},
    {"X-FaxNumberOfPages", telephony, "PidTagFaxNumberOfPages"_pid},
    {"X-AttachmentOrder", telephony, "PidTagVoiceMessageAttachmentOrder"_pid},
    {"X-CallID", telephony, "PidTagCallId"_pid},
    {"Content-Class", content_class},
    {"X-MS-Has-Attach", has_attachments},
    {"X-Unsent", unsent},
};

}  // namespace

std::span<const HeaderRow> header_table() { return kRows; }

}  // namespace mapiguard
