#include "persist/sqlite_connection.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/text.h"
#include "base/try.h"
#include "persist/checked_vfs.h"

namespace mapiguard {
namespace {

class StatementRow final : public SqlRow {
 public:
  explicit StatementRow(sqlite3_stmt* statement) : statement_(statement) {}
  bool is_null(int column) const override { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
  std::int64_t integer(int column) const override { return sqlite3_column_int64(statement_, column); }
  std::string_view text(int column) const override {
    const auto* chars = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    return chars ? std::string_view(chars, size(column)) : std::string_view();
  }
  Bytes bytes(int column) const override {
    const auto* data = static_cast<const std::byte*>(sqlite3_column_blob(statement_, column));
    return data ? Bytes(data, size(column)) : Bytes();
  }

 private:
  std::size_t size(int column) const { return static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)); }
  sqlite3_stmt* statement_;
};

int bind(sqlite3_stmt* statement, int index, const SqlValue& value) {
  // SQLITE_STATIC: run() resets the statement before the values can go.
  if (const auto* number = std::get_if<std::int64_t>(&value)) return sqlite3_bind_int64(statement, index, *number);
  if (const auto* text = std::get_if<std::string_view>(&value))
    return sqlite3_bind_text64(statement, index, text->data() ? text->data() : "", text->size(), SQLITE_STATIC,
                               SQLITE_UTF8);
  if (const auto* bytes = std::get_if<Bytes>(&value))
    return sqlite3_bind_blob64(statement, index, bytes->data() ? static_cast<const void*>(bytes->data()) : "",
                               bytes->size(), SQLITE_STATIC);
  return sqlite3_bind_null(statement, index);
}

// A statement must be ready for its next run, and must not hold the database, however this one ends.
class Reset {
 public:
  explicit Reset(sqlite3_stmt* statement) : statement_(statement) {}
  Reset(const Reset&) = delete;
  ~Reset() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }

 private:
  sqlite3_stmt* statement_;
};

struct Meaning {
  int code;
  ErrorCode error;
  const char* sentence;
  const char* hint;
};

constexpr Meaning kMeanings[] = {
    {SQLITE_IOERR_DATA, ErrorCode::config,
     "the state database is damaged: a page has not the checksum that it was written with", kDamagedHint},
    {SQLITE_BUSY, ErrorCode::try_again, "another process kept the state database busy", "try again"},
    {SQLITE_PROTOCOL, ErrorCode::try_again, "other processes kept the state database busy", "try again"},
    {SQLITE_LOCKED, ErrorCode::try_again, "another connection kept the state database busy", "try again"},
    {SQLITE_FULL, ErrorCode::io, "there is no room left on the disk for the state database",
     "make room on its file system"},
    {SQLITE_IOERR, ErrorCode::io, "the state database cannot be read or written",
     "look for disk errors in the kernel's log"},
    {SQLITE_READONLY, ErrorCode::config, "the state database cannot be written",
     "check the owner, the permissions and whether its file system is mounted read only"},
    {SQLITE_CANTOPEN, ErrorCode::config, "the state database cannot be opened",
     "check the owner and the permissions of the state directory"},
    {SQLITE_PERM, ErrorCode::config, "the state database may not be opened",
     "check the owner and the permissions of the state directory"},
    {SQLITE_CORRUPT, ErrorCode::config, "the state database is damaged", kDamagedHint},
    {SQLITE_NOTADB, ErrorCode::config, "the state database is damaged: it is no SQLite database", kDamagedHint},
};

Error error_of(int code, int system_error, const std::string& path, const char* detail) {
  const std::string where = " ('" + displayable(path) + "': " + displayable(detail) + ")";
  if (system_error == EMFILE || system_error == ENFILE)
    return {ErrorCode::try_again, "too many files are open to open the state database" + where,
            "raise the limit (ulimit -n), or convert fewer messages at once"};
  for (const Meaning& meaning : kMeanings)
    if (meaning.code == code || meaning.code == (code & 0xFF))
      return {meaning.error, meaning.sentence + where, meaning.hint};
  return {ErrorCode::internal, "the state database refused an operation" + where, {}};
}

}  // namespace

Digest SqlRow::digest(int column) const {
  Digest digest{};
  const Bytes found = bytes(column);
  if (found.size() == digest.size()) std::memcpy(digest.data(), found.data(), digest.size());
  return digest;
}

