#include "guardian/trial.h"

#include <utility>

#include "base/json_text.h"
#include "base/text.h"
#include "base/try.h"

namespace mapiguard {
namespace {

constexpr std::size_t kMostReportBytes = 256 << 10;
constexpr std::size_t kMostRecipientBytes = 1 << 20;
constexpr std::size_t kMostAddressBytes = 500;

PolicySettings policy_settings(const SettingValues& values) {
  PolicySettings settings;
  settings.poison_threshold = values.number(setting::kPoisonThreshold);
  settings.charge_unexplained = values.flag(setting::kChargeUnexplained);
  return settings;
}

// Short enough to type, and another one when the message is released and blocked again.
std::string report_id(const Digest& sha256, std::int64_t now) {
  return hex(mapiguard::sha256(as_bytes(hex(sha256) + "/" + std::to_string(now)))).substr(0, 20);
}

std::vector<std::string> shown_recipients(const std::vector<std::string>& recipients) {
  std::vector<std::string> shown;
  std::size_t bytes = 0;
  for (const std::string& recipient : recipients) {
    shown.push_back(displayable(bare_address(recipient), kMostAddressBytes));
    bytes += shown.back().size();
    if (bytes > kMostRecipientBytes) break;
  }
  return shown;
}

}  // namespace

Trial::Trial(Ledger::Impl& ledger, const Identity& identity, const Envelope& envelope, const Death& death)
    : ledger_(ledger),
      identity_(identity),
      envelope_(envelope),
      death_(death),
      message_key_(message_key_of(identity.sha256, identity.message_id)),
      now_(ledger.clock.now_ns()) {}

Trial::~Trial() {
  if (copy_ != kCopyStored || copy_named_) return;
  // Only if no row names it: another process may have blocked the same message meanwhile. What is left here, the next
  // sweep_quarantine() removes.
  bool named = true;
  static_cast<void>(ledger_.store->read([&](Session& session) -> Result<void> {
    const auto row = quarantine_of(session, identity_.sha256);
    if (row) named = row->has_value();
    return {};
  }));
  if (!named) static_cast<void>(ledger_.env.remove(quarantine_path(ledger_.dir, identity_.sha256)));
}

Result<Trial::Case> Trial::hear(Session& session) const {
  Case the_case;
  auto values = SettingValues::load(session);
  if (!values) return std::unexpected(std::move(values.error()));
  the_case.values = std::move(*values);
  const auto standing = standing_in(session, the_case.values, identity_.sha256, message_key_);
  if (!standing) return std::unexpected(standing.error());
  the_case.standing = *standing;
  the_case.action =
      decide(*standing, death_.verdict.death, death_.alone, death_.company, policy_settings(the_case.values));
  return the_case;
}

Result<bool> Trial::needs_copy() {
  bool needed = false;
  MAPIGUARD_TRY(ledger_.store->read([&](Session& session) -> Result<void> {
    const auto the_case = hear(session);
    if (!the_case) return std::unexpected(the_case.error());
    if (the_case->action != Action::block) return {};
    needed = !the_case->standing.blocked && the_case->values.text(setting::kOnPoison) != "drop";
    if (!needed && copy_.empty()) copy_ = "not wanted";
    return {};
  }));
  return needed;
}

void Trial::keep_copy(const Ledger::CopySource& copy) {
  if (copy_ == kCopyStored) return;
  if (!copy) {
    copy_ = "there are no bytes to keep";
    return;
  }
  std::uint64_t used = 0;
  QuarantineLimits limits;
  const auto asked = ledger_.store->read([&](Session& session) -> Result<void> {
    const auto values = SettingValues::load(session);
    if (!values) return std::unexpected(values.error());
    limits = ledger_.quarantine_limits(*values);
    const auto bytes = quarantine_bytes(session);
    if (!bytes) return std::unexpected(bytes.error());
    used = *bytes;
    return {};
  });
  if (!asked) {
    copy_ = asked.error().message;
    return;
  }
  const auto written = store_copy(ledger_.env, ledger_.dir, identity_.sha256, used, limits, copy);
  copy_ = written ? std::string(kCopyStored) : displayable(written.error().message);
  if (written) copy_bytes_ = *written;
}

Result<std::optional<Decision>> Trial::decide_and_record() {
  std::optional<Decision> decision;
  bool unforeseen = false;
  const auto written = ledger_.store->write([&](Session& session) -> Result<void> {
    const auto values = SettingValues::load(session);
    if (!values) return std::unexpected(values.error());
    MAPIGUARD_TRY(drop_beyond_ten(session, *values, now_));
    auto the_case = hear(session);
    if (!the_case) return std::unexpected(std::move(the_case.error()));
    unforeseen = the_case->action == Action::block && copy_.empty();
    if (unforeseen) return fail(ErrorCode::try_again, "a block that needs its copy first");
    MAPIGUARD_TRY(record(session, *the_case));
    const unsigned charge = the_case->action == Action::charge || the_case->action == Action::block ? 1 : 0;
    decision = Decision{the_case->action, the_case->standing.crashes + charge};
    return {};
  });
  if (unforeseen) return std::optional<Decision>();
  if (!written) return std::unexpected(written.error());
  return decision;
}

Result<void> Trial::settle(Session& session, const InflightRow& row) {
  auto the_case = hear(session);
  if (!the_case) return std::unexpected(std::move(the_case.error()));
  copy_ = "its bytes went with the supervisor";
  MAPIGUARD_TRY(note(session, the_case->values, supervisor_event(event_context(the_case->values, now_), row)));
  return record(session, *the_case);
}

Result<void> Trial::record(Session& session, Case& the_case) {
  auto found = suspect_of(session, identity_.sha256);
  if (!found) return std::unexpected(std::move(found.error()));
  if (*found) the_case.suspect = std::move(**found);
  describe(the_case.suspect);
  const bool charged = the_case.action == Action::charge || the_case.action == Action::block;
  if (charged) MAPIGUARD_TRY(charge(session, the_case));
  // A copy of a message that is blocked already needs no second block.
  if (the_case.action == Action::block && !the_case.standing.blocked) MAPIGUARD_TRY(block(session, the_case));
  if (!charged) MAPIGUARD_TRY(leave_alone(session, the_case));
  MAPIGUARD_TRY(put_suspect(session, the_case.suspect));
  if (charged) MAPIGUARD_TRY(drop_beyond_ten(session, the_case.values, now_));
  return drop_oldest_suspects(session, the_case.values, now_);
}

void Trial::describe(Suspect& suspect) const {
  suspect.sha256 = identity_.sha256;
  if (suspect.message_id.empty()) {  // a copy keeps the first trusted ID that it came with
    suspect.message_key = message_key_;
    suspect.message_id = displayable(identity_.message_id);
  }
  suspect.touched = now_;
  suspect.death_class = name_of(death_.verdict.death);
  suspect.signal = death_.verdict.signal;
  suspect.stack = displayable(death_.verdict.stack);
  suspect.build = displayable(death_.build);
  suspect.detail = displayable(death_.verdict.detail);
  if (!envelope_.sender.empty()) suspect.sender = displayable(envelope_.sender, kMostAddressBytes);
  if (!envelope_.recipients.empty()) suspect.recipients = shown_recipients(envelope_.recipients);
  if (death_.size) suspect.size = death_.size;
  if (copy_bytes_) suspect.size = copy_bytes_;
}

Result<void> Trial::charge(Session& session, Case& the_case) {
  Suspect& suspect = the_case.suspect;
  const auto order = next_crash_order(session);
  if (!order) return std::unexpected(order.error());
  suspect.crash_order = *order;
  suspect.last_crash = now_;
  if (suspect.crashes == 0) suspect.first_crash = now_;
  ++suspect.crashes;
  suspect.uncharged_alone = 0;
  suspect.run_alone = false;
  if (the_case.standing.blocked) suspect.blocked = true;
  return note(session, the_case.values,
              charge_event(event_context(the_case.values, now_), identity_, death_,
                           {the_case.standing.crashes + 1, the_case.values.number(setting::kPoisonThreshold)}));
}

Result<void> Trial::block(Session& session, Case& the_case) {
  the_case.suspect.blocked = true;
  the_case.suspect.held = false;
  const QuarantineRow row{copy_, the_case.suspect.size, now_,
                          repair_utf8(std::string_view(death_.crash_report).substr(0, kMostReportBytes))};
  MAPIGUARD_TRY(put_quarantine(session, identity_.sha256, row));
  copy_named_ = true;
  const EventContext context = event_context(the_case.values, now_);
  BlockFacts facts{the_case.standing.crashes + 1, the_case.values.number(setting::kPoisonThreshold), copy_, {}, {}};
  auto ndr = queue_ndr(session, the_case, facts.ndr_id);
  if (!ndr) return std::unexpected(std::move(ndr.error()));
  facts.ndr = std::move(*ndr);
  MAPIGUARD_TRY(note(session, the_case.values, block_event(context, identity_, death_, facts)));
  if (copy_ == kCopyStored || the_case.values.text(setting::kOnPoison) == "drop") return {};
  const std::string name = shown_name(identity_);
  return note(session, the_case.values,
              own_event(context, kEventNoCopy, "warning", name,
                        "No copy of blocked message " + displayable(name, 300) + " was kept: " + copy_,
                        JsonObject().text("sha256", hex(identity_.sha256)).text("reason", copy_).str()));
}

Result<std::string> Trial::queue_ndr(Session& session, const Case& the_case, std::string& ndr_id) {
  const auto refusal = reason_for_no_ndr(session, the_case.values, envelope_, now_);
  if (!refusal) return std::unexpected(refusal.error());
  if (!refusal->empty()) return "none: " + *refusal;
  OutboxRow row;
  row.id = report_id(identity_.sha256, now_);
  row.sha256 = identity_.sha256;
  row.message_id = the_case.suspect.message_id;
  row.sender = bare_address(envelope_.sender);
  row.recipients = the_case.suspect.recipients;
  row.status = "5.3.0";  // "Too many related errors": moved to the poison queue (facts on Exchange's NDRs)
  row.death_class = the_case.suspect.death_class;
  row.crashes = the_case.standing.crashes + 1;
  row.arrived = the_case.suspect.first_crash;
  row.created = row.next_try = now_;
  MAPIGUARD_TRY(put_outbox(session, row));
  ndr_id = row.id;
  return std::string("queued");
}

Result<void> Trial::leave_alone(Session& session, Case& the_case) {
  Suspect& suspect = the_case.suspect;
  suspect.run_alone = true;
  if (death_.alone && !death_.company) ++suspect.uncharged_alone;
  if (the_case.action != Action::hold) return {};
  suspect.held = true;
  return note(session, the_case.values,
              held_event(event_context(the_case.values, now_), identity_, death_, suspect.uncharged_alone));
}

}  // namespace mapiguard
