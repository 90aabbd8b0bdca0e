// Attempts: the ledger of suspects. One row a digest that has died on somebody; copies of one message, told by the
// trusted message ID, share a message_key and are judged together.
//
// The row that a death touches is read, changed and put back within one transaction of the caller.
// Thread promise: functions of a Session.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "persist/state_store.h"

namespace mapiguard {

struct Suspect {
  Digest sha256{};
  Digest message_key{};
  std::string message_id;  // trusted, as it may be shown; "" = unknown
  unsigned crashes = 0;
  unsigned uncharged_alone = 0;
  bool run_alone = false;
  bool held = false;
  bool blocked = false;
  std::int64_t first_crash = 0, last_crash = 0, touched = 0;  // ns; 0 = never
  std::int64_t crash_order = 0;
  std::string death_class;
  std::optional<int> signal;
  std::string stack, build, detail, sender;
  std::vector<std::string> recipients;
  std::uint64_t size = 0;
};

// What a message is known by: the SHA-256 of its trusted ID, else its own digest.
Digest message_key_of(const Digest& sha256, std::string_view trusted_id);

// Of all copies of one message together.
struct Tally {
  std::uint64_t copies = 0;
  unsigned crashes = 0;
  unsigned uncharged_alone = 0;
  bool run_alone = false;
  bool held = false;
  bool blocked = false;
  std::int64_t newest_crash = 0;  // crash_order
};

// `runner` is a Session or a StateStore: the hot read needs no transaction of its own.
Result<Tally> tally_of(StateStore& store, const Digest& sha256, const Digest& message_key);
Result<Tally> tally_of(Session& session, const Digest& sha256, const Digest& message_key);

Result<std::optional<Suspect>> suspect_of(Session& session, const Digest& sha256);
// Rows with that digest or that key, the newest crash first.
Result<std::vector<Suspect>> copies_of(Session& session, const Digest& sha256, const Digest& message_key);
Result<void> put_suspect(Session& session, const Suspect& suspect);
Result<void> erase_suspect(Session& session, const Digest& sha256);
Result<std::int64_t> next_crash_order(Session& session);

// How many charged messages have a newer crash than that: a message's place in the list of PoisonIDs, from 0.
Result<std::uint64_t> charged_messages_after(Session& session, std::int64_t crash_order, std::uint64_t most);
// The keys of the charged messages in order of their newest crash, from place `from` on, at most `most`.
Result<std::vector<Digest>> charged_keys(Session& session, std::uint64_t from, std::uint64_t most);
Result<std::vector<Suspect>> held_suspects(Session& session);
Result<std::vector<Digest>> blocked_keys(Session& session);  // of each blocked message once, newest crash first
Result<std::uint64_t> count_suspects(Session& session);      // messages with a charge that are not blocked

// Of the newest 64 charged rows those with that death, charged since then. `stack` "" = any.
struct DeathKind {
  std::string_view build, death_class, stack;
};
Result<std::vector<Suspect>> charged_alike(Session& session, const DeathKind& kind, std::int64_t since);
// Blocked rows that another build of our own converter has judged, at most `most`. A row names the build of its last
// death; that of an external command begins with "external:".
Result<std::vector<Suspect>> blocked_by_other_builds(Session& session, std::string_view build, std::uint64_t most);

// Rows that no longer fit: when more than `most` rows are not blocked, the oldest of these; those that are neither held
// nor have a copy in quarantine first. At most 100 a call.
Result<std::vector<Suspect>> suspects_beyond(Session& session, std::uint64_t most);

// Digests that begin with that many hexadecimal digits, at most two: one is an answer, two are an ambiguity.
Result<std::vector<Suspect>> suspects_by_prefix(Session& session, std::string_view hex_prefix);
// Rows whose trusted ID is `id`, as it was given or as it is shown.
Result<std::vector<Suspect>> suspects_by_id(Session& session, std::string_view id);

}  // namespace mapiguard
