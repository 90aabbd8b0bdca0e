// Minimizing by itself: what a run has blocked is made small and empty, when Mapiguard\Minimize Blocked says so.
//
// Thread promise: one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>

#include "guardian/ledger.h"
#include "tools/mapiguard/printer.h"

namespace mapiguard {

class MinimizeBlocked {
 public:
  // Before the run. Errors: of the ledger.
  static Result<MinimizeBlocked> note(Ledger& ledger, std::string state_dir);
  // After it: STATE/minimized/<sha256>, and beside it .seed and .test.cc, of each message that is blocked now and was not.
  // What fails is said; the run's own result is not touched.
  void run(const GuardOptions& like, Printer& printer);

 private:
  MinimizeBlocked(Ledger& ledger, std::string state_dir) : ledger_(&ledger), state_dir_(std::move(state_dir)) {}
  Result<void> minimize_one(const PoisonRow& row, const GuardOptions& like, Printer& printer) const;

  Ledger* ledger_;
  std::string state_dir_;
  std::uint64_t seconds_ = 0;  // for each; 0 = it is not wanted
  std::set<std::string> before_;
};

}  // namespace mapiguard
