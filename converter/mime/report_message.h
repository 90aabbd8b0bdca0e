// Delivery and read reports (MS-OXOMSG 2.2.3, MS-OXCMAIL 2.1.3.5) as multipart/report (RFC 6522): delivery status (RFC
// 3464) or disposition notification (RFC 8098).
//
// Thread promise: pure functions.
#pragma once

#include <optional>

#include "converter/mime/content.h"

namespace mapiguard {

// nullopt: the class names none of the four kinds of report.
std::optional<Part> build_report(const ItemSource& item);

}  // namespace mapiguard
