// Minimizer: a smaller and emptier input that dies the same death: class and group (grouping.h) stay.
//
// Thread promise: one thread runs it; candidates are tried by several.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/fuzzing/mutator.h"
#include "tools/fuzzing/target.h"
#include "tools/mapiguard/printer.h"

namespace mapiguard {

struct Minimized {
  ByteString bytes;
  TargetDeath death;
  std::uint64_t tried = 0, accepted = 0;
  bool was_stopped = false;           // by a signal or the end of its time: smaller may be possible
  std::vector<std::string> kept_words;
};

struct MinimizerPlan {
  unsigned jobs = 1;
  std::optional<std::uint64_t> seconds;
};

// Errors: not_a_message (it does not die, or not twice alike), and what the target or the mutator says.
Result<Minimized> minimize(Bytes input, const MinimizerPlan& plan, const Target& target, const Mutator& mutator, Printer& printer);

// `path`, `path`.seed for a fuzzer's corpus, `path`.test.cc, a GoogleTest case. Errors: cannot_create, io.
Result<void> write_minimized(const std::string& path, const Minimized& small);

}  // namespace mapiguard
