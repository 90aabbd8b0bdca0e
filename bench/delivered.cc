// What does it cost to look a delivery up and to mark it, with ten thousand, a million and ten million rows; beside a
// plain table of SQLite with as many. And how long is a delivery held up while a million expired rows are removed.
//   delivered FOLDER
#include <sqlite3.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <thread>

#include "base/clock.h"
#include "bench/measure.h"
#include "persist/delivered_to.h"

namespace mapiguard::bench {
namespace {

constexpr std::array<std::uint64_t, 3> kSizes = {10'000, 1'000'000, 10'000'000};
constexpr std::array<const char*, 3> kNames = {"10k", "1m", "10m"};
constexpr int kRounds = 15, kEachRound = 400;
constexpr std::uint64_t kExpiring = 1'000'000;
constexpr std::int64_t kWindowNs = 168 * kHourMs * kNsPerMs;

// Days pass while rows are loaded, as they would.
class LoadClock final : public AgeClock {
 public:
  ClockReading read() const override { return {start_ + passed_, passed_, {7, 7}}; }
  void advance(std::int64_t ns) { passed_ += ns; }

 private:
  const std::int64_t start_ = system_clock().now_ns() - kWindowNs;
  std::atomic<std::int64_t> passed_{1};
};

template <class T>
T need(Result<T> result) {
  if (result) return std::move(*result);
  std::fprintf(stderr, "%s\n", result.error().message.c_str());
  std::exit(EXIT_FAILURE);
}
void need(const Result<void>& result) {
  if (result) return;
  std::fprintf(stderr, "%s\n", result.error().message.c_str());
  std::exit(EXIT_FAILURE);
}

std::uint64_t scrambled(std::uint64_t number) {
  number = (number ^ number >> 31) * 0x7FB5D329728EA185ull;
  return (number ^ number >> 27) * 0x81DADEF4BC2DD44Dull;
}

DeliveredRow row_of(std::uint64_t number, std::int64_t wall_ns) {
  DeliveredRow row;
  row.key.mailbox = "user" + std::to_string(number % 5000) + "@example.org";
  row.key.message_id = "<" + std::to_string(scrambled(number)) + "@mail.example.net>";
  row.key.submit_time = 1'700'000'000 + static_cast<std::int64_t>(number % 1'000'000);
  const std::uint64_t content = scrambled(number + 1);
  std::memcpy(row.key.content.data(), &content, sizeof content);
  row.size = 25'000;
  row.database = "mapiguard";
  row.state = DeliveryState::delivered;
  row.wall_ns = wall_ns;
  return row;
}

class Ours {
 public:
  Ours(const std::string& folder, std::uint64_t rows) {
    std::filesystem::create_directories(folder);
    store_ = need(DeliveredTo::open(folder, {}, clock_));
    std::vector<DeliveredRow> batch;
    constexpr std::uint64_t kBatch = 1000;
    for (; next_ < rows;) {
      batch.clear();
      for (std::uint64_t i = 0; i < kBatch && next_ < rows; ++i)
        batch.push_back(row_of(next_++, clock_.read().wall_ns));
      need(store_->append(batch));
      clock_.advance(kWindowNs / 100 * 99 / static_cast<std::int64_t>(rows) * static_cast<std::int64_t>(batch.size()));
    }
  }
  void deliver() {
    const DeliveredRow row = row_of(next_++, 0);
    const DeliveryIdentity identity = identity_of(row.key);
    const auto hold = need(store_->hold(identity, 1));
    const auto seen = need(store_->look(row.key, identity));
    if (seen.same) std::exit(EXIT_FAILURE);
    need(store_->mark_delivered(need(store_->reserve(row, identity, seen))));
  }
  // A delivery that is known.
  void refuse() {
    const DeliveredRow row = row_of(--known_ % next_, 0);
    const DeliveryIdentity identity = identity_of(row.key);
    const auto hold = need(store_->hold(identity, 1));
    if (!need(store_->look(row.key, identity)).same) std::exit(EXIT_FAILURE);
  }
  DeliveredTo& store() { return *store_; }
  LoadClock& clock() { return clock_; }

 private:
  LoadClock clock_;
  std::unique_ptr<DeliveredTo> store_;
  std::uint64_t next_ = 0, known_ = std::uint64_t{1} << 40;
};

// The plain way: one table, its primary key.
class Plain {
 public:
  Plain(const std::string& path, std::uint64_t rows) {
    if (sqlite3_open(path.c_str(), &database_) != SQLITE_OK) std::exit(EXIT_FAILURE);
    run("PRAGMA journal_mode = WAL");
    run("PRAGMA synchronous = NORMAL");
    run("CREATE TABLE delivered (identity BLOB NOT NULL PRIMARY KEY, state INTEGER, at INTEGER, content BLOB, size "
        "INTEGER, "
        "mailbox TEXT, message_id TEXT) WITHOUT ROWID");
    look_ = prepared("SELECT state, at, content FROM delivered WHERE identity = ?1");
    add_ = prepared("INSERT INTO delivered VALUES (?1, 1, 0, ?2, 25000, ?3, ?4)");
    mark_ = prepared("UPDATE delivered SET state = 2 WHERE identity = ?1");
    run("BEGIN");
    // In the order of their keys, which is quickest.
    for (std::uint64_t i = 0; i < rows; ++i) insert(UINT64_MAX / rows * i, row_of(i, 0));
    run("COMMIT");
    run("PRAGMA wal_checkpoint(TRUNCATE)");
    next_ = rows;
  }
  ~Plain() {
    for (sqlite3_stmt* statement : {look_, add_, mark_}) sqlite3_finalize(statement);
    sqlite3_close(database_);
  }
  Plain(const Plain&) = delete;
  void deliver() {
    const DeliveredRow row = row_of(next_++, 0);
    const std::uint64_t key = scrambled(identity_of(row.key)[0]);
    run("BEGIN IMMEDIATE");
    bind_key(look_, key);
    if (sqlite3_step(look_) != SQLITE_DONE) std::exit(EXIT_FAILURE);
    sqlite3_reset(look_);
    insert(key, row);
    run("COMMIT");
    bind_key(mark_, key);
    sqlite3_step(mark_);
    sqlite3_reset(mark_);
  }

 private:
  void run(const char* sql) {
    if (sqlite3_exec(database_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) std::exit(EXIT_FAILURE);
  }
  sqlite3_stmt* prepared(const char* sql) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(database_, sql, -1, &statement, nullptr) != SQLITE_OK) std::exit(EXIT_FAILURE);
    return statement;
  }
  void bind_key(sqlite3_stmt* statement, std::uint64_t key) {
    for (int i = 0; i < 8; ++i) key_[static_cast<std::size_t>(i)] = static_cast<char>(key >> (56 - 8 * i));
    sqlite3_bind_blob(statement, 1, key_.data(), static_cast<int>(key_.size()), SQLITE_STATIC);
  }
  void insert(std::uint64_t key, const DeliveredRow& row) {
    bind_key(add_, key);
    sqlite3_bind_blob(add_, 2, row.key.content.data(), 32, SQLITE_STATIC);
    sqlite3_bind_text(add_, 3, row.key.mailbox.data(), static_cast<int>(row.key.mailbox.size()), SQLITE_STATIC);
    sqlite3_bind_text(add_, 4, row.key.message_id.data(), static_cast<int>(row.key.message_id.size()), SQLITE_STATIC);
    if (sqlite3_step(add_) != SQLITE_DONE) std::exit(EXIT_FAILURE);
    sqlite3_reset(add_);
  }

  sqlite3* database_ = nullptr;
  sqlite3_stmt *look_ = nullptr, *add_ = nullptr, *mark_ = nullptr;
  std::array<char, 16> key_{};
  std::uint64_t next_ = 0;
};

// Microseconds of the processor.
template <class Once>
double one_round(Once once) {
  const double began = cpu_seconds();
  for (int i = 0; i < kEachRound; ++i) once();
  return (cpu_seconds() - began) * 1e6 / kEachRound;
}

// The longest delivery, in milliseconds, while `work` goes on beside it.
template <class Work>
double longest_delivery(Ours& ours, Work work) {
  std::atomic<bool> over{false};
  std::jthread worker([&] {
    work();
    over = true;
  });
  double longest = 0;
  while (!over) {
    const double began = wall_seconds();
    ours.deliver();
    longest = std::max(longest, wall_seconds() - began);
  }
  return longest * 1000;
}

// A million rows in partitions that have expired, and a few thousand that have not.
void measure_expiry(const std::string& folder, JsonSeries& json) {
  Ours ours(folder, kExpiring);
  ours.clock().advance(kWindowNs + kWindowNs / 12 + 2 * kHourMs * kNsPerMs);
  for (int i = 0; i < 5000; ++i) ours.deliver();
  const double idle = longest_delivery(ours, [] { std::this_thread::sleep_for(std::chrono::milliseconds(200)); });
  double took = 0;
  std::uint64_t gone = 0;
  const double busy = longest_delivery(ours, [&] {
    const double began = wall_seconds();
    gone = need(ours.store().cleanup(true)).rows;
    took = (wall_seconds() - began) * 1000;
  });
  json.add("expiry_ms", {busy, idle});
  json.add("cleanup_ms_and_rows", {took, static_cast<double>(gone)});
}

int run(const std::string& folder) {
  std::array<std::unique_ptr<Ours>, 3> ours;
  std::array<std::unique_ptr<Plain>, 3> plain;
  std::array<std::vector<double>, 3> deliver, refuse, sqlite;
  std::vector<double> loaded;
  for (std::size_t i = 0; i < kSizes.size(); ++i) {
    const double began = wall_seconds();
    ours[i] = std::make_unique<Ours>(folder + "/" + kNames[i], kSizes[i]);
    const double half = wall_seconds();
    plain[i] = std::make_unique<Plain>(folder + "/" + kNames[i] + ".db", kSizes[i]);
    loaded.insert(loaded.end(), {half - began, wall_seconds() - half});
  }
  for (int round = 0; round < kRounds; ++round)
    for (std::size_t turn = 0; turn < kSizes.size(); ++turn) {
      const std::size_t i = (turn + static_cast<std::size_t>(round)) % kSizes.size();
      deliver[i].push_back(one_round([&] { ours[i]->deliver(); }));
      refuse[i].push_back(one_round([&] { ours[i]->refuse(); }));
      sqlite[i].push_back(one_round([&] { plain[i]->deliver(); }));
    }
  JsonSeries json;
  for (std::size_t i = 0; i < kSizes.size(); ++i) {
    json.add(std::string("deliver_") + kNames[i], deliver[i]);
    json.add(std::string("refuse_") + kNames[i], refuse[i]);
    json.add(std::string("sqlite_") + kNames[i], sqlite[i]);
  }
  json.add("load_seconds", {loaded[4], loaded[5]});
  measure_expiry(folder + "/expiry", json);
  json.print();
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace mapiguard::bench

int main(int argc, char** argv) { return argc == 2 ? mapiguard::bench::run(argv[1]) : EXIT_FAILURE; }
