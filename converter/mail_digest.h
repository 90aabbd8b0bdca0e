// The identity of a mail. Copies of one mail that came on different ways have the same one: what a mail system adds
// (Received, List-*, DKIM, ARC, Delivered-To, Return-Path, X-) is not looked at, nor how the bodies are encoded for
// transfer. A list that changes the subject or adds a footer makes another mail of it.
//
// Thread promise: pure functions.
#pragma once

#include <string_view>

#include <mapiguard/convert.h>
#include <mapiguard/result.h>
#include "base/bytes.h"
#include "base/mail_identity.h"

namespace mapiguard {

// Errors: not_a_message (no header lines, or parts too deep or too many to tell it from others).
Result<MailIdentity> mail_digest(Bytes mail);

// The same as an errand of a worker: to_text() of it into `out`.
Result<void> run_mail_digest(Bytes mail, std::string_view argument, OutputSink& out);

}  // namespace mapiguard
