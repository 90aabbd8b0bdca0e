// settle(): the rows of supervisors that died.
#include "base/log.h"
#include "base/try.h"
#include "guardian/ledger_impl.h"
#include "guardian/trial.h"

namespace mapiguard {
namespace {

constexpr std::int64_t kOrphanAge = 3600 * kNsPerSecond;  // of a quarantine file that no row names
constexpr std::int64_t kSettledKept = 1000;               // names of tables that stay known as settled

constexpr char kIsSettled[] = "SELECT 1 FROM settled WHERE name = $1";
constexpr char kMarkSettled[] = "INSERT INTO settled (name, at) VALUES ($1, $2)";
constexpr char kForgetSettled[] =
    "DELETE FROM settled WHERE name NOT IN (SELECT name FROM settled ORDER BY at DESC LIMIT $1)";

// False when another process has settled that table already.
Result<bool> mark_settled(Session& session, const std::string& path, std::int64_t now) {
  const std::string_view name = std::string_view(path).substr(path.rfind('/') + 1);
  bool settled = false;
  MAPIGUARD_TRY(session.run(kIsSettled, {name}, [&](const SqlRow&) { return !(settled = true); }));
  if (settled) return false;
  MAPIGUARD_TRY(session.run(kMarkSettled, {name, now}));
  MAPIGUARD_TRY(session.run(kForgetSettled, {kSettledKept}));
  return true;
}

// An ID that fills its place has been cut, and is then not the message's.
Identity identity_of(const InflightRow& row) {
  return {row.sha256, row.message_id.size() < kInflightIdBytes ? row.message_id : std::string()};
}

Result<void> settle_row(Ledger::Impl& ledger, Session& session, const InflightRow& row) {
  const Identity identity = identity_of(row);
  const Envelope unknown;
  Death death;
  death.verdict.death = DeathClass::supervisor_died;
  death.verdict.detail = "its supervisor died while it was in flight";
  death.alone = row.alone;
  death.attempt = row.attempt;
  death.build = row.build;
  return Trial(ledger, identity, unknown, death).settle(session, row);
}

// What could not be tidied up now, on a full disk for instance, is no reason to guard nothing.
void tidied(const Result<void>& done) {
  if (!done) log(LogLevel::warning, done.error().message);
}

}  // namespace

Result<unsigned> Ledger::settle() {
  const auto tables = InflightTable::list(impl_->dir);
  if (!tables) return std::unexpected(tables.error());
  unsigned suspects = 0;
  for (const InflightTable::Found& table : *tables) {
    if (table.alive) continue;
    unsigned settled = 0;
    MAPIGUARD_TRY(impl_->store->write([&](Session& session) -> Result<void> {
      settled = 0;
      const auto is_first = mark_settled(session, table.path, impl_->clock.now_ns());
      if (!is_first) return std::unexpected(is_first.error());
      if (!*is_first) return {};
      for (const InflightRow& row : table.rows) MAPIGUARD_TRY(settle_row(*impl_, session, row));
      settled = static_cast<unsigned>(table.rows.size());
      return {};
    }));
    suspects += settled;
    tidied(InflightTable::remove(table));
  }
  tidied(InflightTable::sweep(impl_->dir));
  tidied(sweep_quarantine(*impl_->store, impl_->env, impl_->dir, impl_->clock.now_ns() - kOrphanAge));
  impl_->export_in_passing();
  return suspects;
}

}  // namespace mapiguard
