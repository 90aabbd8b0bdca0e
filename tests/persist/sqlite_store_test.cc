#include "persist/sqlite_store.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "base/try.h"
#include "persist/schema.h"
#include "tests/support/child.h"
#include "tests/support/temp_dir.h"

namespace mapiguard {
namespace {

using testing::Child;
using ::testing::Contains;
using testing::content_of;
using ::testing::HasSubstr;
using testing::names_in;
using ::testing::Not;
using testing::TempDir;
using testing::write_file;

constexpr char kInsert[] = "INSERT INTO settled (name, at) VALUES ($1, $2)";
constexpr char kCount[] = "SELECT COUNT(*), COALESCE(SUM(at), 0) FROM settled";

Result<std::unique_ptr<StateStore>> open(const TempDir& dir, double wait_seconds = kStoreWaitSeconds) {
  return open_sqlite_store(posix_env(), dir.path(), wait_seconds);
}

Result<void> insert(StateStore& store, const std::string& name, std::int64_t at = 1) {
  return store.write([&](Session& session) { return session.run(kInsert, {std::string_view(name), at}); });
}

std::int64_t count(StateStore& store) {
  std::int64_t rows = -1;
  EXPECT_TRUE(store.query(kCount, {}, [&](const SqlRow& row) {
    rows = row.integer(0);
    return false;
  }));
  return rows;
}

void expect_refused(const TempDir& dir, const std::string& sentence) {
  const auto store = open(dir);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::config) << store.error().message;
  EXPECT_THAT(store.error().message, HasSubstr(sentence));
  EXPECT_THAT(store.error().message, HasSubstr("state.db"));
  EXPECT_FALSE(store.error().hint.empty());
}

TEST(SqliteStore, CommittedRowsAreThereAfterwardsAndFailedOnesAreNot) {
  const TempDir dir;
  {
    const auto store = open(dir);
    ASSERT_TRUE(store) << store.error().message;
    ASSERT_TRUE(insert(**store, "a"));
    const auto failed = (*store)->write([](Session& session) -> Result<void> {
      MAPIGUARD_TRY(session.run(kInsert, {std::string_view("b"), std::int64_t{1}}));
      return fail(ErrorCode::internal, "changed my mind");
    });
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().message, "changed my mind");
    EXPECT_FALSE(insert(**store, "a")) << "a name twice";
    EXPECT_EQ(count(**store), 1);
  }
  EXPECT_EQ(count(**open(dir)), 1);
}

TEST(SqliteStore, FilesOfANewStoreAreTheOwnersAlone) {
  const TempDir dir;
  const auto store = open(dir);
  ASSERT_TRUE(insert(**store, "a"));
  for (const char* name : {"state.db", "state.db-wal", "state.db-shm"}) {
    struct stat status {};
    ASSERT_EQ(::stat((dir / name).c_str(), &status), 0) << name;
    EXPECT_EQ(status.st_mode & 0777, 0600u) << name;
  }
  EXPECT_THAT(names_in(dir.path()), Not(Contains("state.db.making")));
}

TEST(SqliteStore, EmptyDatabaseIsDamageNotANewOne) {
  const TempDir dir;
  write_file(dir / "state.db", "");
  expect_refused(dir, "is damaged: it has only 0 bytes");
  EXPECT_EQ(content_of(dir / "state.db"), "") << "nothing was changed";
}

