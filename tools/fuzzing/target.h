// Target: what is fuzzed or minimized for: our own converter, an external command, or a plug-in (a shared library with
// LLVMFuzzerTestOneInput). It runs under the guard's sandbox; nothing is charged, and no state directory is touched.
//
// Thread promise: run() from many threads.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "guardian/errand.h"
#include "tools/mapiguard/symbols.h"

namespace mapiguard {

struct TargetDeath {
  Verdict verdict;
  std::string group;               // group_of(); "" = it was not looked at closely enough to tell
  std::vector<StackFrame> stack;   // innermost first
  std::string crash_report;        // JSON
  std::string standard_error;
};

struct TargetRun {
  enum class Kind : std::uint8_t { converted, damaged, died, failed } kind = Kind::failed;
  std::vector<std::uint64_t> features;  // what it reached or how it behaved: coverage, defects, words on standard error
  std::optional<TargetDeath> death;     // died
  std::optional<Error> error;           // damaged: why; failed: nothing could be run
  double milliseconds = 0;
};

class Target {
 public:
  // `plugin`: "" = none. Without it and without options.converter our own converter. Errors: as Errands::open.
  static Result<Target> open(GuardOptions options, std::string plugin);

  struct Manner {
    bool alone = false;    // in a fresh worker
    bool examine = false;  // a command's death: look at it as a debugger does
  };
  TargetRun run(Bytes input, const Manner& manner) const;
  bool is_command() const { return is_command_; }
  // "--converter 'tnef -t'", "--plugin lib.so", "" for our own converter: what to call us with to get it again.
  const std::string& words() const { return words_; }
  // "tnef -t", "" when it is no command.
  const std::string& command() const { return command_; }
  void stop() const { errands_->stop(); }

 private:
  Target() = default;
  TargetDeath death_of(Errands::Answer answer, bool is_named) const;

  std::unique_ptr<Errands> errands_;
  bool is_command_ = false;
  bool is_plugin_ = false;
  std::string words_, command_;
};

}  // namespace mapiguard
