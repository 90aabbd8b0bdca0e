// Findings: the folder of a campaign. One folder a group of deaths:
//
//   crashed-5d41402abc4b/input        the smallest input that died so, with the ending of the file it was made from
//                        report.json  a report object as of `convert --report`, with `verdict`, and `stack`, `seen`, `made_from`
//                        README.md    how to see it again, and its stack, for those who maintain the target
//   .campaign/state.json             what the campaign did so far, so that it can go on
//             inputs/                mutants that reached something new
//
// Thread promise: one thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tools/fuzzing/mutator.h"
#include "tools/fuzzing/target.h"

namespace mapiguard {

inline constexpr unsigned kRunsAgain = 2;  // a new finding is run so often more, alone

struct CampaignState {
  std::uint64_t runs = 0, converted = 0, damaged = 0, died = 0, failed = 0;
  std::uint64_t unexamined = 0;  // deaths that were counted without a look at their stacks
  std::uint64_t next_seed = 1;
  double seconds = 0;
};

struct Finding {
  std::string group;
  std::uint64_t seen = 0;
  std::uint64_t bytes = 0;  // of its input
  std::string verdict;      // class and signal, in words
  std::string place;        // the innermost telling frame, "" = unknown
};

class Findings {
 public:
  // Makes the folder, or takes up the campaign that is in it. Errors: cannot_create; usage (a campaign against another
  // target, or a folder with other things in it).
  // `command`: as one would type it, "" = none.
  static Result<Findings> open(std::string folder, const std::string& target_words, const std::string& command);

  CampaignState state;
  const std::map<std::string, Finding>& groups() const { return groups_; }
  const std::string& folder() const { return folder_; }
  std::string inputs_folder() const { return folder_ + "/.campaign/inputs"; }

  // Whether the group is new, or `bytes` smaller than the input that it has: then keep() is due.
  bool wants(const std::string& group, std::size_t bytes) const;
  void count(const std::string& group);
  Result<void> keep(const TargetDeath& death, Bytes input, const std::string& made_from, double milliseconds, unsigned seen_again);
  Result<void> keep_input(Bytes input);
  // What our own mutator died of, to be mended.
  Result<void> keep_mutator_death(Bytes base, Bytes donor, std::uint64_t seed);
  Result<void> save() const;

 private:
  Findings(std::string folder, std::string target_words, std::string command)
      : folder_(std::move(folder)), target_words_(std::move(target_words)), command_(std::move(command)) {}
  Result<void> check_folder() const;
  Result<void> take_up();
  Result<void> take_up_group(const std::string& name);

  std::string folder_, target_words_, command_;
  std::map<std::string, Finding> groups_;
};

}  // namespace mapiguard
