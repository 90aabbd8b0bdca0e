// What the Analyzer reads of a state directory and its host, beside the settings.
//
// Thread promise: functions of one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <mapiguard/guard.h>
#include "guardian/ledger.h"

namespace mapiguard {

struct FileSystemFacts {
  std::string type;      // "tmpfs", "overlay", as /proc/self/mountinfo names it; "" = not known
  std::string mount;     // where it is mounted
  std::string weakness;  // why what is written there may be gone after a loss of power; "" = it is kept
  std::string fsync_error;
};

struct StateFacts {
  std::string dir;
  std::string build;  // of this program
  std::uint64_t quarantine_bytes = 0, quarantine_most = 0;
  std::uint64_t free_bytes = 0, free_least = 0;
  std::uint64_t reports_stuck = 0, reports_given_up = 0;
  std::string report_error;  // of the newest that is stuck or given up
  bool breaker_is_open = false;
  std::uint64_t waiting_for_this_build = 0;
  std::vector<std::string> held;  // message IDs
  std::vector<SandboxLayer> sandbox;
  FileSystemFacts file_system;
  std::optional<std::string> damage;  // of the database
  struct Deliveries {                 // what DeliveredTo remembers
    std::uint64_t rows = 0, damaged_files = 0;
    std::int64_t oldest_ms = 0;  // its age
    std::int64_t window_ms = 0, cleanup_ms = 0;
  } deliveries;
};

Result<StateFacts> state_facts(Ledger& ledger, const std::string& dir, std::vector<SandboxLayer> sandbox);

// `mountinfo`: the text of /proc/self/mountinfo; the longest mount point that holds `dir` counts.
FileSystemFacts file_system_of(const std::string& dir, std::string_view mountinfo);

}  // namespace mapiguard
