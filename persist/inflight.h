// In-flight table: which messages this supervisor has handed to workers, in a file that outlives it.
//
// One file a supervisor, mapped by it alone (Boost.Interprocess, mapping only). A row is filled before the worker is
// given the bytes and cleared after the result is safe; both are plain stores into shared memory (they survive kill
// -9). A durable table's fill() waits until the row is on the disk too (it survives a loss of power); callers share the
// syncs. A separate lock file, held with F_OFD_SETLK and never passed on, says that the supervisor lives.
//
// Thread promise: each row belongs to one thread at a time; different rows may be used at once.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <mapiguard/result.h>
#include "base/sha256.h"
#include "persist/file_lock.h"

namespace mapiguard {

inline constexpr std::size_t kInflightIdBytes = 1024;  // of a message ID; a longer one is cut

struct InflightRow {
  Digest sha256{};
  std::string message_id;
  std::uint32_t attempt = 0;
  bool alone = false;
  std::string build;
  std::int64_t since_ns = 0;  // Unix time
};

class InflightTable {
 public:
  // Makes `state_dir`/inflight/<unique>.table with that many rows, locked.
  static Result<std::unique_ptr<InflightTable>> create(const std::string& state_dir, std::size_t rows,
                                                       bool durable = false);
  ~InflightTable();  // removes the files when every row is clear

  // Error io, of a durable table alone: the row is filled, but not known to be on the disk.
  Result<void> fill(std::size_t row, const Digest& sha256, std::string_view message_id, std::uint32_t attempt,
                    bool alone, std::string_view build, std::int64_t now_ns);
  // For rows that are filled afterwards. From any thread.
  Result<void> set_durable(bool durable);
  // At once, durable or not: a row that comes back after a loss of power makes a suspect, and charges nobody.
  void clear(std::size_t row);

  // Tables in the directory. `alive`: its lock is held. Rows whose checksum is wrong (torn) are still reported when
  // their digest can be told, else left out.
  struct Found {
    std::string path;
    bool alive = false;
    std::vector<InflightRow> rows;
  };
  static Result<std::vector<Found>> list(const std::string& state_dir);
  // Removes a dead supervisor's table; to be called after its rows have been settled durably. A no-op when it is alive
  // or already gone (two processes may settle at once).
  static Result<void> remove(const Found& found);
  // Removes what a supervisor left that was killed while it made or removed its table.
  static Result<void> sweep(const std::string& state_dir);

 private:
  class Impl;
  explicit InflightTable(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// One attempt at a time for one digest, across threads and processes: a byte lock (F_OFD_SETLK, offset from the digest)
// in `state_dir`/digests.lock. Released when destroyed, or by the kernel when the process dies.
class DigestLock {
 public:
  // Waits up to `seconds`; Error try_again when another process still converts the same message then.
  static Result<DigestLock> take(const std::string& state_dir, const Digest& digest, double seconds);
  DigestLock(DigestLock&&) noexcept = default;
  DigestLock& operator=(DigestLock&&) noexcept = default;

 private:
  explicit DigestLock(FileLock lock) : lock_(std::move(lock)) {}
  friend class DigestLocks;
  FileLock lock_;
};

// The same for one who takes many: descriptors are kept open and used again. Thread promise: take() from many threads.
class DigestLocks {
 public:
  explicit DigestLocks(std::string state_dir) : state_dir_(std::move(state_dir)) {}
  ~DigestLocks();

  class Held {
   public:
    Held(Held&& other) noexcept
        : locks_(std::exchange(other.locks_, nullptr)), byte_(other.byte_), lock_(std::move(other.lock_)) {}
    Held& operator=(Held&&) = delete;
    ~Held();

   private:
    friend class DigestLocks;
    Held(DigestLocks& locks, std::uint64_t byte, FileLock lock) : locks_(&locks), byte_(byte), lock_(std::move(lock)) {}
    DigestLocks* locks_;
    std::uint64_t byte_;
    FileLock lock_;
  };
  // As DigestLock::take. Not longer than this object lives.
  Result<Held> take(const Digest& digest, double seconds);

 private:
  const std::string state_dir_;
  std::mutex mutex_;
  std::vector<int> idle_;  // open, without a lock
};

}  // namespace mapiguard
