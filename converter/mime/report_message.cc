#include "converter/mime/report_message.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "base/text.h"
#include "converter/mime/addresses.h"
#include "converter/mime/base64.h"
#include "converter/mime/dates.h"
#include "converter/mime/header_text.h"
#include "converter/mime/transport_headers.h"
#include "converter/model/property_table.h"

namespace mapiguard {
namespace {

enum class ReportKind : std::uint8_t { not_delivered, delivered, read, not_read };

std::optional<ReportKind> kind_of_class(std::string_view message_class) {
  struct Ending {
    std::string_view text;
    ReportKind kind;
  };
  constexpr Ending kEndings[] = {{".NDR", ReportKind::not_delivered},
                                 {".DR", ReportKind::delivered},
                                 {".IPNRN", ReportKind::read},
                                 {".IPNNRN", ReportKind::not_read}};
  for (const Ending& ending : kEndings)
    if (message_class.size() > ending.text.size() &&
        equals_ignoring_case(message_class.substr(message_class.size() - ending.text.size()), ending.text))
      return ending.kind;
  return std::nullopt;
}

// Fields of a report part: the same syntax as a header.
class StatusFields {
 public:
  void add(std::string_view name, std::string_view value) {
    if (!value.empty()) text_.append(name).append(": ").append(encode_text(name, value)).append("\r\n");
  }
  void end_group() { text_ += "\r\n"; }
  Part part(std::string type) && {
    Part part;
    part.text = std::move(text_);
    part.is_text = true;
    part.headers.push_back({"Content-Type", std::move(type)});
    return part;
  }

 private:
  std::string text_;
};

// PidTagNonDeliveryReportStatusCode 511 says 5.1.1 (MS-OXOMSG 2.2.3.4); without it the kind alone is known.
std::string status_of(const PropertyBag& bag, ReportKind kind) {
  const auto code = bag.integer("PidTagNonDeliveryReportStatusCode"_pid).value_or(0);
  if (code >= 100 && code <= 599)
    return std::to_string(code / 100) + '.' + std::to_string(code / 10 % 10) + '.' + std::to_string(code % 10);
  return kind == ReportKind::not_delivered ? "5.0.0" : "2.0.0";
}

std::string time_text(const PropertyBag& bag, PropertyId id) {
  const auto time = bag.time(id);
  return time && is_date(*time) ? rfc5322_date(*time) : "";
}

class ReportWriter {
 public:
  ReportWriter(const ItemSource& item, ReportKind kind) : item_(item), bag_(item.message.properties), kind_(kind) {}

  Part build() {
    Content content = build_content(item_);
    std::vector<Part> attachments = std::exchange(content.attachments, {});
    if (content.alternatives.empty()) content.alternatives.push_back(text_part("text/plain", explanation()));
    std::vector<Part> parts;
    parts.push_back(assemble(std::move(content)));
    const bool is_delivery = kind_ == ReportKind::not_delivered || kind_ == ReportKind::delivered;
    parts.push_back(is_delivery ? delivery_status() : disposition());
    parts.insert(parts.end(), std::make_move_iterator(attachments.begin()), std::make_move_iterator(attachments.end()));
    return multipart("report", std::move(parts),
                     {{"report-type", is_delivery ? "delivery-status" : "disposition-notification"}});
  }

 private:
  std::string text(const PropertyBag& bag, PropertyId id) const {
    return one_line(item_.texts.get(bag, id).value_or(""));
  }

  std::string explanation() const {
    if (const auto report = item_.texts.get(bag_, "PidTagReportText"_pid); report && !report->empty()) return *report;
    constexpr std::array kTexts = {"Your message could not be delivered.", "Your message was delivered.",
                                   "Your message was read.", "Your message was deleted without being read."};
    std::string out = kTexts[static_cast<std::size_t>(kind_)];
    if (const std::string subject = text(bag_, "PidTagOriginalSubject"_pid); !subject.empty())
      out += "\r\n\r\nSubject: " + subject;
    return out + "\r\n";
  }

  Mailbox mailbox(const Recipient& recipient) const {
    return mailbox_of(read_person(recipient.properties, kRecipientTags, item_.texts), item_.headers.known,
                      item_.context.options.imcea_domain);
  }

  // RFC 3464 2.2 and 2.3: one group for the message, one a recipient.
  Part delivery_status() {
    StatusFields fields;
    std::string agent = text(bag_, "PidTagReportingMessageTransferAgent"_pid);
    if (agent.empty()) agent = item_.context.options.imcea_domain;
    fields.add("Reporting-MTA", "dns; " + agent);
    fields.add("Arrival-Date", time_text(bag_, "PidTagOriginalSubmitTime"_pid));
    fields.end_group();
    for (const Recipient& recipient : item_.message.recipients)
      if (item_.context.budget.spend(64)) write_recipient(recipient, fields);
    return std::move(fields).part("message/delivery-status");
  }

  void write_recipient(const Recipient& recipient, StatusFields& fields) const {
    const Mailbox who = mailbox(recipient);
    fields.add("Final-Recipient", "rfc822; " + who.address);
    fields.add("Action", kind_ == ReportKind::delivered ? "delivered" : "failed");
    fields.add("Status", status_of(recipient.properties, kind_));
    if (const std::string agent = text(recipient.properties, "PidTagRemoteMessageTransferAgent"_pid); !agent.empty())
      fields.add("Remote-MTA", "dns; " + agent);
    if (const std::string detail = text(recipient.properties, "PidTagSupplementaryInfo"_pid); !detail.empty()) {
      const bool is_smtp = detail.size() > 3 && detail[0] >= '2' && detail[0] <= '5' && detail[3] == ' ';
      fields.add("Diagnostic-Code", (is_smtp ? "smtp; " : "X-Supplementary-Info; ") + detail);
    }
    fields.add("Last-Attempt-Date", time_text(recipient.properties, "PidTagReportTime"_pid));
    fields.add("X-Display-Name", who.name);
    fields.end_group();
  }

  // RFC 8098 3.1.
  Part disposition() {
    StatusFields fields;
    fields.add("Final-Recipient", "rfc822; " + item_.headers.from.address);
    const std::string original = message_id_token(item_.texts.get(bag_, "PidTagOriginalMessageId"_pid).value_or(""));
    const std::string answered = message_id_token(item_.texts.get(bag_, "PidTagInReplyToId"_pid).value_or(""));
    fields.add("Original-Message-ID", original.empty() ? answered : original);
    fields.add("Disposition", kind_ == ReportKind::read ? "manual-action/MDN-sent-automatically; displayed"
                                                        : "manual-action/MDN-sent-automatically; deleted");
    fields.add("X-MSExch-Correlation-Key", correlation_key());
    fields.add("X-Display-Name", item_.headers.from.name);
    fields.end_group();
    return std::move(fields).part("message/disposition-notification");
  }

  // MS-OXCMAIL 2.1.3.5.2: by it a client finds what the report is about.
  std::string correlation_key() const {
    const Blob* key = bag_.binary("PidTagParentKey"_pid);
    if (!key || key->empty() || key->size() > 256) return {};
    std::string storage;
    return base64(key->contiguous(storage));
  }

  const ItemSource& item_;
  const PropertyBag& bag_;
  ReportKind kind_;
};

}  // namespace

std::optional<Part> build_report(const ItemSource& item) {
  const auto kind = kind_of_class(item.headers.message_class);
  if (!kind) return std::nullopt;
  return ReportWriter(item, *kind).build();
}

}  // namespace mapiguard
