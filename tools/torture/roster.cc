#include "tools/torture/roster.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/try.h"
#include "persist/settings_table.h"

namespace mapiguard::torture {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kCharged = 9680, kBlocked = 9681, kCancelled = 510;
// What `doctor` says of the host rather than of the record: how much room there is.
constexpr std::array<std::string_view, 2> kOfTheHost = {"free room", "quarantine"};

struct Counts {
  unsigned charges = 0, blocks = 0, cancelled = 0, ndrs = 0, delivered = 0;
};

std::string sha256_of(const EventRow& event) {
  const auto ext = nlohmann::json::parse(event.ext, nullptr, false);
  const auto found = ext.is_object() ? ext.find("sha256") : ext.end();
  return found != ext.end() && found->is_string() ? found->get<std::string>() : std::string();
}

using Record = std::map<std::string, Counts>;

Result<void> read_events(Ledger& ledger, Record& record) {
  for (const unsigned id : {kCharged, kBlocked, kCancelled}) {
    EventFilter filter;
    filter.event_id = id;
    const auto events = ledger.events(filter);
    if (!events) return std::unexpected(events.error());
    for (const EventRow& event : *events) {
      Counts& counts = record[sha256_of(event)];
      ++(id == kCharged ? counts.charges : id == kBlocked ? counts.blocks : counts.cancelled);
    }
  }
  return {};
}

std::map<std::string, Counts> ndrs_by_message(const std::vector<NdrRow>& rows) {
  std::map<std::string, Counts> found;
  for (const NdrRow& row : rows) {
    ++found[row.message_id].ndrs;
    found[row.message_id].delivered += row.state == "delivered";
  }
  return found;
}

std::uint64_t files_in(const std::string& folder) {
  std::error_code absent;
  std::uint64_t count = 0;
  for (const char* part : {"new", "cur", "tmp"})
    for (fs::directory_iterator entry(folder + "/" + part, absent), end; !absent && entry != end;
         entry.increment(absent))
      ++count;
  return count;
}

void check_killer(const Roster::Killer& killer, const Counts& record, const Counts& ndrs, bool is_blocked, unsigned due,
                  Findings& findings) {
  std::string wrong;
  const auto expect = [&](bool holds, const std::string& sentence) {
    if (!holds) wrong += (wrong.empty() ? killer.name + ": " : ", ") + sentence;
  };
  expect(record.charges == due + killer.forgiven,
         std::to_string(record.charges) + " charges instead of " + std::to_string(due + killer.forgiven));
  expect(record.cancelled == 0, "charges were cancelled");
  expect(is_blocked, "not blocked");
  expect(record.blocks >= 1, "no event 9681");
  expect(ndrs.ndrs >= 1, "no NDR");
  expect(ndrs.ndrs == 0 || ndrs.delivered >= 1, "its NDR was not delivered");
  expect(killer.refused, "was not refused when it came again");
  findings.check(Promise::blocked, wrong.empty(), wrong);
  findings.check(
      Promise::duplicated, record.blocks <= 1 && ndrs.ndrs <= 1,
      killer.name + ": " + std::to_string(record.blocks) + " events 9681, " + std::to_string(ndrs.ndrs) + " NDRs");
}

void check_innocents(const std::map<std::string, Roster::Killer>& killers, const Record& record, Findings& findings) {
  for (const auto& [sha256, counts] : record)
    if (!killers.contains(sha256))
      findings.check(
          Promise::charged, false,
          "sha256:" + sha256.substr(0, 16) + " has " + std::to_string(counts.charges) + " charges and did nothing");
}

void check_view(const PoisonView& view, std::size_t killers, Findings& findings) {
  const std::size_t due = std::min<std::size_t>(killers, kPoisonIdsShown);
  findings.check(Promise::view, view.poison_ids.size() == due,
                 std::to_string(view.poison_ids.size()) + " shown of " + std::to_string(killers) + " blocked messages");
  findings.check(Promise::sound, view.in_flight.empty(),
                 std::to_string(view.in_flight.size()) + " messages are still in flight");
  findings.check(
      Promise::sound, view.suspects == 0 && view.held.empty(),
      std::to_string(view.suspects) + " suspects and " + std::to_string(view.held.size()) + " held messages are left");
}

void check_health(Ledger& ledger, Findings& findings) {
  for (const Ledger::Health& fact : ledger.health())
    if (std::ranges::find(kOfTheHost, fact.name) == kOfTheHost.end())
      findings.check(Promise::sound, fact.ok, fact.name + ": " + fact.detail);
}

}  // namespace

