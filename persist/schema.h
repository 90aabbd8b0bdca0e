// The tables of the state database and how older ones become newer ones (docs/formats.md says what a column means).
#pragma once

#include "persist/sqlite_connection.h"

namespace mapiguard {

inline constexpr std::int64_t kApplicationId = 0x4D475244;  // "MGRD" in SQLite's header

// The version that this program reads and writes.
std::int64_t schema_version();

// Brings a database to schema_version() in one transaction; two processes may try at once. Errors: config (made by
// somebody else, or by a newer mapiguard).
Result<void> bring_up_to_date(SqliteConnection& connection, const std::string& path);

}  // namespace mapiguard
