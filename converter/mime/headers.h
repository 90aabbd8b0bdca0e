// The header of a mail: what came over the wire where the message still has it, the rest made from properties.
//
// Thread promise: pure functions.
#pragma once

#include <string>
#include <vector>

#include "base/budget.h"
#include "base/defects.h"
#include "converter/body/charset.h"
#include "converter/mime/addresses.h"
#include "converter/mime/build.h"
#include "converter/mime/parts.h"
#include "converter/model/message.h"

namespace mapiguard {

// What the rows of header_table.h draw on; made once a message.
struct HeaderSource {
  const Message& message;
  const Texts& texts;
  const BuildContext& context;
  std::string message_class;           // as it is, without trailing NULs
  std::vector<HeaderField> transport;  // PidTagTransportMessageHeaders, [] when absent or another message's
  KnownAddresses known;                // of the transport headers, by name
  Mailbox from;                        // never empty
  Mailbox sender;                      // address empty when it is the same as from
};

HeaderSource make_header_source(const Message& message, const Texts& texts, const BuildContext& context);

// All fields but those of the MIME structure, in order.
std::vector<HeaderField> message_headers(const HeaderSource& source);

std::string message_class_of(const PropertyBag& properties, const Texts& texts);
std::string subject_of(const PropertyBag& properties, const Texts& texts);  // UTF-8, "" when there is none

// MS-OXOMSG 2.2.3.1 / MS-OXCMSG 2.2.1.40: rows whose PidTagRecipientType is the wanted one.
enum class RecipientKind : std::uint8_t { to = 1, cc = 2, bcc = 3 };
std::vector<Mailbox> recipients_of(const HeaderSource& source, RecipientKind kind);

}  // namespace mapiguard
