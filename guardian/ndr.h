// NDR: the non-delivery report of one row of the outbox, as an Internet message. The same row gives the same bytes.
//
// Thread promise: any thread.
#pragma once

#include <string>

#include <mapiguard/result.h>
#include "guardian/ndr_templates.h"
#include "persist/outbox.h"
#include "persist/settings.h"

namespace mapiguard {

// Who speaks: from the settings, else this host's name and its postmaster.
NdrOrigin ndr_origin(const SettingValues& values);

// multipart/report with lines ending in LF (RFC 6522). `return_path`: with the line "Return-Path: <>" that a message
// has when it lies in a mailbox; a message that is handed on to a mail system must not have it (RFC 5321 section 4.4).
std::string compose_ndr(const OutboxRow& row, const NdrOrigin& origin, bool return_path);

}  // namespace mapiguard
