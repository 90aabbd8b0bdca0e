// Settings to and from a registry: `settings export-reg`, `settings import-reg`.
//
// Thread promise: functions of one thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "guardian/ledger.h"
#include "tools/registry/information_stores.h"

namespace mapiguard {

// Which database of a file is meant, where it has several; ignoring case. A database may be a GUID alone.
struct StoreChoice {
  std::optional<std::string> server;
  std::vector<std::string> databases;
};

// One value of the file, and what becomes of it.
struct ImportRow {
  std::string name, key;
  std::uint32_t line = 0;
  enum class Fate : std::uint8_t { imported, unset, skipped, unknown } fate = Fate::unknown;
  std::string value;  // as it is stored; of what is not taken: as it is shown
  std::string note;   // why it was skipped
};
constexpr std::string_view name_of(ImportRow::Fate fate) {
  constexpr std::string_view kNames[] = {"imported", "unset", "skipped", "unknown"};
  return kNames[static_cast<std::size_t>(fate)];
}

struct ImportPlan {
  std::vector<ImportRow> rows;  // in the order of the file
  std::vector<Ledger::SettingImport> settings;
};

// Errors: usage (several servers or databases fit: names them; or none does), not_a_message (no database at all; a
// value of the wrong type, with its line).
Result<ImportPlan> plan_import(const Registry& registry, const StoreChoice& choice);

Result<Registry> exported_registry(Ledger& ledger);

}  // namespace mapiguard
