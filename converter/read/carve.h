// Texts from a compound file whose directory is lost, or whose streams are: the last resort before giving a message
// up. Streams begin at multiples of 64 bytes, so text that begins there is a stream's; what a text is for is told by
// what it looks like. Nothing else of the message is read this way.
//
// Thread promise: pure function.
#pragma once

#include "base/bytes.h"
#include "converter/model/message.h"
#include "converter/read/read.h"

namespace mapiguard {

// What to look for.
struct Wanted {
  bool subject = true, body = true;
  bool others = true;       // class and transport headers
  bool only_prose = false;  // no body put together from single lines
};

// Adds PidTagSubject, PidTagBody, PidTagHtml, PidTagRtfCompressed, PidTagTransportMessageHeaders and
// PidTagMessageClass as far as they are found and `message` lacks them, with a Defect. False when nothing was found
// that tells a message from another kind of document.
bool carve_texts(Bytes input, const ReadContext& context, const Wanted& wanted, Document& document, Message& message);

}  // namespace mapiguard
