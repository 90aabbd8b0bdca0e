// Errands: work on untrusted bytes other than the conversion of mail, done in the same locked-down workers (or by an
// external command). Nothing is charged, nothing is recorded: for fuzzing, minimizing, and for reading whatever else the
// supervisor must not parse itself (registry files, the identity of a mail).
//
//   auto errands = Errands::open({.isolation = Isolation::worker});
//   const auto answer = (*errands)->run("read_reg", "", bytes);
//   if (answer.output) …                       // what the errand wrote, as hostile as what it read
//   else if (answer.death) …                   // the worker died of it
//   else … answer.error                        // it said no, or no worker could be had
//
// What workers know stands in tools/mapiguard-worker/errands.cc. Thread promise: run() from many threads; it blocks.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include <mapiguard/guard.h>
#include <mapiguard/result.h>

namespace mapiguard {

class Errands {
 public:
  // Inputs and outputs above 64 MiB lie, unlinked, in state_dir, which must be there, else in /tmp.
  // `plugin`: a shared library for the errand that calls it. Errors: internal, usage.
  static Result<std::unique_ptr<Errands>> open(GuardOptions options, std::string plugin = {});
  ~Errands();

  struct Request {
    std::string_view errand;    // "" = convert
    std::string_view argument;  // at most 2 KiB
    Bytes input;
    std::uint64_t output_limit = 0;  // 0 = as of a conversion
    ConvertOptions options;
    bool alone = false;    // in a worker of its own
    bool examine = false;  // an external command's death: look at it as a debugger does (slower)
  };
  struct Answer {
    std::optional<std::string> output;
    std::optional<Error> error;    // not_a_message: the input is bad, says the errand
    std::optional<Verdict> death;  // judged as if this message had died so often before; never charged
    Report report;                 // of a conversion
    std::string crash_report;      // of a death: JSON (crash_report.h)
    std::string stderr_tail;       // of an external command
    std::string evidence;          // examine: what was seen of the death, for mapiguard-symbols
  };
  Answer run(const Request& request);
  Answer run(std::string_view errand, std::string_view argument, Bytes input, std::uint64_t output_limit = 0) {
    return run(Request{.errand = errand, .argument = argument, .input = input, .output_limit = output_limit, .options = {}});
  }
  // Lets calls under way go with an error.
  void stop();
  std::vector<SandboxLayer> sandbox() const;

 private:
  class Impl;
  explicit Errands(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace mapiguard
