// SqliteConnection: one connection with its prepared statements, and SQLite's result codes as Errors.
//
// Thread promise: belongs to one thread at a time.
#pragma once

#include <sqlite3.h>

#include <memory>
#include <string>
#include <unordered_map>

#include "persist/state_store.h"

namespace mapiguard {

inline constexpr char kDamagedHint[] =
    "restore it from a backup, or move the state directory away to begin a new one; nothing was changed";

class SqliteConnection final : public Session {
 public:
  enum class Mode { existing, create };
  static Result<std::unique_ptr<SqliteConnection>> open(const std::string& path, Mode mode, double wait_seconds);
  ~SqliteConnection() override;
  SqliteConnection(const SqliteConnection&) = delete;

  Result<void> run(const char* sql, std::initializer_list<SqlValue> values, const RowReader& reader = {}) override;
  std::uint64_t rows_changed() const override;

  // Several statements without parameters, not cached: schema and pragmas.
  Result<void> run_script(const char* sql);
  Result<std::int64_t> number(const char* sql);
  // Runs `work` between `begin` ("BEGIN", "BEGIN IMMEDIATE") and COMMIT, or ROLLBACK when it fails.
  Result<void> transact(const char* begin, const Work& work);

  bool durable = false;  // what synchronous has been set to

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  SqliteConnection(sqlite3* database, std::string path) : database_(database), path_(std::move(path)) {}
  Result<sqlite3_stmt*> prepared(const char* sql);
  Result<void> step_all(sqlite3_stmt* statement, const RowReader& reader);
  std::unexpected<Error> failure(int code) const;

  sqlite3* database_;
  std::string path_;
  std::unordered_map<const void*, std::unique_ptr<sqlite3_stmt, Finalize>> statements_;
};

}  // namespace mapiguard
