// DefectLog: collects the Defects of one conversion, with a bound on how many are kept.
//
// Thread promise: belongs to one conversion.
#pragma once

#include <string>
#include <utility>

#include <mapiguard/report.h>

namespace mapiguard {

class DefectLog {
 public:
  DefectLog(Report& report, std::uint32_t most) : report_(report), most_(most) {}

  void add(Severity severity, std::string where, std::string what) {
    if (report_.defects.size() < most_)
      report_.defects.push_back({severity, std::move(where), std::move(what)});
    else
      ++report_.defects_dropped;
  }
  void info(std::string where, std::string what) { add(Severity::info, std::move(where), std::move(what)); }
  void repaired(std::string where, std::string what) { add(Severity::repaired, std::move(where), std::move(what)); }
  void loss(std::string where, std::string what) { add(Severity::loss, std::move(where), std::move(what)); }

 private:
  Report& report_;
  std::uint32_t most_;
};

}  // namespace mapiguard
