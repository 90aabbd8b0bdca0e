// SqliteStore: the StateStore of one machine, `state_dir`/state.db, in WAL mode.
//
// The database appears under its name complete (schema, version), so one that is empty or torn is damage: it is told
// as a config Error and never started afresh silently.
//
// Thread promise: as StateStore. Connections are pooled; each is used by one thread at a time. Do not carry a store
// across fork().
#pragma once

#include <memory>
#include <string>

#include "base/env.h"
#include "persist/state_store.h"

namespace mapiguard {

std::string database_path(const std::string& state_dir);

// Creates the database when the directory has none. Errors: config (damaged, foreign, too new, read only), io.
Result<std::unique_ptr<StateStore>> open_sqlite_store(Env& env, const std::string& state_dir,
                                                      double wait_seconds = kStoreWaitSeconds);

// SQLite's own check of the whole file: "" when it is sound, else the first thing that is wrong with it.
Result<std::string> check_sqlite_store(StateStore& store);

}  // namespace mapiguard
