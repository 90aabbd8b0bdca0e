// Grouping: which deaths are one finding. Those of one class with the same innermost frames are; where there is no
// stack, what a sanitizer or an interpreter said on standard error tells them apart.
//
// Thread promise: pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/mapiguard/symbols.h"
#include <mapiguard/verdict.h>

namespace mapiguard {

// "crashed-5d41402abc4b", the name of the finding's folder. "": the class wants a stack, and there is none.
std::string group_of(const Verdict& verdict, const std::vector<StackFrame>& stack, std::string_view standard_error);

// The frames that tell: without those of the C and C++ libraries at the innermost end, through which every program dies.
std::vector<StackFrame> telling_frames(const std::vector<StackFrame>& stack);

// What a sanitizer or a failed assertion said about the death, "" = neither did.
std::string last_words(std::string_view standard_error);

// Text with what differs from run to run taken out: numbers, addresses, blanks.
std::string without_numbers(std::string_view text);

}  // namespace mapiguard
