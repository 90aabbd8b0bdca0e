#include "persist/schema.h"

#include <iterator>
#include <string>

#include "base/text.h"
#include "base/try.h"

namespace mapiguard {
namespace {

// kSteps[n] makes version n + 1 of version n. A step that has been released is never changed.
//
// suspects      one row a digest that has been in trouble. message_key is what the message is known by: the SHA-256
//               of its trusted ID, else its own digest; copies of one message share it. crash_order counts charges, so
//               that "newest crash" does not depend on a clock that was set back.
// quarantine    one row a blocked digest; `state` says whether its copy could be kept.
// outbox        NDRs, with all that is needed to write them again.
// counts        what would take long to count (measured: 1 ms for 100,000 suspects, at each death), kept by triggers.
// breaker       builds that kill their workers on messages known to be good: nothing is charged while the row stands.
// settled       names of the in-flight tables whose rows have become suspects.
constexpr const char* kSteps[] = {R"sql(
CREATE TABLE suspects (
  sha256 BLOB NOT NULL PRIMARY KEY, message_key BLOB NOT NULL, message_id TEXT NOT NULL,
  crashes INTEGER NOT NULL, uncharged_alone INTEGER NOT NULL, run_alone INTEGER NOT NULL,
  held INTEGER NOT NULL, blocked INTEGER NOT NULL,
  first_crash INTEGER NOT NULL, last_crash INTEGER NOT NULL, crash_order INTEGER NOT NULL, touched INTEGER NOT NULL,
  death_class TEXT NOT NULL, signal INTEGER, stack TEXT NOT NULL, build TEXT NOT NULL, detail TEXT NOT NULL,
  sender TEXT NOT NULL, recipients TEXT NOT NULL, size INTEGER NOT NULL);
CREATE INDEX suspects_by_key ON suspects (message_key);
CREATE INDEX suspects_by_id ON suspects (message_id) WHERE message_id <> '';
CREATE INDEX suspects_by_crash ON suspects (crash_order) WHERE crashes > 0;
CREATE INDEX suspects_by_age ON suspects (touched) WHERE blocked = 0;
CREATE INDEX suspects_held ON suspects (touched) WHERE held = 1;
CREATE INDEX suspects_charged ON suspects (message_key, blocked) WHERE crashes > 0;
CREATE INDEX suspects_blocked ON suspects (message_key, crash_order) WHERE blocked = 1;
CREATE TABLE counts (name TEXT NOT NULL PRIMARY KEY, value INTEGER NOT NULL);
INSERT INTO counts (name, value) VALUES ('unblocked suspects', 0);
CREATE TRIGGER suspect_added AFTER INSERT ON suspects WHEN NEW.blocked = 0
  BEGIN UPDATE counts SET value = value + 1 WHERE name = 'unblocked suspects'; END;
CREATE TRIGGER suspect_erased AFTER DELETE ON suspects WHEN OLD.blocked = 0
  BEGIN UPDATE counts SET value = value - 1 WHERE name = 'unblocked suspects'; END;
CREATE TRIGGER suspect_blocked AFTER UPDATE OF blocked ON suspects WHEN OLD.blocked <> NEW.blocked
  BEGIN UPDATE counts SET value = value + OLD.blocked - NEW.blocked WHERE name = 'unblocked suspects'; END;
CREATE TABLE quarantine (
  sha256 BLOB NOT NULL PRIMARY KEY, state TEXT NOT NULL, size INTEGER NOT NULL, stored INTEGER NOT NULL,
  crash_report TEXT NOT NULL);
CREATE TABLE outbox (
  id TEXT NOT NULL PRIMARY KEY, sha256 BLOB NOT NULL, message_id TEXT NOT NULL, sender TEXT NOT NULL,
  sender_key TEXT NOT NULL, recipients TEXT NOT NULL, status TEXT NOT NULL, death_class TEXT NOT NULL,
  crashes INTEGER NOT NULL, arrived INTEGER NOT NULL, created INTEGER NOT NULL, next_try INTEGER NOT NULL,
  tries INTEGER NOT NULL, state TEXT NOT NULL, last_error TEXT NOT NULL);
CREATE INDEX outbox_due ON outbox (next_try) WHERE state = 'queued';
CREATE INDEX outbox_by_sender ON outbox (sender_key, created);
CREATE TABLE events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL, event_id INTEGER NOT NULL, source TEXT NOT NULL,
  severity TEXT NOT NULL, category TEXT NOT NULL, params TEXT NOT NULL, text TEXT NOT NULL, ext TEXT NOT NULL);
CREATE INDEX events_by_id ON events (event_id, seq);
CREATE TABLE settings (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL, origin TEXT NOT NULL, changed INTEGER NOT NULL);
CREATE TABLE settled (name TEXT NOT NULL PRIMARY KEY, at INTEGER NOT NULL);
)sql",
                                  R"sql(
CREATE TABLE breaker (
  build TEXT NOT NULL PRIMARY KEY, since INTEGER NOT NULL, death_class TEXT NOT NULL, stack TEXT NOT NULL,
  canary TEXT NOT NULL);
)sql"};

constexpr std::int64_t kVersion = std::size(kSteps);

std::unexpected<Error> refusal(const std::string& path, const std::string& why, std::string hint) {
  return fail(ErrorCode::config, "the state database '" + displayable(path) + "' " + why, std::move(hint));
}

Result<std::int64_t> checked_version(SqliteConnection& connection, const std::string& path) {
  const auto application = connection.number("PRAGMA application_id");
  if (!application) return std::unexpected(application.error());
  const auto version = connection.number("PRAGMA user_version");
  if (!version) return std::unexpected(version.error());
  if (*version == 0 && *application == 0) {
    const auto tables = connection.number("SELECT COUNT(*) FROM sqlite_schema");
    if (!tables) return std::unexpected(tables.error());
    if (*tables == 0) return 0;
  }
  if (*application != kApplicationId)
    return refusal(path, "was made by some other program", "choose another state directory");
  if (*version > kVersion)
    return refusal(path,
                   "has schema " + std::to_string(*version) + ", made by a newer mapiguard; this one knows up to " +
                       std::to_string(kVersion),
                   "run the newer version");
  return *version;
}

}  // namespace

std::int64_t schema_version() { return kVersion; }

Result<void> bring_up_to_date(SqliteConnection& connection, const std::string& path) {
  const auto found = checked_version(connection, path);
  if (!found) return std::unexpected(found.error());
  if (*found == kVersion) return {};
  return connection.transact("BEGIN IMMEDIATE", [&](Session&) -> Result<void> {
    const auto version = checked_version(connection, path);  // another process may have been here first
    if (!version) return std::unexpected(version.error());
    for (std::int64_t step = *version; step < kVersion; ++step) MAPIGUARD_TRY(connection.run_script(kSteps[step]));
    const std::string mark = "PRAGMA application_id = " + std::to_string(kApplicationId) +
                             "; PRAGMA user_version = " + std::to_string(kVersion) + ";";
    return connection.run_script(mark.c_str());
  });
}

}  // namespace mapiguard
