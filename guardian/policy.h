// Policy: what a death means for the message that was in flight. A pure function, tested as a table.
//
// Thread promise: pure.
#pragma once

#include <cstdint>

#include <mapiguard/verdict.h>

namespace mapiguard {

// How a message stands in the ledger before an attempt or a decision.
struct Standing {
  unsigned crashes = 0;          // charges held against it
  unsigned uncharged_alone = 0;  // uncharged deaths in a row while it ran alone
  bool run_alone = false;        // it was in flight when a worker with company or a supervisor died
  bool held = false;
  bool blocked = false;
  bool is_clean() const { return crashes == 0 && uncharged_alone == 0 && !run_alone && !held && !blocked; }
};

struct PolicySettings {
  std::uint32_t poison_threshold = 2;  // must be exceeded
  bool charge_unexplained = false;     // Mapiguard\Charge Unexplained Deaths
  unsigned hold_after = 3;             // uncharged deaths in a row alone
};

enum class Action : std::uint8_t {
  rerun_alone,  // not charged; the same command runs it again as the only message of a fresh worker
  hold,         // not charged; three times in a row alone: waits for the administrator
  charge,       // one more crash is held against it (event 9680)
  block,        // the charge exceeds the threshold (9680, 9681, quarantine, NDR)
};

// Whether two deaths have one cause as far as can be told: class and, where the place of the death says something, stack.
bool is_same_death(const Verdict& a, const Verdict& b);

// False where a limit was reached, which strikes anywhere.
bool has_a_place(DeathClass death);

// `alone`: it was the only message of a fresh worker. `company`: others were in flight in the same worker.
Action decide(const Standing& standing, DeathClass death, bool alone, bool company, const PolicySettings& settings);

}  // namespace mapiguard
