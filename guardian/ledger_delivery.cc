// NDRs on their way: the outbox, tried until each is delivered, given up or dropped.
#include <algorithm>

#include "base/json_text.h"
#include "base/text.h"
#include "base/try.h"
#include "guardian/delivery.h"
#include "guardian/ledger_impl.h"
#include "guardian/ndr.h"

namespace mapiguard {
namespace {

constexpr std::int64_t kSecond = kNsPerSecond;
constexpr std::int64_t kHour = 3600 * kSecond;
constexpr std::int64_t kFirstPause = 300 * kSecond, kLongestPause = 4 * kHour;
constexpr std::int64_t kKept = 90 * 24 * kHour;  // rows that are done
constexpr double kSendmailSeconds = 60;
constexpr std::int64_t kClaim = 2 * 60 * kSecond;  // longer than a sendmail may take: then another process may try
constexpr unsigned kAtOnce = 100;

std::int64_t pause_after(unsigned tries) { return std::min(kFirstPause << std::min(tries - 1, 10u), kLongestPause); }

class Courier {
 public:
  Courier(Ledger::Impl& ledger, SettingValues values, Transport transport)
      : ledger_(ledger), values_(std::move(values)), transport_(std::move(transport)), origin_(ndr_origin(values_)) {}

  Result<void> deliver(OutboxRow row) {
    const auto outcome = try_once(row);
    if (!outcome) return std::unexpected(outcome.error());
    if (!*outcome) return {};  // another process has it
    return ledger_.store->write([&](Session& session) { return settle(session, row.id, **outcome); });
  }

 private:
  Result<std::optional<DeliveryOutcome>> try_once(const OutboxRow& row) {
    if (transport_.kind == Transport::Kind::maildir)
      return deliver_to_maildir(ledger_.env, transport_.path, row.id, compose_ndr(row, origin_, true));
    bool ours = false;
    MAPIGUARD_TRY(ledger_.store->write([&](Session& session) -> Result<void> {
      const std::int64_t now = ledger_.clock.now_ns();
      const auto claimed = claim_outbox(session, row.id, now, now + kClaim);
      if (!claimed) return std::unexpected(claimed.error());
      ours = *claimed;
      return {};
    }));
    if (!ours) return std::optional<DeliveryOutcome>();
    return deliver_by_sendmail(transport_.path, row.sender, compose_ndr(row, origin_, false), kSendmailSeconds);
  }

  Result<void> settle(Session& session, const std::string& id, const DeliveryOutcome& outcome) {
    auto found = outbox_row(session, id);
    if (!found) return std::unexpected(std::move(found.error()));
    if (!*found || (*found)->state != "queued") return {};  // dropped meanwhile
    OutboxRow row = std::move(**found);
    const std::int64_t now = ledger_.clock.now_ns();
    ++row.tries;
    row.last_error = displayable(outcome.reason);
    row.next_try = now + pause_after(row.tries);
    if (outcome.kind == DeliveryOutcome::Kind::delivered) row.state = "delivered";
    if (outcome.kind == DeliveryOutcome::Kind::never) row.state = "failed";
    if (row.state == "queued" && now - row.created > values_.number(setting::kNdrLifetime) * kHour)
      row.state = "expired";
    MAPIGUARD_TRY(put_outbox(session, row));
    MAPIGUARD_TRY(prune_outbox(session, now - kKept));
    return row.state == "failed" || row.state == "expired" ? note_failure(session, row, now) : Result<void>();
  }

  Result<void> note_failure(Session& session, const OutboxRow& row, std::int64_t now) {
    const std::string name = shown_name(row.sha256, row.message_id);
    return note(session, values_,
                own_event(event_context(values_, now), kEventNdrFailed, "warning", name,
                          "The non-delivery report for message " + displayable(name, 300) + " to " +
                              displayable(row.sender, 300) +
                              (row.state == "expired" ? " has expired after " : " was refused at try ") +
                              std::to_string(row.tries) + (row.state == "expired" ? " tries: " : ": ") + row.last_error,
                          JsonObject()
                              .text("ndr_id", row.id)
                              .text("state", row.state)
                              .number("tries", row.tries)
                              .text("reason", row.last_error)
                              .str()));
  }

