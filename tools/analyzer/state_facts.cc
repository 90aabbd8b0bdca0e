#include "tools/analyzer/state_facts.h"

#include <sstream>

#include <mapiguard/version.h>
#include "base/clock.h"
#include "base/env.h"
#include "base/text.h"
#include "base/try.h"
#include "guardian/duplicates.h"

namespace mapiguard {
namespace {

// mountinfo writes blank, tab, line end and backslash as \040 and so on (proc(5)).
std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_escape =
        text[i] == '\\' && i + 3 < text.size() && text.substr(i + 1, 3).find_first_not_of("01234567") == text.npos;
    if (!is_escape) {
      out.push_back(text[i]);
      continue;
    }
    out.push_back(static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0')));
    i += 3;
  }
  return out;
}

bool holds(const std::string& mount, const std::string& dir) {
  return dir == mount || (dir.starts_with(mount) && (mount.ends_with('/') || dir[mount.size()] == '/'));
}

bool has_option(std::string_view options, std::string_view wanted) {
  for (std::size_t at = 0; at <= options.size();) {
    const std::size_t end = std::min(options.find(',', at), options.size());
    if (options.substr(at, end - at) == wanted) return true;
    at = end + 1;
  }
  return false;
}

std::string weakness_of(std::string_view type, std::string_view options) {
  if (type == "tmpfs" || type == "ramfs") return "it is in memory, and gone with the next start of the host";
  if (has_option(options, "volatile")) return "it is mounted with the option 'volatile', by which fsync does nothing";
  for (const std::string_view option : {"nobarrier", "barrier=0"})
    if (has_option(options, option))
      return "it is mounted with the option '" + std::string(option) +
             "', by which the disk may write in another order";
  return {};
}

// A file of ours, made and synced as the database's are.
std::string fsync_error_in(const std::string& dir) {
  auto file = AtomicFile::create(posix_env(), dir + "/fsync-check", 0600);
  if (!file) return file.error().message;
  if (const auto written = file->write(as_bytes("x")); !written) return written.error().message;
  if (const auto done = file->commit(); !done) return done.error().message;
  const auto removed = posix_env().remove(dir + "/fsync-check");
  return removed ? std::string() : removed.error().message;
}

std::string mount_table() {
  std::string text;
  static_cast<void>(posix_env().read("/proc/self/mountinfo", 0, [&](Bytes piece) -> Result<void> {
    text += as_chars(piece);
    return {};
  }));
  return text;
}

Result<void> read_reports(Ledger& ledger, StateFacts& facts) {
  const auto rows = ledger.ndrs();
  if (!rows) return std::unexpected(rows.error());
  for (const NdrRow& row : *rows) {
    const bool is_stuck = row.state == "queued" && row.tries > 0;
    const bool is_given_up = row.state == "failed" || row.state == "expired";
    facts.reports_stuck += is_stuck;
    facts.reports_given_up += is_given_up;
    if ((is_stuck || is_given_up) && !row.last_error.empty()) facts.report_error = row.last_error;
  }
  return {};
}

Result<void> read_poison(Ledger& ledger, StateFacts& facts) {
  const auto view = ledger.poison_view();
  if (!view) return std::unexpected(view.error());
  for (const PoisonRow& row : view->held) facts.held.push_back(row.message_id);
  const auto open = ledger.breaker(kBuildId);
  if (!open) return std::unexpected(open.error());
  facts.breaker_is_open = *open;
  const auto waiting = ledger.parole_candidates(kBuildId);
  if (!waiting) return std::unexpected(waiting.error());
  facts.waiting_for_this_build = waiting->size();
  return {};
}

Result<void> read_deliveries(Ledger& ledger, StateFacts& facts) {
  const auto folder = posix_env().info(facts.dir + "/delivered");
  if (!folder) return std::unexpected(folder.error());
  if (!*folder) return {};  // nobody has asked for duplicates yet
  const auto duplicates = Duplicates::open(facts.dir, ledger, Duplicates::Cleaner::none);
  if (!duplicates) return std::unexpected(duplicates.error());
  const auto stats = (*duplicates)->store().stats();
  if (!stats) return std::unexpected(stats.error());
  const TrackingRules& rules = (*duplicates)->rules();
  const std::int64_t now = system_clock().now_ns();
  const std::int64_t oldest_ms = stats->oldest_wall_ns ? (now - *stats->oldest_wall_ns) / 1'000'000 : 0;
  facts.deliveries = {stats->rows, stats->damaged_files, oldest_ms, rules.window_ms, rules.cleanup_ms};
  return {};
}

Result<void> read_room(Ledger& ledger, StateFacts& facts) {
  const auto room = ledger.quarantine_room();
  if (!room) return std::unexpected(room.error());
  facts.quarantine_bytes = room->used;
  facts.quarantine_most = room->most;
  facts.free_least = room->free_least;
  const auto free = posix_env().free_bytes(facts.dir);
  if (!free) return std::unexpected(free.error());
  facts.free_bytes = *free;
  return {};
}

}  // namespace

FileSystemFacts file_system_of(const std::string& dir, std::string_view mountinfo) {
  FileSystemFacts facts;
  std::istringstream lines{std::string(mountinfo)};
  for (std::string line; std::getline(lines, line);) {
    // id parent device root MOUNT options optional… - TYPE source super-options
    const std::size_t dash = line.find(" - ");
    if (dash == std::string::npos) continue;
    std::istringstream left(line.substr(0, dash)), right(line.substr(dash + 3));
    std::string id, parent, device, root, mount, options, type, source, super_options;
    left >> id >> parent >> device >> root >> mount >> options;
    right >> type >> source >> super_options;
    mount = unescaped(mount);
    if (!holds(mount, dir) || mount.size() < facts.mount.size()) continue;
    facts = {type, mount, weakness_of(type, options + "," + super_options), {}};
  }
  return facts;
}

Result<StateFacts> state_facts(Ledger& ledger, const std::string& dir, std::vector<SandboxLayer> sandbox) {
  StateFacts facts;
  facts.dir = dir;
  facts.build = kBuildId;
  facts.sandbox = std::move(sandbox);
  MAPIGUARD_TRY(read_room(ledger, facts));
  MAPIGUARD_TRY(read_reports(ledger, facts));
  MAPIGUARD_TRY(read_poison(ledger, facts));
  MAPIGUARD_TRY(read_deliveries(ledger, facts));
  facts.file_system = file_system_of(dir, mount_table());
  facts.file_system.fsync_error = fsync_error_in(dir);
  for (const Ledger::Health& fact : ledger.health())
    if (fact.name == "database" && !fact.ok) facts.damage = fact.detail;
  return facts;
}

}  // namespace mapiguard
