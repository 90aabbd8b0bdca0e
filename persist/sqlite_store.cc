#include "persist/sqlite_store.h"

#include <atomic>
#include <mutex>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/text.h"
#include "base/try.h"
#include "persist/file_lock.h"
#include "persist/schema.h"
#include "persist/settings.h"

namespace mapiguard {
namespace {

constexpr std::size_t kIdleConnections = 64;
// One page: less is an empty database to SQLite, which would begin it afresh.
constexpr std::uint64_t kFewestBytes = 512;

class SqliteStore final : public StateStore {
 public:
  SqliteStore(std::string path, double wait_seconds) : path_(std::move(path)), wait_seconds_(wait_seconds) {}

  Result<void> open() {
    return with([&](SqliteConnection& connection) { return bring_up_to_date(connection, path_); });
  }
  Result<void> read(const Work& work) override {
    return with([&](SqliteConnection& connection) { return connection.transact("BEGIN", work); });
  }
  Result<void> write(const Work& work) override {
    return with([&](SqliteConnection& connection) { return connection.transact("BEGIN IMMEDIATE", work); });
  }
  Result<void> query(const char* sql, std::initializer_list<SqlValue> values, const RowReader& reader) override {
    return with([&](SqliteConnection& connection) { return connection.run(sql, values, reader); });
  }
  void set_durable(bool durable) override { durable_ = durable; }

 private:
  template <class F>
  Result<void> with(F use) {
    auto connection = take();
    if (!connection) return std::unexpected(std::move(connection.error()));
    Result<void> done = use(**connection);
    give_back(std::move(*connection));
    return done;
  }

  Result<std::unique_ptr<SqliteConnection>> take() {
    std::unique_ptr<SqliteConnection> connection;
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        connection = std::move(idle_.back());
        idle_.pop_back();
      }
    }
    if (!connection) {
      auto opened = SqliteConnection::open(path_, SqliteConnection::Mode::existing, wait_seconds_);
      if (!opened) return opened;
      connection = std::move(*opened);
    }
    if (const bool durable = durable_; connection->durable != durable) {
      MAPIGUARD_TRY(connection->run_script(durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL"));
      connection->durable = durable;
    }
    return connection;
  }

  void give_back(std::unique_ptr<SqliteConnection> connection) {
    const std::lock_guard lock(mutex_);
    if (idle_.size() < kIdleConnections) idle_.push_back(std::move(connection));
  }

  const std::string path_;
  const double wait_seconds_;
  std::atomic<bool> durable_{false};
  std::mutex mutex_;
  std::vector<std::unique_ptr<SqliteConnection>> idle_;
};

// A WAL without its database is somebody's last commits; a new database under that name would swallow them.
Result<void> refuse_orphans(Env& env, const std::string& path) {
  const auto wal = env.info(path + "-wal");
  if (!wal) return std::unexpected(wal.error());
  if (*wal && (*wal)->size > 0)
    return fail(ErrorCode::config,
                "the state database '" + displayable(path) + "' is gone, but its write-ahead log is still there",
                kDamagedHint);
  return {};
}

// Without syncs of its own: nobody sees the file before it is whole and on the disk.
Result<void> build(const std::string& path) {
  auto made = SqliteConnection::open(path, SqliteConnection::Mode::create, kStoreWaitSeconds);
  if (!made) return std::unexpected(made.error());
  MAPIGUARD_TRY((*made)->run_script("PRAGMA synchronous = OFF; PRAGMA journal_mode = WAL"));
  MAPIGUARD_TRY(bring_up_to_date(**made, path));
  MAPIGUARD_TRY((*made)->transact(
      "BEGIN IMMEDIATE", [](Session& session) { return put_present_settings(session, system_clock().now_ns()); }));
  return (*made)->run_script("PRAGMA wal_checkpoint(TRUNCATE)");
}

Result<void> sync_file(Env& env, const std::string& path) {
  const auto file = env.append(path, 0600);
  if (!file) return std::unexpected(file.error());
  return (*file)->sync();
}

// Built under another name and renamed when it is whole: nobody ever sees half a database. One maker at a time, by a lock
// that a killed one does not keep.
Result<void> create_database(Env& env, const std::string& state_dir, const std::string& path) {
  const auto lock = FileLock::take(state_dir + "/create.lock", 0, kStoreWaitSeconds);
  if (!lock) return std::unexpected(lock.error());
  if (!*lock)
    return fail(ErrorCode::try_again, "another process has been making the state database for long", "try again");
  const auto there = env.info(path);
  if (!there) return std::unexpected(there.error());
  if (*there) return {};
  MAPIGUARD_TRY(refuse_orphans(env, path));
  const std::string making = path + ".making";
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) MAPIGUARD_TRY(env.remove(making + suffix));
  {
    const auto file = env.create(making, 0600);  // its permissions become those of -wal and -shm
    if (!file) return std::unexpected(file.error());
  }
  MAPIGUARD_TRY(build(making));
  MAPIGUARD_TRY(sync_file(env, making));
  MAPIGUARD_TRY(env.rename(making, path));
  return env.sync_dir(state_dir);
}

}  // namespace

std::string database_path(const std::string& state_dir) { return state_dir + "/state.db"; }

Result<std::unique_ptr<StateStore>> open_sqlite_store(Env& env, const std::string& state_dir, double wait_seconds) {
  const std::string path = database_path(state_dir);
  auto info = env.info(path);
  if (info && !*info) {
    MAPIGUARD_TRY(create_database(env, state_dir, path));
    info = env.info(path);
  }
  if (!info) return std::unexpected(std::move(info.error()));
  if (!*info || !(*info)->is_regular)
    return fail(ErrorCode::config, "the state database '" + displayable(path) + "' is not a file",
                "choose another state directory");
  if ((*info)->size < kFewestBytes)
    return fail(ErrorCode::config,
                "the state database '" + displayable(path) + "' is damaged: it has only " +
                    std::to_string((*info)->size) + " bytes",
                kDamagedHint);
  auto store = std::make_unique<SqliteStore>(path, wait_seconds);
  MAPIGUARD_TRY(store->open());
  return store;
}

Result<std::string> check_sqlite_store(StateStore& store) {
  std::string finding;
  MAPIGUARD_TRY(store.query("PRAGMA quick_check(1)", {}, [&](const SqlRow& row) {
    if (row.text(0) != "ok") finding = row.text(0);
    return false;
  }));
  return finding;
}

}  // namespace mapiguard
