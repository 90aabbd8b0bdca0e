// The reading of a .reg file as an errand of a worker: file in, registry_wire out, with the keys of information stores
// alone.
//
// Thread promise: pure but for `out`.
#pragma once

#include <string_view>

#include <mapiguard/convert.h>
#include <mapiguard/result.h>
#include "base/bytes.h"

namespace mapiguard {

inline constexpr std::string_view kReadRegErrand = "read_reg";

// Errors: not_a_message ("line 12: …"), io.
Result<void> read_reg_errand(Bytes file, std::string_view argument, OutputSink& out);

}  // namespace mapiguard
