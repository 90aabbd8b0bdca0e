// Registry source: a .reg file or a hive, read by a process that may take harm from it.
//
// Thread promise: functions of one thread.
#pragma once

#include <string>

#include <mapiguard/result.h>
#include "tools/registry/registry.h"

namespace mapiguard {

enum class RegistrySource : std::uint8_t { reg_text, hive };

// The keys of information stores in that file, "-" being standard input. `state_dir`: where large inputs may lie
// meanwhile. Errors: cannot_open, not_a_message (no such file, damaged, or the reader died of it), and what a worker's
// start may fail with.
Result<Registry> read_registry(RegistrySource source, const std::string& path);

// The file or standard input, at most that many bytes. Errors: cannot_open.
Result<std::string> contents_of(const std::string& path, std::size_t most);

}  // namespace mapiguard
