// Moments: the times that people type and the times that mail carries.
//
// Thread promise: pure, but for moment_of(), which may read the clock.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <mapiguard/result.h>

namespace mapiguard {

// What base/clock.h parses, or "30m", "12h", "7d" before now; as RFC 3339 in UTC. Errors: usage.
Result<std::string> moment_of(std::string_view typed);

// "Thu Jan  1 00:00:00 1970", UTC, as the From_ line of an mbox has it (RFC 4155, appendix A).
std::string mbox_date(std::int64_t unix_seconds);

// The Date of a message (RFC 5322 3.3) in seconds since 1970, from the text of its header; nullopt when there is none,
// it makes no sense, or its year is not one of 1900 ... 9999. Never reads further than the first empty line.
std::optional<std::int64_t> date_of_header(std::string_view message);

}  // namespace mapiguard
