// Ledger: the guard's memory and its decisions. Every decision is one database transaction: counters, PoisonIDs
// view, quarantine, NDR outbox and events agree or did not happen.
//
// Thread promise: one Ledger may be used from many threads; many processes may open one state directory. Waits
// for another process are bounded (kLedgerWaitSeconds) and end in ErrorCode::try_again, never in a crash.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "guardian/identity.h"
#include "guardian/policy.h"
#include "persist/inflight.h"
#include <mapiguard/guard.h>
#include <mapiguard/result.h>

namespace mapiguard {

inline constexpr unsigned kPoisonIdsShown = 10;  // "up to ten message ID values" (PoisonIDs article)
inline constexpr unsigned kLedgerWaitSeconds = 10;

class Clock;
class Env;
struct TrackingRules;

// The state directory to use: `given`, else $MAPIGUARD_STATE, /var/lib/mapiguard for root, $XDG_STATE_HOME/mapiguard,
// ~/.local/state/mapiguard. Created with mode 0700. Errors: config (foreign, group-writable, cannot be created).
Result<std::string> open_state_dir(std::string_view given);
// Its path alone, which need not exist; "" where the environment names none.
std::string state_dir_path(std::string_view given);

// A death, as the verdict judged it.
struct Death {
  Verdict verdict;        // verdict.charged is set by the ledger
  bool alone = false;
  bool company = false;
  unsigned attempt = 1;
  std::string build;      // converter build, or the external command's name
  std::string phase;      // what the worker said it was doing: untrusted
  std::string found_message_id;  // what the worker said it found: untrusted
  std::string crash_report;      // JSON text kept with the quarantined message
  std::uint64_t size = 0;        // of the message in bytes; 0 = not known
};

// Charges that a clean replay has cancelled.
struct Acquittal {
  unsigned charges = 0;
  Verdict first;  // of their deaths
};

struct Decision {
  Action action = Action::charge;
  unsigned crashes = 0;  // after it
};

struct PoisonRow {
  std::string message_id;  // trusted ID or "sha256:<hex>"
  Digest sha256{};
  unsigned crashes = 0;
  bool blocked = false;
  bool held = false;
  std::string first_crash, last_crash;  // RFC 3339 UTC
  std::string death_class;
  std::optional<int> signal;
  std::string stack, build, detail, sender;
  std::vector<std::string> recipients;
  std::uint64_t size = 0;
  bool has_copy = false;  // in quarantine
  std::string crash_report;
};

struct PoisonView {
  std::uint32_t threshold = 2;
  std::vector<PoisonRow> poison_ids;  // at most ten, newest crash first
  std::uint64_t suspects = 0;         // messages with at least one charge, not blocked
  std::uint64_t quarantined = 0;
  std::vector<PoisonRow> held;
  struct InFlight {
    std::string message_id;
    Digest sha256{};
    std::string since;
  };
  std::vector<InFlight> in_flight;  // of every living process on this state directory
};

// A message that came to a mailbox under a known key, but is another one.
struct OtherContent {
  std::string mailbox, message_id;
  Digest first{}, second{};      // their contents
  std::int64_t first_wall_ns = 0;  // when the first was delivered
};

struct EventRow {
  std::uint64_t seq = 0;
  std::string time;
  unsigned event_id = 0;
  std::string source, severity, category;
  std::vector<std::string> params;
  std::string text;
  std::string ext;  // JSON object
};

struct EventFilter {
  std::optional<unsigned> event_id;
  std::optional<std::string> since;  // RFC 3339
  std::uint64_t after_seq = 0;
};

struct NdrRow {
  std::string id;
  std::string message_id, sender;
  std::string state;  // "queued", "delivered", "failed", "expired", "dropped"
  std::string created, next_try, last_error;
  unsigned tries = 0;
};

class Ledger {
 public:
  // Errors: config (the directory or its database cannot be used; the sentence says what and the hint what to do), io,
  // try_again.
  static Result<std::unique_ptr<Ledger>> open(const std::string& state_dir);
  // With another door to the files and another clock, for tests; both must outlive the ledger.
  static Result<std::unique_ptr<Ledger>> open(const std::string& state_dir, Env& env, const Clock& clock);
  ~Ledger();

