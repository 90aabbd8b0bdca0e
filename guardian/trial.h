// Trial: one death brought before the ledger. The decision is made inside the transaction that writes it; since a copy
// for the quarantine takes time and must be durable before it is named, the likely decision is looked at first.
//
// Thread promise: belongs to one thread.
#pragma once

#include <optional>
#include <string>

#include "guardian/ledger_impl.h"

namespace mapiguard {

class Trial {
 public:
  Trial(Ledger::Impl& ledger, const Identity& identity, const Envelope& envelope, const Death& death);
  ~Trial();  // removes a copy that was kept for a block that did not come
  Trial(const Trial&) = delete;

  // Whether the decision would be a block now that wants a copy of the message.
  Result<bool> needs_copy();
  // Puts the message's bytes into the quarantine, or remembers why they cannot be there.
  void keep_copy(const Ledger::CopySource& copy);
  // The transaction. nullopt: it came to a block that was not foreseen, and nothing has been written.
  Result<std::optional<Decision>> decide_and_record();
  // For a supervisor's death, within the transaction that settles its table.
  Result<void> settle(Session& session, const InflightRow& row);

 private:
  struct Case {
    SettingValues values;
    Standing standing;
    Action action = Action::charge;
    Suspect suspect;  // this copy's row, as it will be written
  };
  Result<Case> hear(Session& session) const;
  Result<void> record(Session& session, Case& the_case);
  void describe(Suspect& suspect) const;
  Result<void> charge(Session& session, Case& the_case);
  Result<void> block(Session& session, Case& the_case);
  Result<std::string> queue_ndr(Session& session, const Case& the_case, std::string& ndr_id);
  Result<void> leave_alone(Session& session, Case& the_case);

  Ledger::Impl& ledger_;
  const Identity& identity_;
  const Envelope& envelope_;
  const Death& death_;
  const Digest message_key_;
  std::int64_t now_;
  std::string copy_;  // "" = not tried, kCopyStored, or why there is none
  std::uint64_t copy_bytes_ = 0;
  bool copy_named_ = false;
};

// Entries of PoisonIDs beyond the ten newest lose their charges and their block (Mapiguard\Exact PoisonIDs).
Result<void> drop_beyond_ten(Session& session, const SettingValues& values, std::int64_t now);
// The oldest suspects go when there are more than Mapiguard\Suspects Max.
Result<void> drop_oldest_suspects(Session& session, const SettingValues& values, std::int64_t now);

// Why no NDR is due for that envelope, "" when one is. "no sender", "null sender", "report", "rate limit" …
Result<std::string> reason_for_no_ndr(Session& session, const SettingValues& values, const Envelope& envelope,
                                      std::int64_t now);
// The address inside, without blanks and angle brackets.
std::string bare_address(std::string_view address);

}  // namespace mapiguard
