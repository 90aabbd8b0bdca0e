// Rules over a state directory and its host.
#include <array>

#include "base/json_text.h"
#include "base/text.h"
#include "persist/settings_table.h"
#include "tools/analyzer/rules.h"

namespace mapiguard {
namespace {

std::string mib(std::uint64_t bytes) { return std::to_string(bytes >> 20); }

// The quarantine's usual state is far below this; what comes in a day fits above it.
bool is_nearly_full(const StateFacts& facts) {
  return facts.quarantine_most > 0 && facts.quarantine_bytes * 5 >= facts.quarantine_most * 4;
}

std::vector<Hit> database_damaged(const StateFacts& facts) {
  if (!facts.damage) return {};
  return {{facts.dir + "/state.db", json_quoted(*facts.damage), {{"detail", *facts.damage}}}};
}

std::vector<Hit> breaker_open(const StateFacts& facts) {
  if (!facts.breaker_is_open) return {};
  return {{facts.dir + "/state.db: breaker", json_quoted("open"), {}}};
}

std::vector<Hit> fsync_fails(const StateFacts& facts) {
  if (facts.file_system.fsync_error.empty()) return {};
  return {{facts.dir,
           json_quoted(displayable(facts.file_system.fsync_error)),
           {{"detail", displayable(facts.file_system.fsync_error)}}}};
}

std::vector<Hit> volatile_directory(const StateFacts& facts) {
  const FileSystemFacts& system = facts.file_system;
  if (system.weakness.empty()) return {};
  return {{facts.dir,
           json_quoted(displayable(system.type)),
           {{"type", system.type}, {"mount", system.mount}, {"detail", system.weakness}}}};
}

std::vector<Hit> sandbox_layers(const StateFacts& facts) {
  std::vector<Hit> hits;
  for (const SandboxLayer& layer : facts.sandbox)
    if (!layer.active)
      hits.push_back({"sandbox: " + layer.name,
                      json_quoted("missing"),
                      {{"layer", layer.name}, {"detail", displayable(layer.detail)}}});
  return hits;
}

std::vector<Hit> held_messages(const StateFacts& facts) {
  if (facts.held.empty()) return {};
  std::vector<std::string> ids;
  std::string joined;
  for (const std::string& id : facts.held) {
    ids.push_back(displayable(id));
    joined += (joined.empty() ? "" : ", ") + ids.back();
  }
  return {{facts.dir + "/state.db: held messages",
           json_array(ids),
           {{"count", counted(ids.size(), "message is", "messages are")}, {"ids", displayable(joined)}}}};
}

Hit reports(const StateFacts& facts, std::uint64_t count, std::string_view state, std::string words) {
  const std::string error = facts.report_error.empty() ? "no reason is known" : displayable(facts.report_error);
  return {facts.dir + "/state.db: reports " + std::string(state),
          std::to_string(count),
          {{"count", std::move(words)}, {"error", error}}};
}
std::vector<Hit> reports_stuck(const StateFacts& facts) {
  return facts.reports_stuck
             ? std::vector{reports(facts, facts.reports_stuck, "tried in vain",
                                   counted(facts.reports_stuck, "non-delivery report", "non-delivery reports"))}
             : std::vector<Hit>();
}
std::vector<Hit> reports_given_up(const StateFacts& facts) {
  return facts.reports_given_up ? std::vector{reports(facts, facts.reports_given_up, "given up",
                                                      counted(facts.reports_given_up, "non-delivery report was",
                                                              "non-delivery reports were"))}
                                : std::vector<Hit>();
}

std::vector<Hit> quarantine_near_limit(const StateFacts& facts) {
  if (!is_nearly_full(facts)) return {};
  return {{facts.dir + "/quarantine",
           json_quoted(mib(facts.quarantine_bytes) + " MiB"),
           {{"used", mib(facts.quarantine_bytes)}, {"most", mib(facts.quarantine_most)}}}};
}

std::vector<Hit> little_room(const StateFacts& facts) {
  if (facts.free_bytes > facts.free_least) return {};
  return {{facts.dir,
           json_quoted(mib(facts.free_bytes) + " MiB"),
           {{"free", mib(facts.free_bytes)}, {"least", mib(facts.free_least)}}}};
}

std::vector<Hit> waits_for_this_build(const StateFacts& facts) {
  if (facts.waiting_for_this_build == 0) return {};
  const std::string count = std::to_string(facts.waiting_for_this_build);
  return {{facts.dir + "/quarantine",
           count,
           {{"count", counted(facts.waiting_for_this_build, "blocked message was", "blocked messages were")}}}};
}

std::string hours(std::int64_t milliseconds) { return std::to_string(milliseconds / 3'600'000); }

// Rows go with their whole partition, at the cleanup after the last of them has expired.
std::vector<Hit> deliveries_older_than_explained(const StateFacts& facts) {
  const auto& kept = facts.deliveries;
  const std::int64_t explained = kept.window_ms + kept.window_ms / 4 + 2 * kept.cleanup_ms;
  if (kept.rows == 0 || kept.oldest_ms <= explained) return {};
  return {{facts.dir + "/delivered",
           std::to_string(kept.rows),
           {{"rows", counted(kept.rows, "delivery is", "deliveries are")},
            {"oldest", hours(kept.oldest_ms)},
            {"window", hours(kept.window_ms)}}}};
}

std::vector<Hit> deliveries_damaged(const StateFacts& facts) {
  const std::uint64_t damaged = facts.deliveries.damaged_files;
  if (damaged == 0) return {};
  return {{facts.dir + "/delivered", std::to_string(damaged), {{"count", counted(damaged, "file was", "files were")}}}};
}

constexpr std::array kRules = {
    StateRule{"state-database-damaged", database_damaged},
    StateRule{"breaker-open", breaker_open},
    StateRule{"fsync-fails", fsync_fails},
    StateRule{"state-directory-volatile", volatile_directory},
    StateRule{"sandbox-layer-missing", sandbox_layers},
    StateRule{"messages-held", held_messages},
    StateRule{"reports-stuck", reports_stuck},
    StateRule{"reports-given-up", reports_given_up},
    StateRule{"quarantine-near-limit", quarantine_near_limit},
    StateRule{"delivered-to-larger-than-its-window", deliveries_older_than_explained},
    StateRule{"delivered-to-damaged", deliveries_damaged},
    StateRule{"little-room", little_room},
    StateRule{"quarantine-waits-for-this-build", waits_for_this_build},
};

}  // namespace

std::span<const StateRule> state_rules() { return kRules; }

}  // namespace mapiguard
