// Poison records as text and as the JSON of the contract; verdicts too.
//
// Thread promise: pure.
#pragma once

#include <optional>
#include <string>

#include "base/json_text.h"
#include "guardian/ledger.h"

namespace mapiguard {

std::string verdict_json(const std::optional<Verdict>& verdict);  // "null" without one
// `whole`: with what only `poison show` tells: envelope, size, crash report.
std::string poison_row_json(const PoisonRow& row, bool whole);
std::string poison_row_text(const PoisonRow& row);
std::string poison_view_json(const PoisonView& view);
std::string poison_view_text(const PoisonView& view);

}  // namespace mapiguard
