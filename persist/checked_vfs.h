// CheckedVfs: SQLite's own way to its files, with a checksum in the last eight bytes of each page of the database
// (docs/formats.md). A page that was torn, zeroed, changed or put elsewhere is not taken for a true one: reading it
// fails with SQLITE_IOERR_DATA. SQLite itself checks the frames of its log, and pages of the database not at all.
//
// Thread promise: any thread.
#pragma once

namespace mapiguard {

inline constexpr int kPageSumBytes = 8;

// The name to open a database by; registers it at the first call. Null: SQLite has no way to files at all.
const char* checked_vfs();

}  // namespace mapiguard
