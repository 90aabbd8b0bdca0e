// Facts about the state directory for `doctor`.
#include "base/text.h"
#include "base/try.h"
#include "guardian/ledger_impl.h"
#include "persist/sqlite_store.h"
#include <mapiguard/version.h>

namespace mapiguard {
namespace {

using Health = Ledger::Health;

Health failed(std::string name, const Error& error) { return {std::move(name), false, error.message}; }

std::string mib(std::uint64_t bytes) { return std::to_string(bytes >> 20) + " MiB"; }

Health of_directory(Ledger::Impl& ledger) {
  const auto checked = open_state_dir(ledger.dir);
  return checked ? Health{"state directory", true, displayable(ledger.dir)} : failed("state directory", checked.error());
}

Health of_database(Ledger::Impl& ledger) {
  const auto finding = check_sqlite_store(*ledger.store);
  if (!finding) return failed("database", finding.error());
  return {"database", finding->empty(), finding->empty() ? "sound" : "damaged: " + displayable(*finding)};
}

Health of_quarantine(Ledger& ledger) {
  const auto room = ledger.quarantine_room();
  if (!room) return failed("quarantine", room.error());
  return {"quarantine", room->used * 10 <= room->most * 9, mib(room->used) + " of " + mib(room->most) + " used"};
}

Health of_free_room(Ledger::Impl& ledger, const SettingValues& values) {
  const auto free = ledger.env.free_bytes(ledger.dir);
  if (!free) return failed("free room", free.error());
  return {"free room", *free > ledger.quarantine_limits(values).min_free_bytes, mib(*free)};
}

Health of_outbox(Ledger& ledger) {
  const auto rows = ledger.ndrs();
  if (!rows) return failed("outbox", rows.error());
  std::uint64_t queued = 0, stuck = 0, lost = 0;
  for (const NdrRow& row : *rows) {
    queued += row.state == "queued";
    stuck += row.state == "queued" && row.tries > 0;
    lost += row.state == "failed" || row.state == "expired";
  }
  return {"outbox", stuck == 0 && lost == 0,
          std::to_string(queued) + " queued, " + std::to_string(stuck) + " of them tried in vain, " + std::to_string(lost) + " given up"};
}

Health of_tables(const std::string& dir) {
  const auto tables = InflightTable::list(dir);
  if (!tables) return failed("in-flight tables", tables.error());
  std::uint64_t alive = 0, dead = 0, rows = 0;
  for (const InflightTable::Found& table : *tables) {
    ++(table.alive ? alive : dead);
    if (!table.alive) rows += table.rows.size();
  }
  return {"in-flight tables", rows == 0,
          std::to_string(alive) + " of living supervisors, " + std::to_string(dead) + " of dead ones with " + std::to_string(rows) + " messages to settle"};
}

Health of_breaker(Ledger& ledger) {
  const auto open = ledger.breaker(kBuildId);
  if (!open) return failed("breaker", open.error());
  return {"breaker", !*open, *open ? "open: this build kills its workers on messages that it is known to convert; conversions are held" : "closed"};
}

// Of another build's judging: each start of this one tries some.
Health of_parole(Ledger& ledger) {
  const auto waiting = ledger.parole_candidates(kBuildId);
  if (!waiting) return failed("parole", waiting.error());
  return {"parole", true, std::to_string(waiting->size()) + " blocked messages of other builds wait to be tried with this one"};
}

Health of_settings(Ledger& ledger) {
  const auto rows = ledger.settings();
  if (!rows) return failed("settings", rows.error());
  for (const Ledger::SettingRow& row : *rows)
    if (!row.warning.empty()) return {"settings", false, row.name + ": " + row.warning};
  return {"settings", true, std::to_string(rows->size()) + " settings, none outside its range"};
}

}  // namespace

Result<Ledger::Room> Ledger::quarantine_room() {
  Room room;
  const auto values = impl_->settings();
  if (!values) return std::unexpected(values.error());
  MAPIGUARD_TRY(impl_->store->read([&](Session& session) -> Result<void> {
    const auto bytes = quarantine_bytes(session);
    if (!bytes) return std::unexpected(bytes.error());
    room.used = *bytes;
    return {};
  }));
  const QuarantineLimits limits = impl_->quarantine_limits(*values);
  room.most = limits.max_bytes;
  room.free_least = limits.min_free_bytes;
  return room;
}

std::vector<Ledger::Health> Ledger::health() {
  std::vector<Health> facts = {of_directory(*impl_), of_database(*impl_)};
  const auto values = impl_->settings();
  if (!values) {
    facts.push_back(failed("settings", values.error()));
    return facts;
  }
  facts.push_back(of_settings(*this));
  facts.push_back(of_quarantine(*this));
  facts.push_back(of_free_room(*impl_, *values));
  facts.push_back(of_outbox(*this));
  facts.push_back(of_tables(impl_->dir));
  facts.push_back(of_breaker(*this));
  facts.push_back(of_parole(*this));
  return facts;
}

}  // namespace mapiguard
