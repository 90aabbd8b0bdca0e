#include "guardian/crash_report.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "guardian/testimony.h"

namespace mapiguard {
namespace {

std::string address(std::uint64_t value) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

// The worker says which module; what that is called, the nursery said.
nlohmann::ordered_json frame_of(std::uint64_t frame, const std::vector<LoadedModule>& modules) {
  nlohmann::ordered_json told;
  const std::uint64_t number = frame >> kModuleShift;
  if (number < modules.size()) {
    told["module"] = displayable(modules[number].path);
    told["build_id"] = displayable(modules[number].build_id);
  }
  told["offset"] = address(frame & ((std::uint64_t{1} << kModuleShift) - 1));
  return told;
}

nlohmann::ordered_json testimony_of(const Testimony& testimony, const std::vector<LoadedModule>& modules) {
  nlohmann::ordered_json said;
  said["signal"] = testimony.signal;
  said["si_code"] = testimony.si_code;
  said["fault_address"] = address(testimony.fault_address);
  said["near_stack"] = testimony.near_stack;
  said["out_of_memory"] = testimony.out_of_memory;
  if (testimony.system_call >= 0) said["system_call"] = testimony.system_call;
  said["phase"] = displayable(testimony.phase);
  said["message_id_found"] = displayable(testimony.message_id);
  auto& registers = said["registers"] = nlohmann::ordered_json::object();
  for (std::size_t i = 0; i < testimony.registers.size() && !register_name(i).empty(); ++i)
    registers[std::string(register_name(i))] = address(testimony.registers[i]);
  auto& stack = said["stack"] = nlohmann::ordered_json::array();
  for (const std::uint64_t frame : testimony.stack) stack.push_back(frame_of(frame, modules));
  return said;
}

}  // namespace

std::string crash_report(const Ending& ending, const Verdict& verdict, const std::string& build,
                         const std::vector<LoadedModule>& modules) {
  nlohmann::ordered_json report;
  report["class"] = name_of(verdict.death);
  report["detail"] = displayable(verdict.detail);
  report["build"] = displayable(build);
  report["ended_by"] = ending.exited ? "exit" : "signal";
  report["status"] = ending.status;
  report["timed_out"] = ending.timed_out;
  report["cpu_seconds"] = ending.cpu_seconds;
  report["peak_rss_bytes"] = ending.peak_rss;
  report["stack_hash"] = verdict.stack;
  if (ending.testimony.signal != 0) report["testimony"] = testimony_of(ending.testimony, modules);
  return report.dump();
}

}  // namespace mapiguard