Result<std::unique_ptr<SqliteConnection>> SqliteConnection::open(const std::string& path, Mode mode,
                                                                 double wait_seconds) {
  sqlite3* database = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE |
                    (mode == Mode::create ? SQLITE_OPEN_CREATE : 0);
  const int code = sqlite3_open_v2(path.c_str(), &database, flags, checked_vfs());
  if (!database)
    return fail(ErrorCode::internal, "there is no memory to open the state database '" + displayable(path) + "'");
  std::unique_ptr<SqliteConnection> connection(new SqliteConnection(database, path));
  if (code != SQLITE_OK) return connection->failure(code);
  int reserved = kPageSumBytes;  // of a database in the making; one that is made keeps what it has
  if (mode == Mode::create) sqlite3_file_control(database, nullptr, SQLITE_FCNTL_RESERVE_BYTES, &reserved);
  sqlite3_busy_timeout(database, static_cast<int>(wait_seconds * 1000));
  // The schema of a database that somebody else may have written runs no functions with side effects; cells are checked
  // when they are read. A WAL that grew under load is cut again.
  MAPIGUARD_TRY(
      connection->run_script("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA synchronous = NORMAL; "
                             "PRAGMA temp_store = MEMORY;"
                             "PRAGMA journal_size_limit = 8388608;"));
  return connection;
}

SqliteConnection::~SqliteConnection() {
  statements_.clear();
  sqlite3_close(database_);
}

std::unexpected<Error> SqliteConnection::failure(int code) const {
  return std::unexpected(error_of(code, sqlite3_system_errno(database_), path_, sqlite3_errmsg(database_)));
}

Result<sqlite3_stmt*> SqliteConnection::prepared(const char* sql) {
  auto& statement = statements_[sql];
  if (statement) return statement.get();
  sqlite3_stmt* made = nullptr;
  const int code = sqlite3_prepare_v3(database_, sql, -1, SQLITE_PREPARE_PERSISTENT, &made, nullptr);
  if (code != SQLITE_OK) return failure(code);
  statement.reset(made);
  for (int i = 1; i <= sqlite3_bind_parameter_count(made); ++i)
    if (std::string_view(sqlite3_bind_parameter_name(made, i)) != "$" + std::to_string(i))
      return fail(ErrorCode::internal, std::string("parameters out of order in: ") + sql);
  return made;
}

Result<void> SqliteConnection::step_all(sqlite3_stmt* statement, const RowReader& reader) {
  const StatementRow row(statement);
  for (;;) {
    const int code = sqlite3_step(statement);
    if (code == SQLITE_DONE) return {};
    if (code != SQLITE_ROW) return failure(code);
    if (reader && !reader(row)) return {};
  }
}

Result<void> SqliteConnection::run(const char* sql, std::initializer_list<SqlValue> values, const RowReader& reader) {
  const auto statement = prepared(sql);
  if (!statement) return std::unexpected(statement.error());
  const Reset reset(*statement);
  if (sqlite3_bind_parameter_count(*statement) != static_cast<int>(values.size()))
    return fail(ErrorCode::internal, std::string("wrong number of values for: ") + sql);
  int index = 0;
  for (const SqlValue& value : values)
    if (const int code = bind(*statement, ++index, value); code != SQLITE_OK) return failure(code);
  return step_all(*statement, reader);
}

std::uint64_t SqliteConnection::rows_changed() const {
  return static_cast<std::uint64_t>(sqlite3_changes64(database_));
}

Result<void> SqliteConnection::run_script(const char* sql) {
  const int code = sqlite3_exec(database_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return failure(code);
  return {};
}

Result<std::int64_t> SqliteConnection::number(const char* sql) {
  std::int64_t value = 0;
  MAPIGUARD_TRY(run(sql, {}, [&](const SqlRow& row) {
    value = row.integer(0);
    return false;
  }));
  return value;
}

Result<void> SqliteConnection::transact(const char* begin, const Work& work) {
  MAPIGUARD_TRY(run(begin, {}));
  Result<void> done = work(*this);
  if (done) done = run("COMMIT", {});
  // A failed COMMIT may leave the transaction open, and some errors (disk full) have ended it already.
  if (!done && sqlite3_get_autocommit(database_) == 0) static_cast<void>(run("ROLLBACK", {}));
  return done;
}

}  // namespace mapiguard
