#include "guardian/ndr.h"

#include <gmime/gmime.h>
#include <unistd.h>

#include <mutex>

#include "base/gref.h"
#include "base/text.h"
#include "persist/settings_table.h"

namespace mapiguard {
namespace {

void prepare_gmime() {
  static std::once_flag once;
  std::call_once(once, [] { g_mime_init(); });
}

std::string host_name() {
  char name[256] = {};
  if (::gethostname(name, sizeof name - 1) != 0) return "localhost";
  const std::string_view objection = objection_to_domain(name);
  return name[0] && objection.empty() ? name : "localhost";
}

GRef<GMimePart> text_part(const char* type, const char* subtype, const std::string& text) {
  auto part = adopt(g_mime_part_new_with_type(type, subtype));
  const auto stream = adopt(g_mime_stream_mem_new_with_buffer(text.data(), text.size()));
  const auto content = adopt(g_mime_data_wrapper_new_with_stream(stream.get(), GMIME_CONTENT_ENCODING_DEFAULT));
  g_mime_part_set_content(part.get(), content.get());
  const bool ascii = is_ascii(text);
  g_mime_part_set_content_encoding(part.get(),
                                   ascii ? GMIME_CONTENT_ENCODING_7BIT : GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);
  if (std::string_view(subtype) == "plain")
    g_mime_object_set_content_type_parameter(GMIME_OBJECT(part.get()), "charset", ascii ? "us-ascii" : "utf-8");
  return part;
}

GRef<GMimeMultipart> report(const OutboxRow& row, const NdrOrigin& origin) {
  auto multipart = adopt(g_mime_multipart_new_with_subtype("report"));
  auto* object = GMIME_OBJECT(multipart.get());
  g_mime_object_set_content_type_parameter(object, "report-type", "delivery-status");
  // The row's id is in no other line of the message that begins with "--".
  g_mime_multipart_set_boundary(multipart.get(), ("=_mapiguard-" + row.id).c_str());
  const GRef<GMimePart> parts[] = {text_part("text", "plain", ndr_text(row, origin)),
                                   text_part("message", "delivery-status", ndr_status(row, origin)),
                                   text_part("text", "rfc822-headers", ndr_headers(row))};
  for (const auto& part : parts) g_mime_multipart_add(multipart.get(), GMIME_OBJECT(part.get()));
  return multipart;
}

void set_date(GMimeMessage* message, std::int64_t unix_ns) {
  std::int64_t seconds = unix_ns / 1'000'000'000;
  GDateTime* date = g_date_time_new_from_unix_utc(seconds);
  g_mime_message_set_date(message, date);
  g_date_time_unref(date);
}

}  // namespace

NdrOrigin ndr_origin(const SettingValues& values) {
  NdrOrigin origin{values.text(setting::kReportingMta), values.text(setting::kNdrPostmaster)};
  if (origin.reporting_mta.empty()) origin.reporting_mta = host_name();
  if (origin.postmaster.empty()) origin.postmaster = "postmaster@" + origin.reporting_mta;
  return origin;
}

std::string compose_ndr(const OutboxRow& row, const NdrOrigin& origin, bool return_path) {
  prepare_gmime();
  const auto message = adopt(g_mime_message_new(FALSE));
  auto* object = GMIME_OBJECT(message.get());
  if (return_path) g_mime_object_append_header(object, "Return-Path", "<>", nullptr);
  set_date(message.get(), row.created);
  g_mime_message_add_mailbox(message.get(), GMIME_ADDRESS_TYPE_FROM, "Mail Delivery System", origin.postmaster.c_str());
  g_mime_message_add_mailbox(message.get(), GMIME_ADDRESS_TYPE_TO, nullptr, row.sender.c_str());
  g_mime_message_set_subject(message.get(), ndr_subject(row).c_str(), "utf-8");
  g_mime_message_set_message_id(message.get(), ("ndr." + row.id + "@" + origin.reporting_mta).c_str());
  if (const std::string id = header_message_id(row.message_id); !id.empty()) {
    g_mime_object_append_header(object, "In-Reply-To", id.c_str(), nullptr);
    g_mime_object_append_header(object, "References", id.c_str(), nullptr);
  }
  g_mime_object_append_header(object, "Auto-Submitted", "auto-replied", nullptr);
  const auto body = report(row, origin);
  g_mime_message_set_mime_part(message.get(), GMIME_OBJECT(body.get()));
  const GString8 text(g_mime_object_to_string(object, nullptr));
  return text.get();
}

}  // namespace mapiguard
