// Campaign: mutants of a corpus against a target, until the time is over or a signal comes.
//
// Thread promise: one thread makes and runs it; it has threads of its own.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tools/fuzzing/findings.h"
#include "tools/fuzzing/mutator.h"
#include "tools/fuzzing/pool_of_inputs.h"
#include "tools/fuzzing/target.h"
#include "tools/mapiguard/printer.h"

namespace mapiguard {

struct CampaignPlan {
  std::optional<std::uint64_t> seconds;  // none: until a signal
  unsigned jobs = 1;
  std::size_t max_size = 1 << 20;  // of a mutant; larger inputs are run as they are
  std::optional<std::uint64_t> seed;
};

class Campaign {
 public:
  Campaign(const CampaignPlan& plan, const Target& target, const Mutator& mutator, Findings& findings, Printer& printer);

  // Inputs are run as they are, first.
  void add(std::string name, ByteString bytes);
  // Errors: what ended it before its time (no worker could be had, findings could not be written).
  Result<void> run();

 private:
  using Clock = std::chrono::steady_clock;

  void work();
  void run_given();
  void mutate_and_run(std::mt19937_64& dice);
  void try_one(Bytes input, const std::string& made_from, bool is_given);
  void on_death(TargetRun run, Bytes input, const std::string& made_from);
  void look_closely(TargetRun& run, Bytes input);
  bool may_examine();
  unsigned seen_again(const TargetDeath& death, Bytes input) const;
  void end_with(Error error);
  void note_trouble(Result<void> done);
  bool is_over() const;
  void tell(bool at_terminal);
  std::string status() const;
  void watch();
  double seconds_so_far() const { return before_ + std::chrono::duration<double>(Clock::now() - began_).count(); }

  const CampaignPlan plan_;
  const Target& target_;
  const Mutator& mutator_;
  Findings& findings_;
  Printer& printer_;
  PoolOfInputs inputs_;
  std::vector<PoolOfInputs::Entry> given_;
  std::atomic<std::size_t> next_given_{0};
  const Clock::time_point began_ = Clock::now();
  const double before_;  // seconds of earlier runs
  std::uint64_t runs_before_;

  mutable std::mutex mutex_;  // findings_, and what follows
  std::condition_variable changed_;
  std::optional<Error> trouble_;
  double examining_seconds_ = 0;
  std::uint64_t examined_ = 0;
  unsigned mutator_deaths_ = 0;
  unsigned working_ = 0;
  std::atomic<bool> over_{false};
};

}  // namespace mapiguard
