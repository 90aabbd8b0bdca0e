// Outbox: non-delivery reports that are to be sent, as the facts from which each is written (again and again the same).
//
// Thread promise: functions of a Session.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "persist/state_store.h"

namespace mapiguard {

struct OutboxRow {
  std::string id;  // also its file name and the left part of its Message-ID
  Digest sha256{};
  std::string message_id;  // trusted, as it may be shown; "" = unknown
  std::string sender;      // whom it is for
  std::vector<std::string> recipients;
  std::string status;  // RFC 3463: "5.3.0"
  std::string death_class;
  unsigned crashes = 0;
  std::int64_t arrived = 0, created = 0, next_try = 0;  // ns
  unsigned tries = 0;
  std::string state = "queued";  // "queued", "delivered", "failed", "expired", "dropped"
  std::string last_error;
};

Result<void> put_outbox(Session& session, const OutboxRow& row);
Result<std::optional<OutboxRow>> outbox_row(Session& session, std::string_view id);
Result<std::vector<OutboxRow>> outbox_rows(Session& session);                                  // oldest first
Result<std::vector<OutboxRow>> outbox_due(Session& session, std::int64_t now, unsigned most);  // queued, oldest first
// When the next queued row is due, ns since 1970.
Result<std::optional<std::int64_t>> outbox_next(Session& session);
// How many were made for that sender (letters' case ignored) at or after `since`.
Result<std::uint64_t> outbox_count(Session& session, std::string_view sender, std::int64_t since);
// Puts next_try to `until` if the row is still queued and due; false when somebody else has it.
Result<bool> claim_outbox(Session& session, std::string_view id, std::int64_t now, std::int64_t until);
// Of that message, as far as they are not sent: "dropped".
Result<void> drop_queued_ndrs(Session& session, const Digest& sha256);
// Rows that are done and older than `before` go.
Result<void> prune_outbox(Session& session, std::int64_t before);

}  // namespace mapiguard
