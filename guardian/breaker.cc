#include "guardian/breaker.h"

#include "base/log.h"
#include "guardian/canaries.h"
#include "guardian/limits.h"
#include "guardian/snapshot.h"

namespace mapiguard {
namespace {

constexpr std::chrono::seconds kAlikeWithin{60};
constexpr unsigned kAlike = 8;                  // different messages, this one included
constexpr std::chrono::seconds kLivedFor{10};   // canaries that lived need not be asked again so soon
constexpr std::chrono::seconds kDeadFor{30};    // nor those that died

// A death that a canary may die, too. Somebody's signal says nothing about us.
bool is_dead(const Attempt& attempt, const GuardOptions& options) {
  return attempt.ending && is_chargeable(judge(*attempt.ending, options, false).death);
}

}  // namespace

Breaker::Breaker(Ledger& ledger, Pool& pool, const GuardOptions& options, std::string build)
    : ledger_(ledger),
      pool_(pool),
      options_(options),
      build_(std::move(build)),
      is_wanted_(!options.converter && options.isolation != Isolation::none) {
  if (!is_wanted_) return;
  const auto row = ledger_.breaker(build_);
  open_ = row && *row;
}

bool Breaker::is_recent(std::chrono::steady_clock::time_point when, std::chrono::seconds span) const {
  return when != std::chrono::steady_clock::time_point{} && std::chrono::steady_clock::now() - when < span;
}

// Neither, when no worker could be had: that says nothing about the build.
Breaker::Finding Breaker::try_canaries() {
  Finding finding{.dead = std::nullopt, .all_live = true};
  for (const Canary& canary : canaries()) {
    const auto snapshot = Snapshot::of_bytes(canary.message, options_.state_dir);
    if (!snapshot) return {};
    Task task;
    task.message = &*snapshot;
    task.output_limit = kPlaceOutputBytes;
    task.alone = true;
    const Attempt attempt = pool_.run(task);
    if (is_dead(attempt, options_)) return {std::string(canary.name), false};
    finding.all_live = finding.all_live && attempt.reply.has_value();
  }
  return finding;
}

bool Breaker::is_tripped_by(const Verdict& verdict) {
  if (!is_wanted_ || !is_chargeable(verdict.death)) return false;
  if (open_) return true;
  const auto alike = ledger_.count_alike(verdict, build_, kAlikeWithin.count());
  if (!alike || *alike + 1 < kAlike) return false;
  const std::lock_guard lock(mutex_);
  if (open_) return true;
  if (is_recent(lived_, kLivedFor)) return false;
  const Finding finding = try_canaries();
  if (finding.all_live) lived_ = std::chrono::steady_clock::now();
  if (!finding.dead) return false;
  died_ = std::chrono::steady_clock::now();
  open_ = true;
  if (const auto noted = ledger_.open_breaker(build_, verdict, *finding.dead); !noted)
    log(LogLevel::error, "the open breaker could not be noted: " + noted.error().message);
  return true;
}

bool Breaker::lets_pass() {
  if (!open_) return true;
  const std::lock_guard lock(mutex_);
  if (!open_) return true;
  if (is_recent(died_, kDeadFor)) return false;
  const bool all_live = try_canaries().all_live;
  (all_live ? lived_ : died_) = std::chrono::steady_clock::now();
  if (!all_live) return false;
  open_ = false;
  if (const auto noted = ledger_.close_breaker(build_); !noted)
    log(LogLevel::error, "the closed breaker could not be noted: " + noted.error().message);
  return true;
}

Error Breaker::error(const std::string& build) {
  return {ErrorCode::try_again,
          "conversions are held: build " + build + " kills its workers on messages that it is known to convert",
          "nothing is charged; see 'mapiguard doctor', and install another build or repair the host"};
}

}  // namespace mapiguard
