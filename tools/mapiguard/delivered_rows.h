// Rows of DeliveredTo as text and as JSON Lines, which travel with a mailbox that moves.
//
// Thread promise: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <mapiguard/result.h>
#include "persist/delivered_row.h"

namespace mapiguard {

std::string delivered_json(const DeliveredRow& row);
std::vector<std::string> delivered_cells(const DeliveredRow& row);
// One line of delivered_json(). Errors: not_a_message, with what is wrong.
Result<DeliveredRow> delivered_row_of(std::string_view json);

}  // namespace mapiguard
