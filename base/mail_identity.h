// Identity of a mail: what tells it from others when it comes again. Read from its bytes by a worker
// (converter/mail_digest.h), handed over as text, which is as hostile as the mail.
//
// Thread promise: plain values, pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/sha256.h"

namespace mapiguard {

inline constexpr std::size_t kMailIdMost = 998;  // bytes of a message ID; one that is longer counts as none

struct MailIdentity {
  std::string message_id;                   // as it stands in the header, without blanks; "" = none
  std::optional<std::int64_t> submit_time;  // its Date, in seconds since 1970
  Digest sha256{};                          // of From, Date, Message-ID, Subject and the decoded bodies alone
};

std::string to_text(const MailIdentity& identity);
// nullopt: not what to_text() writes.
std::optional<MailIdentity> mail_identity_of(std::string_view text);

}  // namespace mapiguard
