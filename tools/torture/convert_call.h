// Convert call: `mapiguard convert` as a child process, and what its report says.
//
// Thread promise: of one thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <mapiguard/guard.h>
#include "tools/torture/plan.h"
#include "tools/torture/processes.h"

namespace mapiguard::torture {

struct ConvertCall {
  std::string state, input, output;
  std::string report, errors;  // files; "" = none
  bool commanded = false;
  std::string isolation = "message";
  std::optional<Envelope> envelope;  // of a single input
  std::uint64_t file_limit = 0;

  Result<Child> start(const Plan& plan) const;
};

struct ReportLine {
  std::string name, sha256, outcome, death;  // name: of the file, without its folder; death: "" = no verdict
  int exit = 0;
  unsigned crashes = 0;
  double milliseconds = 0;
};
// The whole lines; what a killed supervisor left half written is not counted.
std::vector<ReportLine> read_report(const std::string& path);
// The end of a file of messages, for a finding.
std::string tail_of(const std::string& path);

}  // namespace mapiguard::torture
