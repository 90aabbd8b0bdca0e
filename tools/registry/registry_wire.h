// How a registry comes back from the process that read it (mapiguard-worker, mapiguard-hive). That process has read
// hostile bytes, so what it says is parsed as hostile bytes: bounded, checked, and with a fuzz target of its own.
//
//   "MGRG" 1: keys      u32 number of keys; each: u8 deletes, u32 line, text path, u32 number of values;
//                       each value: u8 deletes, u32 line, u32 type, text name, bytes data
//   "MGRG" 2: refusal   text
//   text, bytes         u32 length and so many bytes; texts are UTF-8
//
// All numbers are little-endian; nothing may follow.
//
// Thread promise: pure functions.
#pragma once

#include <string>
#include <string_view>

#include <mapiguard/result.h>
#include "base/bytes.h"
#include "tools/registry/registry.h"

namespace mapiguard {

// An organisation of a thousand servers has some thousand keys. Each value may become a finding of a report.
inline constexpr std::size_t kMostRegistryKeys = 20'000;
inline constexpr std::size_t kMostRegistryValues = 200'000;  // of all keys together
inline constexpr std::size_t kMostRegistryBytes = 64u << 20;

// Whether it is within these bounds; the process that has read it says so by a refusal.
bool fits_the_wire(const Registry& registry);
std::string registry_to_wire(const Registry& registry);
std::string refusal_to_wire(std::string_view reason);
// Errors: not_a_message (a refusal: its reason), internal (what came back is not of this form).
Result<Registry> registry_from_wire(Bytes answer);

}  // namespace mapiguard
