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

// Adds PidTagSubject, PidTagBody, PidTagHtml, PidTagRtfCompressed, PidTagTransportMessageHeaders and
// PidTagMessageClass as far as they are found and `message` lacks them, with a Defect. False when nothing was found
// that tells a message from another kind of document.
bool carve_texts(Bytes input, const ReadContext& context, Document& document, Message& message);

}  // namespace mapiguard