  Ledger::Impl& ledger_;
  const SettingValues values_;
  const Transport transport_;
  const NdrOrigin origin_;
};

Result<std::vector<OutboxRow>> due_rows(Ledger::Impl& ledger) {
  std::vector<OutboxRow> rows;
  MAPIGUARD_TRY(ledger.store->read([&](Session& session) -> Result<void> {
    auto due = outbox_due(session, ledger.clock.now_ns(), kAtOnce);
    if (!due) return std::unexpected(std::move(due.error()));
    rows = std::move(*due);
    return {};
  }));
  return rows;
}

NdrRow shown(const OutboxRow& row) {
  return {row.id,
          shown_name(row.sha256, row.message_id),
          row.sender,
          row.state,
          rfc3339(row.created),
          rfc3339(row.next_try),
          row.last_error,
          row.tries};
}

// By its id, a beginning of it that no other has, or the ID of the message that it is about.
Result<OutboxRow> row_named(Session& session, std::string_view id) {
  const auto rows = outbox_rows(session);
  if (!rows) return std::unexpected(rows.error());
  std::vector<const OutboxRow*> begin_so;
  for (const OutboxRow& row : *rows) {
    if (row.id == id || (!row.message_id.empty() && row.message_id == id)) return row;
    if (!id.empty() && row.id.starts_with(id)) begin_so.push_back(&row);
  }
  if (begin_so.size() == 1) return *begin_so[0];
  if (begin_so.size() > 1)
    return fail(ErrorCode::usage, "'" + displayable(id) + "' may be NDR " + begin_so[0]->id + " or " + begin_so[1]->id,
                "give more of it");
  return fail(ErrorCode::cannot_open, "there is no NDR '" + displayable(id) + "'", "`mapiguard ndr list` names all");
}

Result<void> requeue(Session& session, OutboxRow row, std::int64_t now) {
  row.state = "queued";
  row.next_try = now;
  return put_outbox(session, row);
}

Result<void> requeue_all(Session& session, std::int64_t now) {
  const auto rows = outbox_rows(session);
  if (!rows) return std::unexpected(rows.error());
  for (const OutboxRow& row : *rows)
    if (row.state != "delivered" && row.state != "dropped") MAPIGUARD_TRY(requeue(session, row, now));
  return {};
}

}  // namespace

Result<void> Ledger::deliver_outbox() {
  for (;;) {
    const auto rows = due_rows(*impl_);
    if (!rows) return std::unexpected(rows.error());
    if (rows->empty()) return {};
    auto values = impl_->settings();
    if (!values) return std::unexpected(std::move(values.error()));
    auto transport = transport_of(values->text(setting::kNdrTransport), impl_->dir);
    if (!transport) return std::unexpected(std::move(transport.error()));
    Courier courier(*impl_, std::move(*values), std::move(*transport));
    for (const OutboxRow& row : *rows) MAPIGUARD_TRY(courier.deliver(row));
    impl_->export_in_passing();
    if (rows->size() < kAtOnce) return {};
  }
}

Result<std::vector<NdrRow>> Ledger::ndrs() {
  std::vector<NdrRow> shown_rows;
  MAPIGUARD_TRY(impl_->store->read([&](Session& session) -> Result<void> {
    const auto rows = outbox_rows(session);
    if (!rows) return std::unexpected(rows.error());
    for (const OutboxRow& row : *rows) shown_rows.push_back(shown(row));
    return {};
  }));
  return shown_rows;
}

Result<void> Ledger::retry_ndr(std::string_view id) {
  const std::int64_t now = impl_->clock.now_ns();
  MAPIGUARD_TRY(impl_->store->write([&](Session& session) -> Result<void> {
    if (id.empty()) return requeue_all(session, now);
    auto row = row_named(session, id);
    if (!row) return std::unexpected(std::move(row.error()));
    if (row->state == "delivered") return fail(ErrorCode::usage, "NDR '" + row->id + "' has been delivered");
    return requeue(session, std::move(*row), now);
  }));
  return deliver_outbox();
}

Result<void> Ledger::drop_ndr(std::string_view id) {
  return impl_->store->write([&](Session& session) -> Result<void> {
    auto row = row_named(session, id);
    if (!row) return std::unexpected(std::move(row.error()));
    if (row->state == "delivered") return fail(ErrorCode::usage, "NDR '" + row->id + "' has been delivered");
    row->state = "dropped";
    return put_outbox(session, *row);
  });
}

}  // namespace mapiguard
