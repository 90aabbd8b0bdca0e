// Compares with an earlier report (`analyze --json`).
//
// Thread promise: pure.
#pragma once

#include <string_view>

#include <mapiguard/result.h>
#include "tools/analyzer/finding.h"

namespace mapiguard {

// Marks what is new and what has changed, and adds what is gone. Errors: not_a_message (the text is no report).
Result<void> compare_with(Analysis& analysis, std::string_view earlier_report);

}  // namespace mapiguard
