// Parole: messages that another build was killed by are tried again with this one, in the background, one after another.
// What passes is released; what still kills is judged by this build from then on, and charged nothing.
//
// Each message is tried once a build, so what one run does not get to, the next goes on with.
// Thread promise: owned by one thread; its own thread ends with it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "guardian/breaker.h"
#include "guardian/ledger.h"
#include "guardian/pool.h"
#include "persist/inflight.h"

namespace mapiguard {

class Parole {
 public:
  // Starts nothing when there is nobody to try.
  Parole(Ledger& ledger, Pool& pool, DigestLocks& digests, const GuardOptions& options, std::string build);
  // Lets the one under way finish for so long.
  void end(std::chrono::milliseconds patience);

 private:
  void run(const std::stop_token& stop, const std::vector<Digest>& candidates);
  Result<void> try_one(const Digest& sha256);

  Ledger& ledger_;
  Pool& pool_;
  DigestLocks& digests_;
  const GuardOptions& options_;
  const std::string build_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool over_ = true;
  std::jthread thread_;  // the last: it uses all the others
};

}  // namespace mapiguard
