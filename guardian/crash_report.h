// Crash report: the facts of one death as JSON, kept with the quarantined message and shown by `poison show`.
//
// No text of the message is in it but what the worker named as its Message-ID, escaped. Thread promise: pure.
#pragma once

#include <string>

#include "guardian/pool.h"

namespace mapiguard {

std::string crash_report(const Ending& ending, const Verdict& verdict, const std::string& build,
                         const std::vector<LoadedModule>& modules);

}  // namespace mapiguard
