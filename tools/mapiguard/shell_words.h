// Shell words: a command line split into words as sh(1) splits it, without expansion of any kind.
//
// Thread promise: pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <mapiguard/result.h>

namespace mapiguard {

// Blanks separate words; '…' keeps everything, "…" keeps everything but \ before one of $ ` " \ and a line end, \ keeps
// the next character (POSIX.1-2017, Shell Command Language 2.2). Errors: usage (a quote or a backslash without its
// end).
Result<std::vector<std::string>> shell_words(std::string_view line);

}  // namespace mapiguard
