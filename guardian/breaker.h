// Breaker: is it the message or is it us? When many different messages die the same death within a short time, messages
// that every sound build converts (canaries.h) are tried. If one of those dies, too, the build, its libraries or the host
// are sick: nothing is charged any more, conversions are held until a canary lives again.
//
// The state is a row of the ledger, so that all processes of a state directory share it. Never for external commands: what
// kills those we have no canaries for.
//
// Thread promise: safe from many threads.
#pragma once

#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <string>

#include "guardian/ledger.h"
#include "guardian/pool.h"

namespace mapiguard {

class Breaker {
 public:
  Breaker(Ledger& ledger, Pool& pool, const GuardOptions& options, std::string build);

  // Before a message is dispatched. While the breaker is open the canaries are tried again from time to time; when they
  // live it closes. False: hold the message.
  bool lets_pass();
  // After a death that would be charged. True: the breaker is open now, do not charge.
  bool is_tripped_by(const Verdict& verdict);

  static Error error(const std::string& build);

 private:
  // Of the canaries: the name of one that died, or whether all were seen to live.
  struct Finding {
    std::optional<std::string> dead;
    bool all_live = false;
  };
  Finding try_canaries();
  bool is_recent(std::chrono::steady_clock::time_point when, std::chrono::seconds span) const;

  Ledger& ledger_;
  Pool& pool_;
  const GuardOptions& options_;
  const std::string build_;
  const bool is_wanted_;
  std::atomic<bool> open_{false};
  std::mutex mutex_;  // one looks after the canaries at a time
  std::chrono::steady_clock::time_point lived_{}, died_{};  // when they were last tried, and how that ended
};

}  // namespace mapiguard