  // -- the guard's road ------------------------------------------------------------------------------------
  // How the message stands, by digest, or by a trusted message ID (a blocked ID blocks its copies). Read only, hot.
  Result<Standing> standing(const Identity& identity);
  // One transaction: policy, counters, events, and for a block quarantine + outbox. `copy` gives the message's bytes for
  // the quarantine (read in pieces; called only for a block, before the transaction).
  using CopySource = std::function<Result<void>(const std::function<Result<void>(std::span<const std::byte>)>& write)>;
  Result<Decision> record_death(const Identity& identity, const Envelope& envelope, const Death& death, const CopySource& copy);
  // The conversion succeeded (or the message was found damaged): counts go back to nothing. Call only when !is_clean().
  // `cancelled`: charges of the same call, which its clean replay has shown to be the worker's.
  Result<void> acquit(const Identity& identity, const std::optional<Acquittal>& cancelled = std::nullopt);
  // Rows of supervisors that died become suspects (not charged, run alone next time); their tables are removed.
  Result<unsigned> settle();
  // Delivers what is due in the outbox, as far as it can be done now, and waits for it.
  Result<void> deliver_outbox();
  // The same for one who must not wait: to a Maildir at once, else by a thread of the ledger's, which goes on with the
  // retries as long as the ledger lives (guardian/delivery_thread.h says how long its end may take).
  Result<void> deliver_outbox_soon();
  // Mapiguard\Durable, as it was when the ledger was opened or set it.
  bool is_durable() const;
  // Exports events not yet in events.jsonl.
  Result<void> export_events();

  // -- builds (guardian/ledger_builds.cc) ---------------------------------------------------------------------
  // How many messages were charged for that death with that build within the last seconds.
  Result<unsigned> count_alike(const Verdict& verdict, const std::string& build, std::int64_t seconds);
  // The build was found to be sick: charges of that death within the last minute are taken back, unsent NDRs dropped.
  Result<void> open_breaker(const std::string& build, const Verdict& verdict, const std::string& canary);
  Result<void> close_breaker(const std::string& build);
  Result<bool> breaker(const std::string& build);  // whether it is open
  // Blocked messages, with a copy, that another build has judged; none when Mapiguard\Retry On New Build is 0.
  Result<std::vector<Digest>> parole_candidates(const std::string& build);
  // How such a message fared with this build: released, or judged by this build, too.
  Result<void> end_parole(const Digest& sha256, const std::string& build, bool passed);

  // -- duplicates (guardian/duplicates.h, ledger_duplicates.cc) -----------------------------------------------
  // What the settings say now.
  Result<TrackingRules> tracking_rules();
  Result<void> note_other_content(const OtherContent& found);

  // -- administration --------------------------------------------------------------------------------------
  Result<PoisonView> poison_view();
  // `id`: message ID, "sha256:<hex>" or a unique prefix of the SHA-256. Errors: cannot_open (nothing is known of it), usage
  // (the beginning of several digests).
  Result<PoisonRow> find_poison(std::string_view id);
  // Every blocked message, newest crash first: poison_view() shows ten.
  Result<std::vector<PoisonRow>> blocked_rows();
  Result<void> release(std::string_view id);
  Result<void> forget(std::string_view id);
  // Copies the quarantined bytes to `write`.
  Result<void> export_copy(std::string_view id, const std::function<Result<void>(std::span<const std::byte>)>& write);
  Result<std::vector<EventRow>> events(const EventFilter& filter);
  Result<std::vector<NdrRow>> ndrs();
  // `id`: of the NDR, a unique beginning of it, or the ID of its message. retry: "" = all that are neither delivered nor
  // dropped; they are tried at once.
  Result<void> retry_ndr(std::string_view id);
  Result<void> drop_ndr(std::string_view id);
  // Settings: names as in the table of persist/settings.h.
  Result<void> set_setting(std::string_view name, std::string_view value);
  // Keeps a value outside the range too, as a registry would: the setting's rule says what it means (SettingRow::warning).
  Result<void> import_setting(std::string_view name, std::string_view value);
  Result<void> unset_setting(std::string_view name);
  // What is left of an imported registry: all in one transaction, or nothing. No value: the setting is unset.
  struct SettingImport {
    std::string name;
    std::optional<std::string> value;
  };
  Result<void> import_settings(const std::vector<SettingImport>& imports);
  // Takes up what other processes have set since the ledger was opened or this was called last, and says what.
  Result<std::vector<SettingChange>> reload_settings();
  // How this state directory is named in a registry: made when it is first asked for, the same ever after.
  struct RegistryNames {
    std::string server;                     // this host's name at that time, in capitals
    std::string mailbox_guid, public_guid;  // lower case, without braces
  };
  Result<RegistryNames> registry_names();
  struct SettingRow {
    std::string name, scope, type, unit, value, source, origin;  // origin: "default" (absent), "set", "imported"
    std::string default_value, minimum, maximum, outside;
    std::string stored;  // as it was set or imported; `value` is what it amounts to
    std::string help;
    std::string warning;  // when the stored value is outside the range: what was done about it
  };
  Result<std::vector<SettingRow>> settings();
  Result<SettingRow> setting(std::string_view name);
  struct Room {
    std::uint64_t used = 0, most = 0;  // of the quarantine, bytes
    std::uint64_t free_least = 0;      // what must be left free on the file system
  };
  Result<Room> quarantine_room();
  // Facts about the directory for `doctor`: name, ok, detail.
  struct Health {
    std::string name;
    bool ok = true;
    std::string detail;
  };
  std::vector<Health> health();

  class Impl;  // guardian/ledger_impl.h, of no use to callers

 private:
  explicit Ledger(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace mapiguard
