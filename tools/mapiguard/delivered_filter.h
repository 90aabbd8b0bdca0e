// `delivered filter`: a mail on standard input, delivered by a command unless the mailbox has it already.
//
// Whatever fails in between, the command is run: a mail twice is a nuisance, a mail lost is not. Only a mail that could
// not be read whole is left to whoever handed it to us.
//
// Thread promise: once a process.
#pragma once

#include <mapiguard/result.h>
#include "tools/mapiguard/options.h"
#include "tools/mapiguard/printer.h"

namespace mapiguard {

inline constexpr int kDuplicateExit = 99;

Result<int> run_delivered_filter(const VerbSpec& verb, const Arguments& arguments, Printer& printer);

}  // namespace mapiguard
