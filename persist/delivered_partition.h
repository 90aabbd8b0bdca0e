// One partition of DeliveredTo: the rows of a stretch of time in a file of their own, appended one behind the other,
// and their index. Expiring it is an unlink.
//
// A row that was cut or changed is no row; rows behind it are found again by their heads. An index that is missing,
// damaged, or of another boot and not sealed is made again from the rows.
//
// Thread promise: for_each(), sync() and seal() beside all others; these one at a time. Between processes: look() and
// mark() at any time, the rest under the store's writer lock.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "persist/delivered_clock.h"
#include "persist/delivered_index.h"
#include "persist/delivered_row.h"
#include "persist/group_sync.h"

namespace mapiguard {

class DeliveredPartition {
 public:
  static Result<std::unique_ptr<DeliveredPartition>> create(const std::string& folder, std::uint64_t number,
                                                            const ClockReading& now);
  // Makes the index again where it must. Errors: io; not_a_message when the head of the file is damaged.
  static Result<std::unique_ptr<DeliveredPartition>> open(const std::string& folder, std::uint64_t number,
                                                          const ClockReading& now);
  ~DeliveredPartition();
  DeliveredPartition(const DeliveredPartition&) = delete;

  struct Found {
    std::uint64_t place = 0;
    DecodedRow row;
  };
  // Every row of that identity with that content, and one with another content, a delivered one if there is any;
  // `doubt` when the index or a row was damaged: then there may be more.
  struct Look {
    std::vector<Found> same;
    std::optional<Found> other;
    bool doubt = false;
  };
  void prefetch(const DeliveryIdentity& identity) const { index_->prefetch(index_->fingerprint(identity)); }
  Result<Look> look(const DeliveryIdentity& identity, const Digest& content) const;

  // One behind the other, in one write. All of them, or an Error and none.
  struct NewRow {
    const DeliveredRow* row;
    DeliveryIdentity identity;
    std::uint64_t place = 0, check = 0;  // set by append()
  };
  Result<void> append(std::span<NewRow> rows, std::int64_t now_ms);
  Result<void> mark(std::uint64_t place, std::uint64_t row_check, const RowMark& mark);
  // Whether append() must grow the index first, which makes it a new file: other processes must hear of it.
  bool needs_growth(std::size_t rows) const;
  Result<void> grow(std::size_t rows);
  Result<void> rebuild(const ClockReading& now);

  // In the order in which they were added, up to `end`, which was the tail; until `take` says false.
  Result<void> for_each(std::uint64_t end, const std::function<bool(std::uint64_t place, Bytes row)>& take) const;

  Result<void> sync();  // the rows: shared with all that wait for it
  // Rows and index, once nothing is added any more. `index` is index(), taken while nobody could change it.
  Result<void> seal(DeliveredIndex& index);
  std::shared_ptr<DeliveredIndex> index() const { return index_; }
  Result<void> remove_files();

  std::uint64_t number() const { return number_; }
  IndexHeader& header() const { return index_->header(); }
  std::uint64_t bytes() const;                                    // of both files
  std::uint64_t damaged_bytes() const { return damaged_bytes_; }  // met by the last rebuild
  bool was_rebuilt() const { return rebuilt_; }

 private:
  DeliveredPartition(std::string folder, std::uint64_t number, int fd);
  Result<std::optional<DecodedRow>> row_at(std::uint64_t place) const;
  Result<bool> look_by(std::uint64_t fingerprint, const DeliveryIdentity& identity, const Digest& content,
                       Look& look) const;
  Result<void> scan(const std::function<bool(std::uint64_t place, Bytes row)>& take, std::uint64_t end,
                    std::uint64_t& damaged, std::uint64_t& last) const;
  void note_age(std::int64_t age_ms);
  std::string rows_path() const;
  std::string index_path() const;

  const std::string folder_;
  const std::uint64_t number_;
  const int fd_;
  std::shared_ptr<DeliveredIndex> index_;
  std::uint64_t damaged_bytes_ = 0;
  bool rebuilt_ = false;
  GroupSync group_;
};

// Numbers of the partitions in a folder, ascending; empty when there is no folder.
Result<std::vector<std::uint64_t>> partition_numbers(const std::string& folder);
// A partition that cannot be read is put aside under another name, for the administrator.
Result<void> put_aside(const std::string& folder, std::uint64_t number);
inline constexpr char kAsideSuffix[] = ".damaged";

}  // namespace mapiguard