Envelope envelope_of(const std::string& name) {
  Envelope envelope;
  envelope.message_id = "<" + name + "@torture.invalid>";
  envelope.sender = name + "@torture.invalid";
  envelope.recipients = {"somebody@torture.invalid"};
  return envelope;
}

void Roster::add(const Message& message) {
  const std::lock_guard lock(mutex_);
  killers_[hex(message.sha256())] = {message.name, message.fault, 0, false};
}

void Roster::note_refused(const std::string& sha256) {
  const std::lock_guard lock(mutex_);
  if (const auto found = killers_.find(sha256); found != killers_.end()) found->second.refused = true;
}

void Roster::note_released(const std::string& sha256, unsigned charges) {
  const std::lock_guard lock(mutex_);
  if (const auto found = killers_.find(sha256); found != killers_.end()) found->second.forgiven += charges;
}

std::size_t Roster::size() const {
  const std::lock_guard lock(mutex_);
  return killers_.size();
}

std::map<std::string, Roster::Killer> Roster::killers() const {
  const std::lock_guard lock(mutex_);
  return killers_;
}

Result<unsigned> release_held(Ledger& ledger, Roster& roster) {
  const auto view = ledger.poison_view();
  if (!view) return std::unexpected(view.error());
  for (const PoisonRow& row : view->held) {
    MAPIGUARD_TRY(ledger.release("sha256:" + hex(row.sha256)));
    roster.note_released(hex(row.sha256), row.crashes);
  }
  return static_cast<unsigned>(view->held.size());
}

Result<void> examine_record(const std::string& state_dir, const Roster& roster, Findings& findings) {
  const auto ledger = Ledger::open(state_dir);
  if (!findings.check(Promise::sound, ledger.has_value(), ledger ? "" : "cannot be opened: " + ledger.error().message))
    return {};
  const auto settled = (*ledger)->settle();
  findings.check(Promise::sound, settled.has_value(), settled ? "" : "cannot be settled: " + settled.error().message);
  MAPIGUARD_TRY((*ledger)->deliver_outbox());
  const auto view = (*ledger)->poison_view();
  const auto blocked = (*ledger)->blocked_rows();
  const auto rows = (*ledger)->ndrs();
  const auto threshold = (*ledger)->setting(setting::kPoisonThreshold);
  if (!view) return std::unexpected(view.error());
  if (!blocked) return std::unexpected(blocked.error());
  if (!rows) return std::unexpected(rows.error());
  if (!threshold) return std::unexpected(threshold.error());
  Record record;
  MAPIGUARD_TRY(read_events(**ledger, record));
  auto ndrs = ndrs_by_message(*rows);
  std::set<std::string> blocked_digests;
  for (const PoisonRow& row : *blocked) blocked_digests.insert(hex(row.sha256));
  const auto killers = roster.killers();
  const unsigned due = static_cast<unsigned>(std::stoul(threshold->value)) + 1;
  for (const auto& [sha256, killer] : killers)
    check_killer(killer, record[sha256], ndrs[envelope_of(killer.name).message_id], blocked_digests.contains(sha256),
                 due, findings);
  check_innocents(killers, record, findings);
  const std::uint64_t delivered = static_cast<std::uint64_t>(std::ranges::count(*rows, "delivered", &NdrRow::state));
  const std::uint64_t files = files_in(state_dir + "/ndr");
  findings.check(Promise::duplicated, files == delivered,
                 std::to_string(files) + " files in the Maildir for " + std::to_string(delivered) + " delivered NDRs");
  check_view(*view, killers.size(), findings);
  check_health(**ledger, findings);
  return {};
}

}  // namespace mapiguard::torture
