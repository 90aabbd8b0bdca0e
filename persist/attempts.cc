#include "persist/attempts.h"

#include <algorithm>
#include <cstring>

#include "base/text.h"
#include "base/try.h"
#include "persist/text_list.h"

namespace mapiguard {
namespace {

#define SUSPECT_COLUMNS                                                                                \
  "sha256, message_key, message_id, crashes, uncharged_alone, run_alone, held, blocked, first_crash, " \
  "last_crash, crash_order, touched, death_class, signal, stack, build, detail, sender, recipients, size "

constexpr char kTally[] =
    "SELECT COUNT(*), SUM(crashes), MAX(uncharged_alone), MAX(run_alone), MAX(held), MAX(blocked), MAX(crash_order) "
    "FROM suspects WHERE sha256 = $1 OR message_key = $2";
constexpr char kByDigest[] = "SELECT " SUSPECT_COLUMNS "FROM suspects WHERE sha256 = $1";
constexpr char kCopies[] =
    "SELECT " SUSPECT_COLUMNS
    "FROM suspects WHERE sha256 = $1 OR message_key = $2 ORDER BY crash_order DESC, touched DESC";
constexpr char kPut[] =
    "INSERT INTO suspects (" SUSPECT_COLUMNS
    ") "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20) "
    "ON CONFLICT (sha256) DO UPDATE SET message_key = excluded.message_key, message_id = excluded.message_id, "
    "crashes = excluded.crashes, uncharged_alone = excluded.uncharged_alone, run_alone = excluded.run_alone, "
    "held = excluded.held, blocked = excluded.blocked, first_crash = excluded.first_crash, last_crash = "
    "excluded.last_crash, "
    "crash_order = excluded.crash_order, touched = excluded.touched, death_class = excluded.death_class, "
    "signal = excluded.signal, stack = excluded.stack, build = excluded.build, detail = excluded.detail, "
    "sender = excluded.sender, recipients = excluded.recipients, size = excluded.size";
constexpr char kErase[] = "DELETE FROM suspects WHERE sha256 = $1";
constexpr char kNewestOrder[] = "SELECT MAX(crash_order) FROM suspects WHERE crashes > 0";
constexpr char kByCrash[] = "SELECT message_key, crash_order FROM suspects WHERE crashes > 0 ORDER BY crash_order DESC";
constexpr char kHeld[] = "SELECT " SUSPECT_COLUMNS "FROM suspects WHERE held = 1 ORDER BY touched DESC";
constexpr char kBlocked[] =
    "SELECT message_key FROM suspects WHERE blocked = 1 GROUP BY message_key ORDER BY MAX(crash_order) DESC";
constexpr char kCountSuspects[] =
    "SELECT COUNT(*) FROM (SELECT message_key FROM suspects WHERE crashes > 0 GROUP BY message_key HAVING MAX(blocked) "
    "= 0) AS unblocked";
constexpr char kCountUnblocked[] = "SELECT value FROM counts WHERE name = 'unblocked suspects'";
constexpr char kOldestPlain[] =
    "SELECT " SUSPECT_COLUMNS
    "FROM suspects WHERE blocked = 0 AND held = 0 "
    "AND NOT EXISTS (SELECT 1 FROM quarantine WHERE quarantine.sha256 = suspects.sha256) ORDER BY touched LIMIT $1";
constexpr char kOldest[] = "SELECT " SUSPECT_COLUMNS "FROM suspects WHERE blocked = 0 ORDER BY held, touched LIMIT $1";
constexpr char kByPrefix[] =
    "SELECT " SUSPECT_COLUMNS "FROM suspects WHERE sha256 >= $1 AND sha256 <= $2 ORDER BY sha256 LIMIT 2";
constexpr char kById[] =
    "SELECT " SUSPECT_COLUMNS
    "FROM suspects WHERE message_key = $1 OR message_id = $2 ORDER BY crash_order DESC, touched DESC";
constexpr char kAlike[] =
    "SELECT * FROM (SELECT " SUSPECT_COLUMNS
    "FROM suspects WHERE crashes > 0 ORDER BY crash_order DESC LIMIT 64) AS newest "
    "WHERE build = $1 AND death_class = $2 AND ($3 = '' OR stack = $3) AND last_crash >= $4";
constexpr char kByOtherBuilds[] =
    "SELECT " SUSPECT_COLUMNS
    "FROM suspects WHERE blocked = 1 AND build <> $1 AND build NOT LIKE 'external:%' ORDER BY crash_order LIMIT $2";
constexpr std::uint64_t kMostEvicted = 100;

Suspect suspect_in(const SqlRow& row) {
  Suspect suspect;
  suspect.sha256 = row.digest(0);
  suspect.message_key = row.digest(1);
  suspect.message_id = row.text(2);
  suspect.crashes = static_cast<unsigned>(row.integer(3));
  suspect.uncharged_alone = static_cast<unsigned>(row.integer(4));
  suspect.run_alone = row.integer(5) != 0;
  suspect.held = row.integer(6) != 0;
  suspect.blocked = row.integer(7) != 0;
  suspect.first_crash = row.integer(8);
  suspect.last_crash = row.integer(9);
  suspect.crash_order = row.integer(10);
  suspect.touched = row.integer(11);
  suspect.death_class = row.text(12);
  if (!row.is_null(13)) suspect.signal = static_cast<int>(row.integer(13));
  suspect.stack = row.text(14);
  suspect.build = row.text(15);
  suspect.detail = row.text(16);
  suspect.sender = row.text(17);
  suspect.recipients = split_lines(row.text(18));
  suspect.size = static_cast<std::uint64_t>(row.integer(19));
  return suspect;
}

Result<std::vector<Suspect>> collect(Session& session, const char* sql, std::initializer_list<SqlValue> values) {
  std::vector<Suspect> found;
  MAPIGUARD_TRY(session.run(sql, values, [&](const SqlRow& row) {
    found.push_back(suspect_in(row));
    return true;
  }));
  return found;
}

template <class Run>
Result<Tally> tally_by(Run run, const Digest& sha256, const Digest& message_key) {
  Tally tally;
  MAPIGUARD_TRY(run(kTally, {bytes_of(sha256), bytes_of(message_key)}, [&](const SqlRow& row) {
    tally.copies = static_cast<std::uint64_t>(row.integer(0));
    tally.crashes = static_cast<unsigned>(row.integer(1));
    tally.uncharged_alone = static_cast<unsigned>(row.integer(2));
    tally.run_alone = row.integer(3) != 0;
    tally.held = row.integer(4) != 0;
    tally.blocked = row.integer(5) != 0;
    tally.newest_crash = row.integer(6);
    return false;
  }));
  return tally;
}

Result<std::uint64_t> count(Session& session, const char* sql) {
  std::uint64_t rows = 0;
  MAPIGUARD_TRY(session.run(sql, {}, [&](const SqlRow& row) {
    rows = static_cast<std::uint64_t>(row.integer(0));
    return false;
  }));
  return rows;
}

// The charged messages by their newest crash; `reader` gets each message's key once, with its place.
Result<void> walk_charged(Session& session,
                          const std::function<bool(std::uint64_t place, const Digest&, std::int64_t order)>& reader) {
  std::vector<Digest> seen;
  return session.run(kByCrash, {}, [&](const SqlRow& row) {
    const Digest key = row.digest(0);
    if (std::find(seen.begin(), seen.end(), key) != seen.end()) return true;
    seen.push_back(key);
    return reader(seen.size() - 1, key, row.integer(1));
  });
}

// The digests that begin with these digits lie between them followed by zeros and by ones.
Digest bound(std::string_view hex_prefix, char fill) {
  std::string digits(hex_prefix);
  digits.resize(2 * Digest().size(), fill);
  return digest_from_hex(digits).value_or(Digest{});
}

}  // namespace

