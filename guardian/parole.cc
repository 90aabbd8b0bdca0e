#include "guardian/parole.h"

#include <algorithm>
#include <stop_token>

#include "base/log.h"
#include "base/try.h"
#include "guardian/limits.h"
#include "guardian/signals_blocked.h"
#include "guardian/snapshot.h"

namespace mapiguard {
namespace {

// Larger ones wait for the administrator's `poison retry`.
constexpr std::uint64_t kLargest = kSnapshotInMemory;

Result<Snapshot> copy_of(Ledger& ledger, const Digest& sha256, const std::string& state_dir) {
  std::vector<std::byte> bytes;
  MAPIGUARD_TRY(ledger.export_copy(hex(sha256), [&](Bytes piece) -> Result<void> {
    if (bytes.size() + piece.size() > kLargest) return fail(ErrorCode::io, "it is too large to be tried in passing");
    bytes.insert(bytes.end(), piece.begin(), piece.end());
    return {};
  }));
  return Snapshot::of_bytes(bytes, state_dir);
}

}  // namespace

Parole::Parole(Ledger& ledger, Pool& pool, DigestLocks& digests, const GuardOptions& options, std::string build)
    : ledger_(ledger), pool_(pool), digests_(digests), options_(options), build_(std::move(build)) {
  if (options.converter || options.isolation == Isolation::none) return;
  auto candidates = ledger_.parole_candidates(build_);
  if (!candidates || candidates->empty()) return;
  const SignalsBlocked blocked;
  over_ = false;
  thread_ = std::jthread([this, list = std::move(*candidates)](const std::stop_token& stop) { run(stop, list); });
}

void Parole::run(const std::stop_token& stop, const std::vector<Digest>& candidates) {
  for (const Digest& sha256 : candidates) {
    if (stop.stop_requested()) break;
    if (const auto tried = try_one(sha256); !tried)
      log(LogLevel::information, "message " + hex(sha256).substr(0, 16) + " was not tried with build " + build_ + ": " + tried.error().message);
  }
  const std::lock_guard lock(mutex_);
  over_ = true;
  changed_.notify_all();
}

void Parole::end(std::chrono::milliseconds patience) {
  thread_.request_stop();
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, patience, [&] { return over_; });
}

Result<void> Parole::try_one(const Digest& sha256) {
  const auto lock = digests_.take(sha256, 0);
  if (!lock) return std::unexpected(lock.error());
  const auto snapshot = copy_of(ledger_, sha256, options_.state_dir);
  if (!snapshot) return std::unexpected(snapshot.error());
  Task task;
  task.message = &*snapshot;
  task.output_limit = std::max<std::uint64_t>(options_.output_bytes, kOutputInMemory);
  task.alone = true;
  const Attempt attempt = pool_.run(task);
  if (attempt.failure) return std::unexpected(*attempt.failure);
  // A death that nobody is charged for says nothing: the next start tries again.
  if (attempt.ending && !is_chargeable(judge(*attempt.ending, options_, false).death)) return {};
  return ledger_.end_parole(sha256, build_, attempt.reply.has_value());
}

}  // namespace mapiguard