TEST(SqliteStore, GarbageIsDamage) {
  const TempDir dir;
  write_file(dir / "state.db", std::string(20'000, 'x'));
  expect_refused(dir, "damaged");
}

TEST(SqliteStore, TornDatabaseIsDamage) {
  const TempDir dir;
  {
    const auto store = open(dir);
    for (int i = 0; i < 2000; ++i) ASSERT_TRUE(insert(**store, std::string(100, 'n') + std::to_string(i)));
  }
  const std::string whole = content_of(dir / "state.db");
  ASSERT_GT(whole.size(), 100'000u);
  for (const std::size_t length :
       {std::size_t{1}, std::size_t{100}, std::size_t{4096}, whole.size() / 2 / 4096 * 4096, whole.size() - 4096}) {
    write_file(dir / "state.db", whole.substr(0, length));
    expect_refused(dir, "damaged");
    EXPECT_EQ(content_of(dir / "state.db").size(), length) << "nothing was changed";
  }
}

TEST(SqliteStore, DamageInsideIsFoundByTheCheck) {
  const TempDir dir;
  {
    const auto store = open(dir);
    for (int i = 0; i < 2000; ++i) ASSERT_TRUE(insert(**store, std::string(100, 'n') + std::to_string(i)));
    EXPECT_EQ(*check_sqlite_store(**store), "");
  }
  std::string torn = content_of(dir / "state.db");
  for (std::size_t page = torn.size() / 4096 / 2; page < torn.size() / 4096; ++page)
    torn.replace(page * 4096, 2000, 2000, '\xFF');
  write_file(dir / "state.db", torn);
  const auto store = open(dir);
  ASSERT_TRUE(store) << store.error().message;
  const auto finding = check_sqlite_store(**store);
  EXPECT_TRUE(!finding || !finding->empty());
}

TEST(SqliteStore, WriteAheadLogWithoutItsDatabaseIsNotSwallowed) {
  const TempDir dir;
  write_file(dir / "state.db-wal", "last commits");
  const auto store = open(dir);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::config);
  EXPECT_THAT(store.error().message, HasSubstr("write-ahead log"));
  EXPECT_EQ(content_of(dir / "state.db-wal"), "last commits");
}

TEST(SqliteStore, ForeignAndNewerDatabasesAreRefused) {
  const TempDir dir;
  { ASSERT_TRUE(open(dir)); }
  {
    auto connection = SqliteConnection::open(dir / "state.db", SqliteConnection::Mode::existing, 1);
    ASSERT_TRUE((*connection)->run_script(("PRAGMA user_version = " + std::to_string(schema_version() + 1)).c_str()));
  }
  expect_refused(dir, "made by a newer mapiguard");
  {
    auto connection = SqliteConnection::open(dir / "state.db", SqliteConnection::Mode::existing, 1);
    ASSERT_TRUE((*connection)->run_script("PRAGMA application_id = 7"));
  }
  expect_refused(dir, "some other program");
}

TEST(SqliteStore, FolderOrLinkToNothingInItsPlaceIsRefused) {
  const TempDir dir;
  std::filesystem::create_directory(dir / "state.db");
  expect_refused(dir, "is not a file");
}

TEST(SqliteStore, ManyProcessesMakeOneDatabase) {
  const TempDir dir;
  std::vector<Child> makers;
  for (int i = 0; i < 12; ++i)
    makers.emplace_back([&, i] {
      const auto store = open(dir);
      return store && insert(**store, std::to_string(i)) ? 0 : 1;
    });
  for (Child& maker : makers) EXPECT_EQ(maker.wait(), 0);
  EXPECT_EQ(count(**open(dir)), 12);
}

TEST(SqliteStore, MakerKilledAtAnyMomentHindersNobody) {
  for (int round = 0; round < 30; ++round) {
    const TempDir dir;
    Child maker([&] { return open(dir) ? 0 : 1; });
    std::this_thread::sleep_for(std::chrono::microseconds(round * 700));
    maker.kill_now();
    const auto store = open(dir);
    ASSERT_TRUE(store) << store.error().message;
    EXPECT_EQ(count(**store), 0);
    EXPECT_THAT(names_in(dir.path()), Not(Contains("state.db.making")));
  }
}

TEST(SqliteStore, WriterThatWaitsTooLongIsToldToTryAgain) {
  const TempDir dir;
  const auto store = open(dir);
  ASSERT_TRUE(store);
  int ready[2];
  ASSERT_EQ(::pipe2(ready, O_CLOEXEC), 0);
  Child hog([&] {
    const auto own = open(dir);
    return own && (*own)->write([&](Session&) -> Result<void> {
      while (::write(ready[1], "x", 1) == 1) ::pause();
      return {};
    })
               ? 0
               : 1;
  });
  char byte;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  const auto hasty = open(dir, 0.05);
  ASSERT_TRUE(hasty) << "reading does not wait for a writer: " << hasty.error().message;
  const auto refused = insert(**hasty, "a");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::try_again);
  EXPECT_EQ(count(**hasty), 0);
  hog.kill_now();
  EXPECT_TRUE(insert(**store, "a")) << "a dead writer holds nothing";
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST(SqliteStore, ThreadsShareAStore) {
  const TempDir dir;
  const auto store = open(dir);
  std::vector<std::thread> threads;
  std::atomic<int> failures{0};
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        if (!insert(**store, std::to_string(t) + "-" + std::to_string(i))) ++failures;
        if (!(*store)->query(kCount, {}, [](const SqlRow&) { return true; })) ++failures;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(count(**store), 400);
}

// Each transaction writes ten rows; a killed writer leaves tens.
TEST(SqliteStore, KillInsideATransactionLeavesAllOfItOrNothing) {
  const TempDir dir;
  const auto store = open(dir);
  for (int round = 0; round < 20; ++round) {
    Child writer([&] {
      const auto own = open(dir);
      for (int i = 0; own; ++i)
        if (!(*own)->write([&](Session& session) -> Result<void> {
              for (int k = 0; k < 10; ++k) {
                const std::string name = std::to_string(round) + "." + std::to_string(i) + "." + std::to_string(k);
                MAPIGUARD_TRY(session.run(kInsert, {std::string_view(name), std::int64_t{1}}));
              }
              return {};
            }))
          return 1;
      return 1;
    });
    std::this_thread::sleep_for(std::chrono::microseconds(3000 + round * 977));
    EXPECT_EQ(writer.kill_now(), 1000 + SIGKILL);
    EXPECT_EQ(count(**store) % 10, 0);
  }
  EXPECT_GT(count(**store), 0);
  EXPECT_EQ(*check_sqlite_store(**store), "");
}

TEST(SqliteStore, MisuseOfAStatementIsAnError) {
  const TempDir dir;
  const auto store = open(dir);
  static constexpr char kOutOfOrder[] = "INSERT INTO settled (name, at) VALUES ($2, $1)";
  EXPECT_FALSE((*store)->query(kOutOfOrder, {std::int64_t{1}, std::string_view("x")}, {}));
  EXPECT_FALSE((*store)->query(kInsert, {std::int64_t{1}}, {}));
  static constexpr char kNonsense[] = "SELEKT";
  EXPECT_FALSE((*store)->query(kNonsense, {}, {}));
}

// In a namespace of its own with a small file system that is then full, or read only. Skipped where that cannot be had.
constexpr int kCannotMount = 77;

int with_small_disk(const std::string& at, const std::function<int()>& work) {
  if (::unshare(::geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS) != 0) return kCannotMount;
  static_cast<void>(::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr));
  if (::mount("tmpfs", at.c_str(), "tmpfs", 0, "size=1m,mode=0700") != 0) return kCannotMount;
  return work();
}

TEST(SqliteStore, FullDiskIsAnErrorWithASentenceAndTheStoreStaysUsable) {
  const TempDir dir;
  Child child([&] {
    return with_small_disk(dir.path(), [&] {
      const auto store = open(dir);
      if (!store) return 1;
      const std::string filler(4000, 'f');
      Result<void> done;
      int rows = 0;
      for (; rows < 10'000 && done; ++rows) done = insert(**store, filler + std::to_string(rows));
      if (done || done.error().code != ErrorCode::io || done.error().message.find("no room left") == std::string::npos)
        return 2;
      return count(**store) == rows - 1 ? 0 : 3;
    });
  });
  const int code = child.wait();
  if (code == kCannotMount) GTEST_SKIP() << "a file system of its own cannot be mounted here";
  EXPECT_EQ(code, 0);
}

TEST(SqliteStore, ReadOnlyDiskIsToldAsSuch) {
  const TempDir dir;
  Child child([&] {
    return with_small_disk(dir.path(), [&] {
      if (!open(dir)) return 1;
      if (::mount("tmpfs", dir.path().c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, nullptr) != 0) return kCannotMount;
      const auto store = open(dir);
      if (!store) return store.error().code == ErrorCode::config ? 0 : 2;
      const auto done = insert(**store, "a");
      return !done && done.error().code == ErrorCode::config && done.error().hint.find("read only") != std::string::npos
                 ? 0
                 : 3;
    });
  });
  const int code = child.wait();
  if (code == kCannotMount) GTEST_SKIP() << "a file system of its own cannot be mounted here";
  EXPECT_EQ(code, 0);
}

}  // namespace
}  // namespace mapiguard
