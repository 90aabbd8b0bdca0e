// Events: what the ledger tells. 9680 and 9681 are Exchange's (source, category and parameters as it had them); the
// others are ours, with a source of their own so that no number can be mistaken.
//
// params of every event about a message: [database, folder ID, message ID]. A message that comes from outside is in no
// folder of a store: its folder ID is "0-0".
//
// Thread promise: pure functions.
#pragma once

#include <string>

#include "guardian/identity.h"
#include "guardian/ledger.h"
#include "persist/event_log.h"

namespace mapiguard {

inline constexpr char kStoreSource[] = "MSExchangeIS Mailbox Store";
inline constexpr char kContentEngine[] = "Content Engine";
inline constexpr char kOwnSource[] = "mapiguard";
inline constexpr char kGuardCategory[] = "Guard";
inline constexpr char kNoFolder[] = "0-0";

inline constexpr unsigned kEventCharge = 9680;
inline constexpr unsigned kEventBlock = 9681;
// Ours, source "mapiguard":
inline constexpr unsigned kEventSupervisorDied = 501;  // information: a message was in flight when its supervisor died
inline constexpr unsigned kEventHeld = 502;            // warning: held after unexplained deaths
inline constexpr unsigned kEventNoCopy = 503;     // warning: a blocked message could not be copied to the quarantine
inline constexpr unsigned kEventForgotten = 504;  // information: suspects were dropped, their table being full
inline constexpr unsigned kEventUnblocked = 505;  // warning: the eleventh entry of an exact PoisonIDs unblocked one
inline constexpr unsigned kEventNdrFailed = 506;  // warning: an NDR could not be delivered
inline constexpr unsigned kEventReleased = 507;   // information: by the administrator
inline constexpr unsigned kEventRemoved = 508;    // information: record and copy, by the administrator
inline constexpr unsigned kEventSettingChanged = 509;  // information
inline constexpr unsigned kEventBreakerOpen = 511;    // error: this build dies on known messages
inline constexpr unsigned kEventBreakerClosed = 512;  // information
inline constexpr unsigned kEventParoled = 513;        // information: released, as a new build converts it
inline constexpr unsigned kEventOtherContent = 514;   // warning: known key, other content; it was delivered
inline constexpr unsigned kEventCancelled = 510;  // information: a charge, by a clean replay; the worker is to blame

struct EventContext {
  std::string database;
  std::int64_t now = 0;
};

// The name of a message as it may be shown.
std::string shown_name(const Identity& identity);
std::string shown_name(const Digest& sha256, const std::string& shown_message_id);

struct ChargeFacts {
  unsigned crashes = 0;  // with this one
  std::uint32_t threshold = 0;
};
StoredEvent charge_event(const EventContext& context, const Identity& identity, const Death& death,
                         const ChargeFacts& facts);

struct BlockFacts {
  unsigned crashes = 0;
  std::uint32_t threshold = 0;
  std::string copy;  // "stored", or why not
  std::string ndr;   // "queued", or "none: …"
  std::string ndr_id;
};
StoredEvent block_event(const EventContext& context, const Identity& identity, const Death& death,
                        const BlockFacts& facts);
StoredEvent held_event(const EventContext& context, const Identity& identity, const Death& death,
                       unsigned uncharged_alone);
StoredEvent cancelled_event(const EventContext& context, const Identity& identity, const Acquittal& acquittal);
StoredEvent supervisor_event(const EventContext& context, const InflightRow& row);
// Any other about one message, in one sentence; `ext` is a JSON object.
StoredEvent own_event(const EventContext& context, unsigned event_id, const std::string& severity,
                      const std::string& name, const std::string& text, const std::string& ext);

}  // namespace mapiguard
