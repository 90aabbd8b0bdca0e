// Quarantine: copies of blocked messages, `state_dir`/quarantine/<sha256>.bin, and the table that names them.
//
// A copy is written whole and made durable before the transaction that names it. A copy that no row names is the
// leaving of a crash in between; sweep_quarantine() removes it.
//
// Thread promise: functions; any thread or process.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/env.h"
#include "persist/state_store.h"

namespace mapiguard {

struct QuarantineLimits {
  std::uint64_t max_bytes = 0;       // of all copies together
  std::uint64_t min_free_bytes = 0;  // that must be left on the file system
};

// `state`: "stored", or why there is no copy.
inline constexpr char kCopyStored[] = "stored";
struct QuarantineRow {
  std::string state;
  std::uint64_t size = 0;
  std::int64_t stored = 0;
  std::string crash_report;
  bool has_copy() const { return state == kCopyStored; }
};

std::string quarantine_path(const std::string& state_dir, const Digest& sha256);

// Writes the bytes that `source` gives, which must have that digest, and says how many they were. `used`: bytes of the
// copies there are. Error: io, with the reason to note (full, no room, …).
using CopySource = std::function<Result<void>(const ByteSink& write)>;
Result<std::uint64_t> store_copy(Env& env, const std::string& state_dir, const Digest& sha256, std::uint64_t used,
                                 const QuarantineLimits& limits, const CopySource& source);
// Hands a copy's bytes to `write`; Error io when they no longer have their digest (told after the last byte).
Result<void> read_copy(Env& env, const std::string& state_dir, const Digest& sha256, const ByteSink& write);

Result<void> put_quarantine(Session& session, const Digest& sha256, const QuarantineRow& row);
Result<std::optional<QuarantineRow>> quarantine_of(Session& session, const Digest& sha256);
Result<void> erase_quarantine(Session& session, const Digest& sha256);
Result<std::uint64_t> count_quarantined(Session& session);
Result<std::uint64_t> quarantine_bytes(Session& session);

// Removes temporary files of killed writers, and copies older than `before_ns` that no row names. At most once a day,
// told by the time of quarantine/.swept: it looks at every copy.
Result<void> sweep_quarantine(StateStore& store, Env& env, const std::string& state_dir, std::int64_t before_ns);

}  // namespace mapiguard
