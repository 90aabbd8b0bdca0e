// The words of an NDR for people, and the fields for programs. No byte of the message is in them: only the envelope,
// times, and how the converter ended.
//
// Thread promise: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "persist/outbox.h"

namespace mapiguard {

struct NdrOrigin {
  std::string reporting_mta;  // host name
  std::string postmaster;     // address
};

std::string ndr_subject(const OutboxRow& row);
std::string ndr_text(const OutboxRow& row, const NdrOrigin& origin);
// message/delivery-status, RFC 3464 section 2: one group for the message, one for each recipient.
std::string ndr_status(const OutboxRow& row, const NdrOrigin& origin);
// text/rfc822-headers, of the envelope alone.
std::string ndr_headers(const OutboxRow& row);

// "<left@right>" when the text is a message ID that may stand in a header, with or without its brackets; else "".
std::string header_message_id(std::string_view text);
// An address for Final-Recipient with its type: "rfc822; a@b", or for what is not ASCII "utf-8; \x{FC}@b" (RFC 6533
// section 3).
std::string typed_address(std::string_view address);
// RFC 5322 date in UTC.
std::string header_date(std::int64_t unix_ns);

}  // namespace mapiguard
