// The Exchange databases that a registry names: keys …\Services\MSExchangeIS\<server>\Private-<GUID> (mailboxes) and
// Public-<GUID> (public folders), each with its values and those of the keys below it.
//
// Thread promise: pure functions and plain values.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <mapiguard/result.h>
#include "tools/registry/registry.h"

namespace mapiguard {

enum class StoreKind : std::uint8_t { mailbox, public_folder };
constexpr std::string_view prefix_of(StoreKind kind) { return kind == StoreKind::mailbox ? "Private-" : "Public-"; }

// No name has a NUL in it.
inline constexpr std::string_view kAllBelow("\0", 1);

struct InformationStore {
  std::string server;
  StoreKind kind = StoreKind::mailbox;
  std::string guid;  // as it is written
  std::uint32_t line = 0;
  // In the order of the file, names below the key: "PoisonThreshold", "Mapiguard\Durable".
  std::vector<RegistryValue> values;

  // "HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\MSExchangeIS\<server>\Private-<GUID>"
  std::string path() const;
  std::string database() const { return std::string(prefix_of(kind)) + guid; }
  // The last of that name, ignoring case; nullptr: absent (or deleted).
  const RegistryValue* find(std::string_view name) const;
};

// Whether a key belongs to some database, or is the parent of such keys ([-key] deletes them).
bool is_information_store_key(std::string_view path);
// Only such keys. For the process that reads: the others are of no use to anybody.
Registry information_store_keys(Registry registry);

// Where a registry names control sets by number and none CurrentControlSet, its one numbered set counts as that;
// several: Error not_a_message.
//
// as_changes: each database with what is said of it, deletions included ([-key]: a name that ends in kAllBelow).
// as_state: each database as it is when all that is said has been done in order.
Result<std::vector<InformationStore>> stores_as_changes(const Registry& registry);
Result<std::vector<InformationStore>> stores_as_state(const Registry& registry);

// The keys of a database with values as they are named in it: "Mapiguard\Durable" stands below a key "Mapiguard".
std::vector<RegistryKey> keys_of(const InformationStore& store);

}  // namespace mapiguard
