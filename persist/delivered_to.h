// DeliveredTo: which mailbox was given which message, so that it is not given the same one twice.
//
//   auto hold = store->hold(identity, 30);          // one delivery at a time of one message to one mailbox
//   auto seen = store->look(key, identity);         // has it been delivered, within the window?
//   auto place = store->reserve(row, identity, *seen);
//   … deliver …
//   store->mark_delivered(*place);                  // a death before this line: it is delivered again, never lost
//
// Rows live in at most kMostPartitions partitions, each a stretch of time with files of its own, so that no cost grows
// with the number of rows: a look is one place in each index, a row is an append, and expiring is an unlink. It only
// remembers: what a sighting means is decided by guardian/duplicates.h.
//
// Errors of every call: io (disk full, unreadable), try_again (another process held the lock for long), usage. Whoever
// gets one delivers: a mail twice is a nuisance, a mail lost is not.
//
// Thread promise: from many threads, and many processes on one state directory; waits are bounded.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <mapiguard/result.h>
#include "persist/delivered_clock.h"
#include "persist/delivered_row.h"
#include "persist/file_lock.h"

namespace mapiguard {

inline constexpr std::size_t kMostPartitions = 16;
inline constexpr std::int64_t kHourMs = 3'600'000;

struct DeliveredOptions {
  std::int64_t window_ms = 168 * kHourMs;  // how long a delivery is remembered
  bool durable = false;                    // marks survive a loss of power, too
};

class DeliveredPartition;

class DeliveredTo {
 public:
  // `state_dir` must be there. `clock` must outlive the store.
  static Result<std::unique_ptr<DeliveredTo>> open(const std::string& state_dir, const DeliveredOptions& options,
                                                   const AgeClock& clock = boot_clock());
  ~DeliveredTo();

  // -- one delivery ------------------------------------------------------------------------------------------
  // Nobody else, in any process, holds the same identity while it lives; its holder's death ends it.
  class Hold {
   public:
    Hold(Hold&& other) noexcept;
    Hold& operator=(Hold&&) = delete;
    ~Hold();

   private:
    friend class DeliveredTo;
    Hold(DeliveredTo& store, std::uint64_t byte, FileLock lock);
    DeliveredTo* store_;
    std::uint64_t byte_;
    FileLock lock_;
  };
  // nullopt: somebody else has held it all that time.
  Result<std::optional<Hold>> hold(const DeliveryIdentity& identity, double wait_seconds);

  struct Place {
    std::uint64_t partition = 0, at = 0, check = 0;
  };
  struct Seen {
    std::int64_t elapsed_ms = 0;
    std::int64_t wall_ns = 0;
    Digest content{};
  };
  // What is on record of a key within the window.
  struct Sighting {
    std::optional<Seen> same;        // delivered, with the same content
    std::optional<Seen> other;       // delivered, with another content
    std::optional<Seen> expired;     // the same content, but longer ago than the window
    std::optional<Place> abandoned;  // reserved by one who never delivered; reserve() takes it over
    std::string trouble;             // what could not be read: there may have been more
  };
  Result<Sighting> look(const DeliveryKey& key, const DeliveryIdentity& identity);
  Result<Place> reserve(const DeliveredRow& row, const DeliveryIdentity& identity, const Sighting& seen);
  Result<void> mark_delivered(const Place& place);

  // -- looking after it ----------------------------------------------------------------------------------------
  // Adds deliveries made elsewhere (state and times as they are given, age_ms from wall_ns); those that are known or
  // expired are left out. Says how many were added.
  Result<std::uint64_t> import(std::span<const DeliveredRow> rows);
  // Every row within the window, oldest partition first, until `take` says false.
  Result<void> for_each(const std::function<bool(const DeliveredRow&)>& take);

  struct Cleaned {
    std::uint64_t rows = 0, files = 0;
    bool somebody_else = false;  // another process is at it: nothing was done here
  };
  // Removes partitions all of whose rows have expired. At once: else a partition goes when a cleanup that comes a
  // minute after the first to find it expired finds it so again, in case that one's clock was wrong.
  Result<Cleaned> cleanup(bool at_once);
  // Whether nobody has cleaned up for that long.
  bool is_cleanup_due(std::int64_t interval_ms);

  struct Stats {
    std::uint64_t rows = 0, partitions = 0, bytes = 0;
    std::optional<std::int64_t> oldest_wall_ns;
    std::uint64_t damaged_files = 0;  // put aside
  };
  Result<Stats> stats();
  void set_window(std::int64_t window_ms);

  // Rows as they are, in bulk, without a look whether they are known: for measuring.
  Result<void> append(std::span<const DeliveredRow> rows);

 private:
  struct StatePage;
  class Writing;
  using Partitions = std::vector<std::shared_ptr<DeliveredPartition>>;

  DeliveredTo(std::string folder, const DeliveredOptions& options, const AgeClock& clock);
  Result<void> map_state();
  Result<void> start();
  Result<std::optional<FileLock>> take_lock(std::uint64_t byte, double seconds);
  std::int64_t now_ms(const ClockReading& now) const { return age_ms(record_, now); }
  bool is_expired(const DeliveredPartition& partition, std::int64_t now) const;
  Result<void> refresh();         // when another process has changed the partitions
  Result<void> refresh_locked();  // the same, within the writer lock
  void changed();
  std::optional<ClockRecord> last_record() const;
  void note_time(const ClockReading& now);
  Result<void> make_room(std::size_t rows, const ClockReading& now);
  bool needs_partition(std::int64_t now) const;
  Result<void> append_locked(std::span<const DeliveredRow> rows, std::span<const DeliveryIdentity> identities,
                             const ClockReading& now, Place* place);
  Result<void> look_into(DeliveredPartition& partition, const DeliveryKey& key, const DeliveryIdentity& identity,
                         std::int64_t now, Sighting& sighting, bool& doubt);
  Result<void> mend(std::uint64_t number);
  std::shared_ptr<DeliveredPartition> partition_of(std::uint64_t number) const;
  Result<Partitions> condemn(const ClockReading& reading, bool at_once);
  Result<void> tidy(const ClockReading& now);
  Result<void> seal_old();

  const std::string folder_;
  const AgeClock& clock_;
  const bool durable_;
  std::mutex mutex_;  // of all below
  std::int64_t window_ms_;
  StatePage* state_ = nullptr;
  ClockRecord record_;
  std::uint64_t generation_ = 0;
  Partitions partitions_;  // oldest first
  int writer_fd_ = -1;
  std::mutex holds_mutex_;
  std::vector<int> idle_holds_;  // open, without a lock
};

}  // namespace mapiguard
