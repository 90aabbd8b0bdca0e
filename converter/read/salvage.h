// What a damaged compound file has of a message beyond what its directory leads to.
//
// Thread promise: pure function.
#pragma once

#include "base/bytes.h"
#include "converter/model/message.h"
#include "converter/read/read.h"

namespace mapiguard {

// What the directory led to.
struct Remains {
  bool is_message = false;
  bool is_incomplete = false;  // properties may be missing of which nothing tells
};

// Leaves out texts that are none, and looks for the subject and the body, where they were lost, in what else there is.
// Each a Defect. False when there was no message and none was found.
bool salvage_texts(Bytes input, const ReadContext& context, Remains remains, Document& document);

}  // namespace mapiguard
