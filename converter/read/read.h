// The reading stage: bytes of a container → Document. One function a container; each survives any bytes.
//
// Errors: not_a_message, when nothing of a message could be found. Everything less is a Defect, and the rest is
// read. Each loop draws on the Budget. Blobs of the result point into `input`, which must outlive it.
// Thread promise: pure functions.
#pragma once

#include <mapiguard/options.h>
#include <mapiguard/result.h>
#include "base/budget.h"
#include "base/bytes.h"
#include "base/defects.h"
#include "converter/model/message.h"

namespace mapiguard {

// What the first bytes say the input is. mime: text that begins like a mail (header lines). unknown: none of these.
InputKind detect(Bytes input);

struct ReadContext {
  const Limits& limits;
  Budget& budget;
  DefectLog& defects;
};

Result<Document> read_msg(Bytes input, const ReadContext& context);   // MS-OXMSG over MS-CFB
Result<Document> read_tnef(Bytes input, const ReadContext& context);  // MS-OXTNEF

}  // namespace mapiguard
