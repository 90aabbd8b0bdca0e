// The inside of Ledger: what ledger*.cc share. The decisions stand in ledger.cc, the administration in
// ledger_admin.cc, NDRs on their way in ledger_delivery.cc.
//
// Thread promise: an Impl from any thread; the functions of a Session within its transaction.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/env.h"
#include "guardian/delivery_thread.h"
#include "guardian/events.h"
#include "guardian/ledger.h"
#include "persist/attempts.h"
#include "persist/outbox.h"
#include "persist/quarantine.h"
#include "persist/settings_table.h"
#include "persist/state_store.h"

namespace mapiguard {

class Ledger::Impl {
 public:
  Impl(std::string state_dir, Env& env_door, const Clock& the_clock, std::unique_ptr<StateStore> state_store)
      : dir(std::move(state_dir)),
        env(env_door),
        clock(the_clock),
        store(std::move(state_store)),
        courier([this](const std::stop_token& stop) { return deliver_in_passing(stop); }) {}

  Result<SettingValues> settings();
  Result<void> export_events();
  // The same when it is not what was asked for: an export that fails is made up for by the next one.
  void export_in_passing();
  // From now on these are in use. Says which of them were not before.
  std::vector<SettingChange> heed(const SettingValues& values);
  QuarantineLimits quarantine_limits(const SettingValues& values) const;
  Result<void> deliver(const std::stop_token& stop);
  // The same for the delivery thread: says when the next report is due, and logs what failed.
  std::optional<std::int64_t> deliver_in_passing(const std::stop_token& stop);

  const std::string dir;
  Env& env;
  const Clock& clock;
  const std::unique_ptr<StateStore> store;
  std::atomic<bool> is_durable{false};
  std::mutex in_use_mutex;
  std::map<std::string_view, std::string> in_use;  // settings as they were heeded last
  DeliveryThread courier;  // the last: its thread uses all the others
};

EventContext event_context(const SettingValues& values, std::int64_t now);
Result<void> note(Session& session, const SettingValues& values, const StoredEvent& event);

// How the copies of one message stand together, by the rule of Exact PoisonIDs when that is set.
Result<Standing> standing_in(Session& session, const SettingValues& values, const Digest& sha256,
                             const Digest& message_key);

// Counts of one copy go back to nothing; its row goes too, unless a quarantined copy still hangs on it.
Result<void> clear_suspect(Session& session, Suspect suspect, std::int64_t now);

}  // namespace mapiguard