Digest message_key_of(const Digest& sha256, std::string_view trusted_id) {
  return trusted_id.empty() ? sha256 : mapiguard::sha256(as_bytes(trusted_id));
}

Result<Tally> tally_of(StateStore& store, const Digest& sha256, const Digest& message_key) {
  return tally_by([&](const char* sql, std::initializer_list<SqlValue> values,
                      const RowReader& reader) { return store.query(sql, values, reader); },
                  sha256, message_key);
}

Result<Tally> tally_of(Session& session, const Digest& sha256, const Digest& message_key) {
  return tally_by([&](const char* sql, std::initializer_list<SqlValue> values,
                      const RowReader& reader) { return session.run(sql, values, reader); },
                  sha256, message_key);
}

Result<std::optional<Suspect>> suspect_of(Session& session, const Digest& sha256) {
  auto found = collect(session, kByDigest, {bytes_of(sha256)});
  if (!found) return std::unexpected(std::move(found.error()));
  if (found->empty()) return std::optional<Suspect>();
  return std::optional<Suspect>(std::move(found->front()));
}

Result<std::vector<Suspect>> copies_of(Session& session, const Digest& sha256, const Digest& message_key) {
  return collect(session, kCopies, {bytes_of(sha256), bytes_of(message_key)});
}

Result<void> put_suspect(Session& session, const Suspect& s) {
  const auto number = [](auto value) { return SqlValue(static_cast<std::int64_t>(value)); };
  const auto text = [](const std::string& value) { return SqlValue(std::string_view(value)); };
  const std::string recipients = join_lines(s.recipients);
  return session.run(kPut, {bytes_of(s.sha256),
                            bytes_of(s.message_key),
                            text(s.message_id),
                            number(s.crashes),
                            number(s.uncharged_alone),
                            number(s.run_alone),
                            number(s.held),
                            number(s.blocked),
                            number(s.first_crash),
                            number(s.last_crash),
                            number(s.crash_order),
                            number(s.touched),
                            text(s.death_class),
                            s.signal ? number(*s.signal) : SqlValue(),
                            text(s.stack),
                            text(s.build),
                            text(s.detail),
                            text(s.sender),
                            text(recipients),
                            number(s.size)});
}

