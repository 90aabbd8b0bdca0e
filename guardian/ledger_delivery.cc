// NDRs on their way: the outbox, tried until each is delivered, given up or dropped.
#include <algorithm>

#include "base/json_text.h"
#include "base/log.h"
#include "base/text.h"
#include "base/try.h"
#include "guardian/delivery.h"
#include "guardian/ledger_impl.h"
#include "guardian/ndr.h"
#include "guardian/smtp.h"

namespace mapiguard {
namespace {

constexpr std::int64_t kSecond = kNsPerSecond;
constexpr std::int64_t kHour = 3600 * kSecond;
constexpr std::int64_t kFirstPause = 300 * kSecond, kLongestPause = 4 * kHour;
constexpr std::int64_t kKept = 90 * 24 * kHour;  // rows that are done
constexpr double kSendmailSeconds = 60;
constexpr std::int64_t kClaim = 5 * 60 * kSecond;  // longer than a try may take: then another process may try
static_assert(kClaim > 2 * kSecond * std::max(static_cast<long>(kSendmailSeconds), kSmtpSeconds));
constexpr unsigned kAtOnce = 100;

std::int64_t pause_after(unsigned tries) { return std::min(kFirstPause << std::min(tries - 1, 10u), kLongestPause); }

SmtpServer smtp_server(const SettingValues& values, const Transport& transport, const NdrOrigin& origin) {
  const auto tls = smtp_tls_named(values.text(setting::kSmtpTls));
  return {transport.path, origin.reporting_mta, tls.value_or(SmtpServer::Tls::required),
          values.text(setting::kSmtpCaFile), values.text(setting::kSmtpCredentials)};
}

class Courier {
 public:
  Courier(Ledger::Impl& ledger, SettingValues values, Transport transport, const std::stop_token& stop)
      : ledger_(ledger),
        values_(std::move(values)),
        transport_(std::move(transport)),
        stop_(stop),
        origin_(ndr_origin(values_)),
        smtp_(smtp_server(values_, transport_, origin_)) {}

  Result<void> deliver(const OutboxRow& row) {
    if (stop_.stop_requested()) return {};
    const auto outcome = try_once(row);
    if (!outcome) return std::unexpected(outcome.error());
    if (!*outcome) return {};  // another process has it
    if ((*outcome)->unreachable) unreachable_ = (*outcome)->reason;
    if (stop_.stop_requested() && (*outcome)->unreachable) return give_back(row);
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
    // One that cannot be reached is not asked again for each report: a hundred would wait for a hundred timeouts.
    if (!unreachable_.empty()) return DeliveryOutcome{DeliveryOutcome::Kind::again, unreachable_, true};
    const std::string text = compose_ndr(row, origin_, false);
    return transport_.kind == Transport::Kind::smtp
               ? smtp_.send(row.sender, text, stop_)
               : deliver_by_sendmail(transport_.path, row.sender, text, kSendmailSeconds);
  }

  // We end before anything was tried: the next process need not wait for our claim to run out.
  Result<void> give_back(const OutboxRow& row) {
    return ledger_.store->write([&](Session& session) -> Result<void> {
      auto found = outbox_row(session, row.id);
      if (!found) return std::unexpected(std::move(found.error()));
      if (!*found || (*found)->state != "queued") return {};
      (*found)->next_try = row.next_try;
      return put_outbox(session, **found);
    });
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
  const std::stop_token& stop_;
  const NdrOrigin origin_;
  SmtpClient smtp_;
  std::string unreachable_;  // why, once it has shown
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

Result<void> Ledger::Impl::deliver(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const auto rows = due_rows(*this);
    if (!rows) return std::unexpected(rows.error());
    if (rows->empty()) return {};
    auto values = settings();
    if (!values) return std::unexpected(std::move(values.error()));
    auto transport = transport_of(values->text(setting::kNdrTransport), dir);
    if (!transport) return std::unexpected(std::move(transport.error()));
    Courier sender(*this, std::move(*values), std::move(*transport), stop);
    for (const OutboxRow& row : *rows) MAPIGUARD_TRY(sender.deliver(row));
    export_in_passing();
    if (rows->size() < kAtOnce) return {};
  }
  return {};
}

std::optional<std::int64_t> Ledger::Impl::deliver_in_passing(const std::stop_token& stop) {
  if (const auto done = deliver(stop); !done) {
    log(LogLevel::warning, "NDRs wait: " + done.error().message);
    return std::nullopt;
  }
  std::optional<std::int64_t> next;
  const auto asked = store->read([&](Session& session) -> Result<void> {
    const auto found = outbox_next(session);
    if (!found) return std::unexpected(found.error());
    next = *found;
    return {};
  });
  if (!asked || !next) return std::nullopt;
  return *next - clock.now_ns();
}

Result<void> Ledger::deliver_outbox() { return impl_->deliver({}); }

Result<void> Ledger::deliver_outbox_soon() {
  const auto values = impl_->settings();
  if (!values) return std::unexpected(values.error());
  if (values->text(setting::kNdrTransport).starts_with("maildir:")) return deliver_outbox();
  impl_->courier.wake();
  return {};
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
