// The index of one partition of DeliveredTo: a hash table in a mapped file, fingerprint → place of a row. It can always
// be made again from the rows, and every slot says whether it is whole: an empty one carries a seal of its own, a
// filled one a checksum, so that a cut, zeroed or changed page is seen where it is met.
//
// Fingerprints are salted: nobody can choose messages that fall together. Slots stand in the order of their
// fingerprints, so that growing copies from front to back.
//
// Thread promise: find() from many threads and processes while one inserts; the rest under the store's writer lock.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <mapiguard/result.h>
#include "base/sha256.h"
#include "persist/delivered_row.h"

namespace mapiguard {

struct IndexHeader {
  char magic[8];
  std::uint64_t capacity;  // slots, a power of two
  std::uint64_t salt[2];
  std::uint64_t check;  // of all above
  std::uint64_t unused[3];
  // Of the partition; what a rebuild finds in the rows.
  std::atomic<std::uint64_t> tail;  // where the next row goes
  std::atomic<std::uint64_t> entries;
  std::atomic<std::int64_t> began_ms;              // when the first row was added; 0 = there is none
  std::atomic<std::int64_t> oldest_ms, newest_ms;  // ages of rows, which may have come from elsewhere
  // A newest_ms from the future is a wrong clock's: rows count as of this age then. 0 = all is well.
  std::atomic<std::int64_t> cap_ms;
  std::atomic<std::int64_t> doomed_ms;  // when a cleanup first found it expired
  std::atomic<std::uint64_t> retired;   // nobody may append
  std::atomic<std::uint64_t> sealed;    // rows and index are on the disk and will not change, but for marks
  std::atomic<std::uint64_t> boot[2];   // in which it was last known to be whole
};
inline constexpr std::size_t kIndexHeaderBytes = 4096;
static_assert(sizeof(IndexHeader) <= kIndexHeaderBytes && std::atomic<std::uint64_t>::is_always_lock_free);

class DeliveredIndex {
 public:
  inline static constexpr std::uint64_t kFewestSlots = 1024;

  // Empty, under a temporary name until publish(). Allocated on the disk: a full one is an Error here, no SIGBUS later.
  // `salted_as`: its fingerprints will be true here, too; nullptr: a salt of its own.
  static Result<std::unique_ptr<DeliveredIndex>> create(const std::string& path, std::uint64_t rows,
                                                        const DeliveredIndex* salted_as = nullptr);
  // nullptr: absent, or no index that could be used.
  static Result<std::unique_ptr<DeliveredIndex>> open(const std::string& path);
  ~DeliveredIndex();
  DeliveredIndex(const DeliveredIndex&) = delete;

  Result<void> publish();
  Result<void> sync() const;

  IndexHeader& header() const { return *static_cast<IndexHeader*>(base_); }
  bool has_room(std::size_t rows) const;

  // By mailbox, ID and time; by the content, too, for all but the first row of an identity.
  std::uint64_t fingerprint(const DeliveryIdentity& identity) const;
  std::uint64_t fingerprint(const DeliveryIdentity& identity, const Digest& content) const;
  void prefetch(std::uint64_t fingerprint) const { __builtin_prefetch(&slots()[home(fingerprint)]); }

  // Places of the rows with that fingerprint, one a call; begin with a Cursor of it.
  struct Cursor {
    std::uint64_t fingerprint = 0, slot = 0, seen = 0;
  };
  Cursor cursor(std::uint64_t fingerprint) const { return {fingerprint, home(fingerprint), 0}; }
  enum class Step : std::uint8_t { row, end, damaged };
  Step next(Cursor& cursor, std::uint64_t& place) const;

  void insert(std::uint64_t fingerprint, std::uint64_t place);  // only when has_room(1)
  // Every entry into `larger`, which is salted as this one. False when a slot is damaged: only a rebuild helps then.
  bool copy_into(DeliveredIndex& larger) const;

 private:
  struct Slot {
    std::atomic<std::uint64_t> fingerprint, place;
  };
  static_assert(sizeof(Slot) == 16);
  DeliveredIndex(std::string path, std::string now_named, void* base, std::size_t bytes);
  Slot* slots() const { return reinterpret_cast<Slot*>(static_cast<char*>(base_) + kIndexHeaderBytes); }
  std::uint64_t home(std::uint64_t fingerprint) const { return fingerprint >> shift_; }
  std::uint64_t empty_seal(std::uint64_t slot) const;
  std::uint64_t filled(std::uint64_t fingerprint, std::uint64_t place) const;
  void clear_all();

  std::string path_, name_;
  void* base_;
  std::size_t bytes_;
  unsigned shift_;
  std::uint64_t mask_;
  std::uint64_t salt_[2];  // of the header, which somebody might damage
};

}  // namespace mapiguard