Result<void> erase_suspect(Session& session, const Digest& sha256) { return session.run(kErase, {bytes_of(sha256)}); }

Result<std::int64_t> next_crash_order(Session& session) {
  const auto newest = count(session, kNewestOrder);
  if (!newest) return std::unexpected(newest.error());
  return static_cast<std::int64_t>(*newest + 1);
}

Result<std::uint64_t> charged_messages_after(Session& session, std::int64_t crash_order, std::uint64_t most) {
  std::uint64_t newer = 0;
  MAPIGUARD_TRY(walk_charged(session, [&](std::uint64_t, const Digest&, std::int64_t order) {
    if (order <= crash_order) return false;
    return ++newer < most;
  }));
  return newer;
}

Result<std::vector<Digest>> charged_keys(Session& session, std::uint64_t from, std::uint64_t most) {
  std::vector<Digest> keys;
  MAPIGUARD_TRY(walk_charged(session, [&](std::uint64_t place, const Digest& key, std::int64_t) {
    if (place >= from) keys.push_back(key);
    return keys.size() < most;
  }));
  return keys;
}

Result<std::vector<Suspect>> held_suspects(Session& session) { return collect(session, kHeld, {}); }
Result<std::vector<Digest>> blocked_keys(Session& session) {
  std::vector<Digest> keys;
  MAPIGUARD_TRY(session.run(kBlocked, {}, [&](const SqlRow& row) {
    keys.push_back(row.digest(0));
    return true;
  }));
  return keys;
}
Result<std::uint64_t> count_suspects(Session& session) { return count(session, kCountSuspects); }

Result<std::vector<Suspect>> suspects_beyond(Session& session, std::uint64_t most) {
  const auto unblocked = count(session, kCountUnblocked);
  if (!unblocked) return std::unexpected(unblocked.error());
  if (*unblocked <= most) return std::vector<Suspect>();
  const auto excess = static_cast<std::int64_t>(std::min(*unblocked - most, kMostEvicted));
  auto found = collect(session, kOldestPlain, {excess});
  if (!found || !found->empty()) return found;
  return collect(session, kOldest, {excess});
}

Result<std::vector<Suspect>> suspects_by_prefix(Session& session, std::string_view hex_prefix) {
  const Digest low = bound(hex_prefix, '0'), high = bound(hex_prefix, 'f');
  return collect(session, kByPrefix, {bytes_of(low), bytes_of(high)});
}

Result<std::vector<Suspect>> suspects_by_id(Session& session, std::string_view id) {
  const Digest key = message_key_of({}, id);
  return collect(session, kById, {bytes_of(key), id});
}

Result<std::vector<Suspect>> charged_alike(Session& session, const DeathKind& kind, std::int64_t since) {
  return collect(session, kAlike, {kind.build, kind.death_class, kind.stack, since});
}

Result<std::vector<Suspect>> blocked_by_other_builds(Session& session, std::string_view build, std::uint64_t most) {
  return collect(session, kByOtherBuilds, {build, static_cast<std::int64_t>(most)});
}

}  // namespace mapiguard
