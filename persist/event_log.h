// EventLog: the table of events, and its export to `state_dir`/events.jsonl.
//
// The table is the record; the file is a copy for tools that follow files. It resumes after the sequence number of its
// own last whole line, so it may be cut or removed at any time.
//
// Thread promise: functions; the export from any thread or process, one at a time by a lock.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/env.h"
#include "persist/state_store.h"

namespace mapiguard {

struct StoredEvent {
  std::uint64_t seq = 0;
  std::int64_t time = 0;  // ns
  unsigned event_id = 0;
  std::string source, severity, category;
  std::vector<std::string> params;
  std::string text;
  std::string ext;  // JSON object
};

// One line of events.jsonl without its end, which is also what `events --json` prints: the sequence number is ext.seq.
std::string event_line(const StoredEvent& event);

// Appends; the oldest rows go when the table has more than `most`. Returns the sequence number.
Result<std::uint64_t> append_event(Session& session, const StoredEvent& event, std::uint64_t most);

struct EventQuery {
  std::optional<unsigned> event_id;
  std::int64_t since = INT64_MIN;
  std::uint64_t after_seq = 0;
  std::uint64_t most = UINT64_MAX;
};
Result<std::vector<StoredEvent>> read_events(Session& session, const EventQuery& query);

struct EventExport {
  std::string state_dir;
  std::uint64_t rotate_bytes = 16ull << 20;  // events.jsonl is renamed to events.jsonl.1 then, that one to .2 …
  unsigned keep_files = 5;                   // rotated ones
};
// Writes every event that the file does not have yet.
Result<void> export_events(StateStore& store, Env& env, const EventExport& target);

}  // namespace mapiguard
