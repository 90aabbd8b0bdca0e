// A mail that carries winmail.dat: parsed with GMime, each TNEF part replaced by what it holds.
//
// Thread promise: pure functions.
#pragma once

#include <mapiguard/result.h>
#include "base/bytes.h"
#include "converter/mime/build.h"

namespace mapiguard {

// Each application/ms-tnef part, and each part named winmail.dat with a TNEF signature, is replaced, in nested
// messages too; what is signed is left alone. A mail without one is copied unchanged. Errors: not_a_message (no header
// lines), io.
Result<void> convert_mime_carrier(Bytes input, const BuildContext& context, Report& report, OutputSink& out);

}  // namespace mapiguard
