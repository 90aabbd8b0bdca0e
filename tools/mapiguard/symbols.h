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
};

// Of a crash report (JSON text). Empty: it has no stack. Frames of modules that are not there, or of another build by now,
// stay without names.
std::vector<StackFrame> stack_of(const std::string& crash_report);

}  // namespace mapiguard
