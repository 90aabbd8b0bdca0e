// The table of settings as documents: docs/settings.md and the manual page mapiguard-settings(5) are what these write,
// and a test compares.
//
// Thread promise: pure functions.
#pragma once

#include <string>

namespace mapiguard {

std::string settings_as_markdown();
std::string settings_as_manual();

}  // namespace mapiguard
