// Clock: where the time of a record comes from, so that tests can say what time it is; and times as text.
//
// Thread promise: any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mapiguard {

inline constexpr std::int64_t kNsPerSecond = 1'000'000'000;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual std::int64_t now_ns() const = 0;  // since 1970-01-01T00:00:00Z, by the wall clock
};

const Clock& system_clock();

// RFC 3339 in UTC with milliseconds: "2025-11-22T01:33:04.120Z". Rounded down, so that a filter for times at or after
// one that was shown finds what was shown. Years outside 0000 … 9999 are shown as the nearest of these.
std::string rfc3339(std::int64_t unix_ns);
// Any RFC 3339 time with any offset, and, as people type them, a date alone or one without seconds. nullopt otherwise.
std::optional<std::int64_t> parse_rfc3339(std::string_view text);

}  // namespace mapiguard
