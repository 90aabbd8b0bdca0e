#include "persist/outbox.h"

#include "base/text.h"
#include "base/try.h"
#include "persist/text_list.h"

namespace mapiguard {
namespace {

#define OUTBOX_COLUMNS                                                                                            \
  "id, sha256, message_id, sender, recipients, status, death_class, crashes, arrived, created, next_try, tries, " \
  "state, last_error"

constexpr char kPut[] =
    "INSERT INTO outbox (" OUTBOX_COLUMNS
    ", sender_key) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) "
    "ON CONFLICT (id) DO UPDATE SET next_try = excluded.next_try, tries = excluded.tries, state = excluded.state, "
    "last_error = excluded.last_error";
constexpr char kOne[] = "SELECT " OUTBOX_COLUMNS " FROM outbox WHERE id = $1";
constexpr char kAll[] = "SELECT " OUTBOX_COLUMNS " FROM outbox ORDER BY created, id";
constexpr char kDue[] =
    "SELECT " OUTBOX_COLUMNS " FROM outbox WHERE state = 'queued' AND next_try <= $1 ORDER BY next_try, id LIMIT $2";
constexpr char kNext[] = "SELECT next_try FROM outbox WHERE state = 'queued' ORDER BY next_try LIMIT 1";
constexpr char kOfSender[] = "SELECT COUNT(*) FROM outbox WHERE sender_key = $1 AND created >= $2";
constexpr char kClaim[] = "UPDATE outbox SET next_try = $1 WHERE id = $2 AND state = 'queued' AND next_try <= $3";
constexpr char kDrop[] = "UPDATE outbox SET state = 'dropped' WHERE sha256 = $1 AND state = 'queued'";
constexpr char kPrune[] = "DELETE FROM outbox WHERE state <> 'queued' AND created < $1";

OutboxRow row_in(const SqlRow& row) {
  OutboxRow ndr;
  ndr.id = row.text(0);
  ndr.sha256 = row.digest(1);
  ndr.message_id = row.text(2);
  ndr.sender = row.text(3);
  ndr.recipients = split_lines(row.text(4));
  ndr.status = row.text(5);
  ndr.death_class = row.text(6);
  ndr.crashes = static_cast<unsigned>(row.integer(7));
  ndr.arrived = row.integer(8);
  ndr.created = row.integer(9);
  ndr.next_try = row.integer(10);
  ndr.tries = static_cast<unsigned>(row.integer(11));
  ndr.state = row.text(12);
  ndr.last_error = row.text(13);
  return ndr;
}

Result<std::vector<OutboxRow>> collect(Session& session, const char* sql, std::initializer_list<SqlValue> values) {
  std::vector<OutboxRow> rows;
  MAPIGUARD_TRY(session.run(sql, values, [&](const SqlRow& row) {
    rows.push_back(row_in(row));
    return true;
  }));
  return rows;
}

}  // namespace

Result<void> put_outbox(Session& session, const OutboxRow& row) {
  const auto text = [](const std::string& value) { return SqlValue(std::string_view(value)); };
  const std::string recipients = join_lines(row.recipients), key = ascii_lower(row.sender);
  return session.run(
      kPut, {text(row.id), bytes_of(row.sha256), text(row.message_id), text(row.sender), text(recipients),
             text(row.status), text(row.death_class), std::int64_t{row.crashes}, row.arrived, row.created, row.next_try,
             std::int64_t{row.tries}, text(row.state), text(row.last_error), text(key)});
}

Result<std::optional<OutboxRow>> outbox_row(Session& session, std::string_view id) {
  auto rows = collect(session, kOne, {id});
  if (!rows) return std::unexpected(std::move(rows.error()));
  if (rows->empty()) return std::optional<OutboxRow>();
  return std::optional<OutboxRow>(std::move(rows->front()));
}

Result<std::vector<OutboxRow>> outbox_rows(Session& session) { return collect(session, kAll, {}); }

Result<std::vector<OutboxRow>> outbox_due(Session& session, std::int64_t now, unsigned most) {
  return collect(session, kDue, {now, std::int64_t{most}});
}

Result<std::optional<std::int64_t>> outbox_next(Session& session) {
  std::optional<std::int64_t> next;
  MAPIGUARD_TRY(session.run(kNext, {}, [&](const SqlRow& row) {
    next = row.integer(0);
    return false;
  }));
  return next;
}

Result<std::uint64_t> outbox_count(Session& session, std::string_view sender, std::int64_t since) {
  const std::string key = ascii_lower(sender);
  std::uint64_t count = 0;
  MAPIGUARD_TRY(session.run(kOfSender, {std::string_view(key), since}, [&](const SqlRow& row) {
    count = static_cast<std::uint64_t>(row.integer(0));
    return false;
  }));
  return count;
}

Result<bool> claim_outbox(Session& session, std::string_view id, std::int64_t now, std::int64_t until) {
  MAPIGUARD_TRY(session.run(kClaim, {until, id, now}));
  return session.rows_changed() == 1;
}

Result<void> prune_outbox(Session& session, std::int64_t before) { return session.run(kPrune, {before}); }

Result<void> drop_queued_ndrs(Session& session, const Digest& sha256) { return session.run(kDrop, {bytes_of(sha256)}); }

}  // namespace mapiguard
