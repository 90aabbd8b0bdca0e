// Symbols: the stack of a crash report as functions and lines, asked of mapiguard-symbols.
//
// Thread promise: pure but for the program it runs.
#pragma once

#include <string>
#include <vector>

namespace mapiguard {

struct StackFrame {
  std::string module, offset;      // as the report has them; displayable
  std::string function, source;    // "" = not known
  std::string build_id;            // of the module; "" = it has none
};

// Of a crash report (JSON text). Empty: it has no stack. Frames of modules that are not there, or of another build by now,
// stay without names.
std::vector<StackFrame> stack_of(const std::string& crash_report);
// The same without names: nothing is run for it.
std::vector<StackFrame> bare_stack_of(const std::string& crash_report);
// Of the evidence of an external command's death (guardian/evidence.h). Empty: nothing could be told.
std::vector<StackFrame> stack_of_evidence(const std::string& evidence);

}  // namespace mapiguard
