// Torture: a crash-resilience test of a deployment. Feeds messages with a mix of faults through `mapiguard convert` and
// through the library's Guard, and looks at what was promised.
//
//   torture::Plan plan = …;
//   const auto report = torture::run(plan);
//   if (report && report->is_kept()) …
//
// Thread promise: run() by a thread that lives as long as the program (its children die with it), once at a time.
#pragma once

#include <string>
#include <vector>

#include <mapiguard/guard.h>
#include "tools/torture/findings.h"
#include "tools/torture/plan.h"

namespace mapiguard::torture {

struct TortureReport {
  std::vector<Row> rows;
  std::vector<std::string> figures;  // a JSON object a way
  std::vector<SandboxLayer> sandbox, command_sandbox;
  std::size_t rounds = 0, messages = 0;
  double seconds = 0;

  bool is_kept() const;
  std::string json(const Plan& plan) const;
};

// Errors: what keeps torture from working, try_again when it was stopped.
Result<TortureReport> run(const Plan& plan);

}  // namespace mapiguard::torture
