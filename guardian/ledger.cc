#include "guardian/ledger.h"

#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "base/try.h"
#include "guardian/ledger_impl.h"
#include "guardian/trial.h"
#include "persist/sqlite_store.h"

namespace mapiguard {
namespace {

// Another process may change the standing between the look at it and the decision; each try needs such a change.
constexpr int kDecisionTries = 5;

}  // namespace

Result<SettingValues> Ledger::Impl::settings() {
  SettingValues values;
  MAPIGUARD_TRY(store->read([&](Session& session) -> Result<void> {
    auto loaded = SettingValues::load(session);
    if (!loaded) return std::unexpected(std::move(loaded.error()));
    values = std::move(*loaded);
    return {};
  }));
  return values;
}

Result<void> Ledger::Impl::export_events() {
  const auto values = settings();
  if (!values) return std::unexpected(values.error());
  const std::uint64_t rotate_bytes = std::uint64_t{values->number(setting::kEventLogMax)} << 20;
  return mapiguard::export_events(*store, env, {dir, rotate_bytes, values->number(setting::kEventLogFiles)});
}

void Ledger::Impl::export_in_passing() {
  if (const auto done = export_events(); !done)
    log(LogLevel::warning, "events.jsonl is behind: " + done.error().message);
}

std::vector<SettingChange> Ledger::Impl::heed(const SettingValues& values) {
  const std::lock_guard lock(in_use_mutex);
  std::vector<SettingChange> changes;
  const bool is_first = in_use.empty();
  for (const SettingSpec& spec : setting_specs()) {
    std::string& used = in_use[spec.name];
    std::string now = values.text(spec.name);
    if (!is_first && used != now) changes.push_back({std::string(spec.name), used, now});
    used = std::move(now);
  }
  is_durable = values.flag(setting::kDurable);
  store->set_durable(is_durable);
  return changes;
}

QuarantineLimits Ledger::Impl::quarantine_limits(const SettingValues& values) const {
  return {std::uint64_t{values.number(setting::kQuarantineMax)} << 20,
          std::uint64_t{values.number(setting::kMinFree)} << 20};
}

EventContext event_context(const SettingValues& values, std::int64_t now) {
  return {values.text(setting::kDatabaseName), now};
}

Result<void> note(Session& session, const SettingValues& values, const StoredEvent& event) {
  const auto seq = append_event(session, event, values.number(setting::kEventsMax));
  if (!seq) return std::unexpected(seq.error());
  return {};
}

Result<Standing> standing_in(Session& session, const SettingValues& values, const Digest& sha256,
                             const Digest& message_key) {
  const auto tally = tally_of(session, sha256, message_key);
  if (!tally) return std::unexpected(tally.error());
  Standing standing{tally->crashes, tally->uncharged_alone, tally->run_alone, tally->held, tally->blocked};
  if (!values.flag(setting::kExactPoisonIds) || tally->crashes == 0) return standing;
  const auto newer = charged_messages_after(session, tally->newest_crash, kPoisonIdsShown);
  if (!newer) return std::unexpected(newer.error());
  if (*newer >= kPoisonIdsShown) {
    standing.crashes = 0;
    standing.blocked = false;
  }
  return standing;
}

Result<void> clear_suspect(Session& session, Suspect suspect, std::int64_t now) {
  const auto copy = quarantine_of(session, suspect.sha256);
  if (!copy) return std::unexpected(copy.error());
  if (!*copy) return erase_suspect(session, suspect.sha256);
  suspect.crashes = suspect.uncharged_alone = 0;
  suspect.run_alone = suspect.held = suspect.blocked = false;
  suspect.crash_order = 0;
  suspect.touched = now;
  return put_suspect(session, suspect);
}

Ledger::Ledger(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Ledger::~Ledger() = default;

Result<std::unique_ptr<Ledger>> Ledger::open(const std::string& state_dir) {
  return open(state_dir, posix_env(), system_clock());
}

Result<std::unique_ptr<Ledger>> Ledger::open(const std::string& state_dir, Env& env, const Clock& clock) {
  auto dir = open_state_dir(state_dir);
  if (!dir) return std::unexpected(std::move(dir.error()));
  auto store = open_sqlite_store(env, *dir);
  if (!store) return std::unexpected(std::move(store.error()));
  auto impl = std::make_unique<Impl>(std::move(*dir), env, clock, std::move(*store));
  const auto values = impl->settings();
  if (!values) return std::unexpected(values.error());
  impl->heed(*values);
  return std::unique_ptr<Ledger>(new Ledger(std::move(impl)));
}

Result<Standing> Ledger::standing(const Identity& identity) {
  const Digest key = message_key_of(identity.sha256, identity.message_id);
  const auto tally = tally_of(*impl_->store, identity.sha256, key);
  if (!tally) return std::unexpected(tally.error());
  Standing standing;
  if (tally->copies == 0) return standing;  // nearly always: one statement and no more
  MAPIGUARD_TRY(impl_->store->read([&](Session& session) -> Result<void> {
    const auto values = SettingValues::load(session);
    if (!values) return std::unexpected(values.error());
    auto found = standing_in(session, *values, identity.sha256, key);
    if (!found) return std::unexpected(std::move(found.error()));
    standing = *found;
    return {};
  }));
  return standing;
}

Result<Decision> Ledger::record_death(const Identity& identity, const Envelope& envelope, const Death& death,
                                      const CopySource& copy) {
  Trial trial(*impl_, identity, envelope, death);
  for (int attempt = 0; attempt < kDecisionTries; ++attempt) {
    const auto needs_copy = trial.needs_copy();
    if (!needs_copy) return std::unexpected(needs_copy.error());
    if (*needs_copy) trial.keep_copy(copy);
    auto decision = trial.decide_and_record();
    if (!decision) return std::unexpected(std::move(decision.error()));
    if (*decision) return **decision;
  }
  return fail(ErrorCode::try_again, "other processes kept changing the record of message " + shown_name(identity),
              "try again");
}

Result<void> Ledger::acquit(const Identity& identity, const std::optional<Acquittal>& cancelled) {
  return impl_->store->write([&](Session& session) -> Result<void> {
    const auto suspect = suspect_of(session, identity.sha256);
    if (!suspect) return std::unexpected(suspect.error());
    if (!*suspect || (*suspect)->blocked) return {};
    if (cancelled) {
      const auto values = SettingValues::load(session);
      if (!values) return std::unexpected(values.error());
      MAPIGUARD_TRY(
          note(session, *values, cancelled_event(event_context(*values, impl_->clock.now_ns()), identity, *cancelled)));
    }
    return clear_suspect(session, **suspect, impl_->clock.now_ns());
  });
}

bool Ledger::is_durable() const { return impl_->is_durable; }

Result<void> Ledger::export_events() { return impl_->export_events(); }

}  // namespace mapiguard
