// Report: what the conversion of one message met on its way. A Defect is an irregularity of the
// message that did not stop us; each names where it is and what was done about it.
//
// Thread promise: plain values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mapiguard {

enum class Severity : std::uint8_t {
  info,      // unusual, nothing lost and nothing changed
  repaired,  // irregular, and read as its writer most likely meant it
  loss,      // something of the message is not in the output
};

constexpr const char* name_of(Severity severity) {
  constexpr const char* kNames[] = {"info", "repaired", "loss"};
  return kNames[static_cast<std::size_t>(severity)];
}

struct Defect {
  Severity severity = Severity::info;
  std::string where;  // a path into the message: "attachment[2]/0x37010102", "recipient[7]", "" = the whole
  std::string what;   // one sentence; may quote bytes of the message, so escape it before showing it
  friend bool operator==(const Defect&, const Defect&) = default;
};

enum class InputKind : std::uint8_t { unknown, msg, tnef, mime };

constexpr const char* name_of(InputKind kind) {
  constexpr const char* kNames[] = {"unknown", "msg", "tnef", "mime"};
  return kNames[static_cast<std::size_t>(kind)];
}

struct Report {
  InputKind kind = InputKind::unknown;
  std::string message_id;  // Internet Message-ID found inside the message, "" = none; never trusted
  std::vector<Defect> defects;
  std::uint64_t defects_dropped = 0;  // beyond Limits::max_defects only a count is kept
};

}  // namespace mapiguard
