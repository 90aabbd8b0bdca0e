// What an administrator asks of the ledger about messages and events.
#include <algorithm>

#include "base/json_text.h"
#include "base/text.h"
#include "base/try.h"
#include "guardian/ledger_impl.h"
#include "persist/sqlite_connection.h"

namespace mapiguard {
namespace {

constexpr std::string_view kDigestPrefix = "sha256:";

std::string time_or_nothing(std::int64_t ns) { return ns ? rfc3339(ns) : std::string(); }

PoisonRow row_of(const Suspect& suspect) {
  PoisonRow row;
  row.message_id = shown_name(suspect.sha256, suspect.message_id);
  row.sha256 = suspect.sha256;
  row.crashes = suspect.crashes;
  row.blocked = suspect.blocked;
  row.held = suspect.held;
  row.first_crash = time_or_nothing(suspect.first_crash);
  row.last_crash = time_or_nothing(suspect.last_crash);
  row.death_class = suspect.death_class;
  row.signal = suspect.signal;
  row.stack = suspect.stack;
  row.build = suspect.build;
  row.detail = suspect.detail;
  row.sender = suspect.sender;
  row.recipients = suspect.recipients;
  row.size = suspect.size;
  return row;
}

// The copies of a message that an index has named. Only a damaged database has none.
Result<std::vector<Suspect>> named_copies(Session& session, const Digest& sha256, const Digest& message_key) {
  auto copies = copies_of(session, sha256, message_key);
  if (copies && copies->empty())
    return fail(ErrorCode::config,
                "the state database (state.db) is damaged: an index names message " + hex(sha256) +
                    ", which its table does not have",
                kDamagedHint);
  return copies;
}

// One row for all copies of a message; the one that crashed last speaks for them, unless another has the kept bytes.
Result<PoisonRow> joined(Session& session, const std::vector<Suspect>& copies) {
  PoisonRow row = row_of(copies.front());
  std::int64_t first = copies.front().first_crash;
  row.crashes = 0;
  for (const Suspect& copy : copies) {
    row.crashes += copy.crashes;
    row.blocked |= copy.blocked;
    row.held |= copy.held;
    if (copy.first_crash && (first == 0 || copy.first_crash < first)) first = copy.first_crash;
    const auto kept = quarantine_of(session, copy.sha256);
    if (!kept) return std::unexpected(kept.error());
    if (!*kept || row.has_copy) continue;
    row.has_copy = (*kept)->has_copy();
    row.crash_report = (*kept)->crash_report;
    if (row.has_copy) row.sha256 = copy.sha256;
  }
  row.first_crash = time_or_nothing(first);
  return row;
}

bool is_hex(std::string_view text) {
  return !text.empty() && text.size() <= 64 &&
         text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

std::unexpected<Error> ambiguous(std::string_view id, const Suspect& one, const Suspect& other) {
  return fail(ErrorCode::usage,
              "'" + displayable(id) + "' may be " + hex(one.sha256).substr(0, 16) + "… or " +
                  hex(other.sha256).substr(0, 16) + "…",
              "give more digits of the SHA-256");
}

// One copy of the message that `id` names.
Result<Suspect> named(Session& session, std::string_view id) {
  const bool is_digest = starts_with_ignoring_case(id, kDigestPrefix);
  std::vector<Suspect> found;
  for (const std::string& form : {std::string(id), "<" + std::string(id) + ">"}) {
    if (is_digest || !found.empty()) break;
    auto by_id = suspects_by_id(session, form);
    if (!by_id) return std::unexpected(std::move(by_id.error()));
    found = std::move(*by_id);
  }
  const auto other = std::find_if(found.begin(), found.end(),
                                  [&](const Suspect& copy) { return copy.message_key != found[0].message_key; });
  if (other != found.end()) return ambiguous(id, found[0], *other);
  const std::string_view digits = is_digest ? id.substr(kDigestPrefix.size()) : id;
  if (found.empty() && is_hex(digits)) {
    auto by_prefix = suspects_by_prefix(session, digits);
    if (!by_prefix) return std::unexpected(std::move(by_prefix.error()));
    found = std::move(*by_prefix);
    if (found.size() > 1) return ambiguous(id, found[0], found[1]);
  }
  if (found.empty())
    return fail(ErrorCode::cannot_open, "nothing is known of a message '" + displayable(id) + "'",
                "`mapiguard poison list` names those that are");
  return std::move(found.front());
}

Result<std::vector<Suspect>> all_copies(Session& session, std::string_view id) {
  const auto one = named(session, id);
  if (!one) return std::unexpected(one.error());
  return named_copies(session, one->sha256, one->message_key);
}

Result<void> note_deed(Session& session, std::int64_t now, unsigned event_id, const std::vector<Suspect>& copies,
                       const char* deed) {
  const auto values = SettingValues::load(session);
  if (!values) return std::unexpected(values.error());
  const std::string name = shown_name(copies.front().sha256, copies.front().message_id);
  unsigned crashes = 0;
  for (const Suspect& copy : copies) crashes += copy.crashes;
  return note(session, *values,
              own_event(event_context(*values, now), event_id, "information", name,
                        "Message " + displayable(name, 300) + " was " + deed + " by the administrator.",
                        JsonObject()
                            .text("sha256", hex(copies.front().sha256))
                            .number("crashes", crashes)
                            .number("copies", copies.size())
                            .str()));
}

Result<void> append_rows(Session& session, const std::vector<Digest>& keys, std::vector<PoisonRow>& rows) {
  for (const Digest& key : keys) {
    const auto copies = named_copies(session, key, key);
    if (!copies) return std::unexpected(copies.error());
    auto row = joined(session, *copies);
    if (!row) return std::unexpected(std::move(row.error()));
    rows.push_back(std::move(*row));
  }
  return {};
}

Result<void> count_and_list(Session& session, PoisonView& view) {
  const auto values = SettingValues::load(session);
  if (!values) return std::unexpected(values.error());
  view.threshold = values->number(setting::kPoisonThreshold);
  const auto keys = charged_keys(session, 0, kPoisonIdsShown);
  if (!keys) return std::unexpected(keys.error());
  MAPIGUARD_TRY(append_rows(session, *keys, view.poison_ids));
  const auto suspects = count_suspects(session);
  const auto quarantined = count_quarantined(session);
  const auto held = held_suspects(session);
  if (!suspects) return std::unexpected(suspects.error());
  if (!quarantined) return std::unexpected(quarantined.error());
  if (!held) return std::unexpected(held.error());
  view.suspects = *suspects;
  view.quarantined = *quarantined;
  for (const Suspect& suspect : *held) view.held.push_back(row_of(suspect));
  return {};
}

}  // namespace

Result<PoisonView> Ledger::poison_view() {
  PoisonView view;
  MAPIGUARD_TRY(impl_->store->read([&](Session& session) { return count_and_list(session, view); }));
  const auto tables = InflightTable::list(impl_->dir);
  if (!tables) return std::unexpected(tables.error());
  for (const InflightTable::Found& table : *tables) {
    if (!table.alive) continue;
    for (const InflightRow& row : table.rows)
      view.in_flight.push_back({shown_name({row.sha256, row.message_id}), row.sha256, time_or_nothing(row.since_ns)});
  }
  return view;
}

Result<PoisonRow> Ledger::find_poison(std::string_view id) {
  PoisonRow found;
  MAPIGUARD_TRY(impl_->store->read([&](Session& session) -> Result<void> {
    const auto copies = all_copies(session, id);
    if (!copies) return std::unexpected(copies.error());
    auto row = joined(session, *copies);
    if (!row) return std::unexpected(std::move(row.error()));
    found = std::move(*row);
    return {};
  }));
  return found;
}

Result<std::vector<PoisonRow>> Ledger::blocked_rows() {
  std::vector<PoisonRow> rows;
  MAPIGUARD_TRY(impl_->store->read([&](Session& session) -> Result<void> {
    const auto keys = blocked_keys(session);
    if (!keys) return std::unexpected(keys.error());
    return append_rows(session, *keys, rows);
  }));
  return rows;
}

Result<void> Ledger::release(std::string_view id) {
  const std::int64_t now = impl_->clock.now_ns();
  MAPIGUARD_TRY(impl_->store->write([&](Session& session) -> Result<void> {
    const auto copies = all_copies(session, id);
    if (!copies) return std::unexpected(copies.error());
    for (const Suspect& copy : *copies) MAPIGUARD_TRY(clear_suspect(session, copy, now));
    return note_deed(session, now, kEventReleased, *copies, "released");
  }));
  impl_->export_in_passing();
  return {};
}

Result<void> Ledger::forget(std::string_view id) {
  std::vector<Suspect> gone;
  MAPIGUARD_TRY(impl_->store->write([&](Session& session) -> Result<void> {
    auto copies = all_copies(session, id);
    if (!copies) return std::unexpected(std::move(copies.error()));
    for (const Suspect& copy : *copies) {
      MAPIGUARD_TRY(erase_suspect(session, copy.sha256));
      MAPIGUARD_TRY(erase_quarantine(session, copy.sha256));
    }
    gone = std::move(*copies);
    return note_deed(session, impl_->clock.now_ns(), kEventRemoved, gone, "forgotten");
  }));
  impl_->export_in_passing();
  for (const Suspect& copy : gone) MAPIGUARD_TRY(impl_->env.remove(quarantine_path(impl_->dir, copy.sha256)));
  return {};
}

Result<void> Ledger::export_copy(std::string_view id,
                                 const std::function<Result<void>(std::span<const std::byte>)>& write) {
  const auto row = find_poison(id);
  if (!row) return std::unexpected(row.error());
  if (!row->has_copy)
    return fail(ErrorCode::cannot_open, "no copy of message '" + row->message_id + "' is in the quarantine",
                "event 9681 or 503 of the message says why");
  return read_copy(impl_->env, impl_->dir, row->sha256, write);
}

Result<std::vector<EventRow>> Ledger::events(const EventFilter& filter) {
  EventQuery query;
  query.event_id = filter.event_id;
  query.after_seq = filter.after_seq;
  if (filter.since) {
    const auto since = parse_rfc3339(*filter.since);
    if (!since)
      return fail(ErrorCode::usage, "'" + displayable(*filter.since) + "' is no time",
                  "write it as 2025-11-22T13:45:00Z");
    query.since = *since;
  }
  std::vector<EventRow> rows;
  MAPIGUARD_TRY(impl_->store->read([&](Session& session) -> Result<void> {
    auto events = read_events(session, query);
    if (!events) return std::unexpected(std::move(events.error()));
    for (StoredEvent& event : *events)
      rows.push_back({event.seq, rfc3339(event.time), event.event_id, std::move(event.source),
                      std::move(event.severity), std::move(event.category), std::move(event.params),
                      std::move(event.text), JsonObject().number("seq", event.seq).merge(event.ext).str()});
    return {};
  }));
  return rows;
}

}  // namespace mapiguard
