// Frames of a death from the evidence of it (guardian/evidence.h): the stack is unwound with the tables of the files that
// were mapped, so that programs without frame pointers, of others, have a stack, too.
#pragma once

#include <string>

namespace mapiguard {

// Reads evidence from `fd` and prints one line a frame, innermost first:
//   module<TAB>build id<TAB>offset in it<TAB>function<TAB>file:line       "-" for what is not known
// Before them, of four fields: "signal<TAB>N<TAB>si_code<TAB>fault address". Exit code: 0, 65 it is no evidence, 66 nothing can be told.
int print_frames(int fd);

// A symbol as its programmer wrote it.
std::string readable(const char* symbol);

}  // namespace mapiguard
