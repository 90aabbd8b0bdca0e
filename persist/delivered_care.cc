// Looking after DeliveredTo: adding rows from elsewhere, reading them all, removing what has expired.
#include <algorithm>
#include <utility>

#include "base/env.h"
#include "base/try.h"
#include "persist/delivered_impl.h"

namespace mapiguard {
namespace {

constexpr std::int64_t kDoomedForMs = 60'000;
constexpr std::size_t kImportedAtOnce = 1024;

}  // namespace

Result<void> DeliveredTo::append(std::span<const DeliveredRow> rows) {
  const std::lock_guard lock(mutex_);
  Writing writing(*this);
  MAPIGUARD_TRY(writing.begin());
  const ClockReading now = clock_.read();
  for (; !rows.empty(); rows = rows.subspan(std::min(rows.size(), kImportedAtOnce))) {
    std::vector<DeliveredRow> dated(rows.begin(),
                                    rows.begin() + static_cast<std::ptrdiff_t>(std::min(rows.size(), kImportedAtOnce)));
    std::vector<DeliveryIdentity> identities;
    for (DeliveredRow& row : dated) {
      const std::int64_t passed_ms = std::max<std::int64_t>(0, (now.wall_ns - row.wall_ns) / kNsPerMs);
      row.age_ms = std::max<std::int64_t>(1, now_ms(now) - passed_ms);
      identities.push_back(identity_of(row.key));
    }
    MAPIGUARD_TRY(append_locked(dated, identities, now, nullptr));
  }
  return {};
}

Result<std::uint64_t> DeliveredTo::import(std::span<const DeliveredRow> rows) {
  std::uint64_t added = 0;
  for (const DeliveredRow& row : rows) {
    MAPIGUARD_TRY(check_key(row.key));
    const std::int64_t passed_ms = std::max<std::int64_t>(0, (clock_.read().wall_ns - row.wall_ns) / kNsPerMs);
    if (row.state != DeliveryState::delivered || passed_ms > window_ms_) continue;
    const auto seen = look(row.key, identity_of(row.key));
    if (!seen) return std::unexpected(seen.error());
    if (seen->same) continue;
    MAPIGUARD_TRY(append(std::span(&row, 1)));
    ++added;
  }
  return added;
}

Result<void> DeliveredTo::for_each(const std::function<bool(const DeliveredRow&)>& take) {
  struct Part {
    std::shared_ptr<DeliveredPartition> partition;
    std::uint64_t end;
    std::int64_t cap;
  };
  std::vector<Part> parts;
  std::int64_t now = 0, window = 0;
  {
    const std::lock_guard lock(mutex_);
    MAPIGUARD_TRY(refresh());
    for (const auto& partition : partitions_)
      parts.push_back({partition, partition->header().tail, partition->header().cap_ms});
    now = now_ms(clock_.read());
    window = window_ms_;
  }
  bool goes_on = true;
  for (const Part& part : parts) {
    MAPIGUARD_TRY(part.partition->for_each(part.end, [&](std::uint64_t, Bytes bytes) {
      const DeliveredRow row = read_row(bytes);
      if (elapsed_since(part.cap, row.age_ms, now) <= window) goes_on = take(row);
      return goes_on;
    }));
    if (!goes_on) break;
  }
  return {};
}

bool DeliveredTo::is_cleanup_due(std::int64_t interval_ms) {
  const std::lock_guard lock(mutex_);
  const std::int64_t now = now_ms(clock_.read()), last = state_->cleaned_ms;
  return now - last >= interval_ms || last > now;
}

// Those to be unlinked, which nobody will append to any more; and marks on those whose time is in doubt.
Result<DeliveredTo::Partitions> DeliveredTo::condemn(const ClockReading& reading, bool at_once) {
  const std::lock_guard lock(mutex_);
  Writing writing(*this);
  MAPIGUARD_TRY(writing.begin());
  note_time(reading);
  const std::int64_t now = now_ms(reading);
  Partitions condemned, kept;
  for (const auto& partition : partitions_) {
    IndexHeader& of = partition->header();
    if (of.newest_ms > now + kClockToleranceMs && of.cap_ms == 0) of.cap_ms = now;
    const bool expired = is_expired(*partition, now);
    const std::int64_t doomed = of.doomed_ms;
    if (!expired || doomed == 0 || doomed > now) of.doomed_ms = expired ? now : 0;
    const bool goes = expired && (at_once || (doomed != 0 && now - doomed >= kDoomedForMs));
    if (goes) of.retired = 1;
    (goes ? condemned : kept).push_back(partition);
  }
  if (!condemned.empty()) {
    partitions_ = std::move(kept);
    changed();
  }
  state_->cleaned_ms = now;
  return condemned;
}

// What a killed one left: partitions that were retired, files that were being made. And what is put aside goes with
// time.
Result<void> DeliveredTo::tidy(const ClockReading& now) {
  const auto names = posix_env().list(folder_);
  if (!names) return std::unexpected(names.error());
  for (const std::string& name : *names) {
    if (!name.ends_with(kAsideSuffix)) continue;
    const auto info = posix_env().info(folder_ + "/" + name);
    if (info && *info && now.wall_ns - (*info)->modified_ns > window_ms_ * kNsPerMs)
      MAPIGUARD_TRY(posix_env().remove(folder_ + "/" + name));
  }
  const auto numbers = partition_numbers(folder_);
  if (!numbers) return std::unexpected(numbers.error());
  for (const std::uint64_t number : *numbers) {
    const std::lock_guard lock(mutex_);
    const bool known =
        std::any_of(partitions_.begin(), partitions_.end(), [&](const auto& p) { return p->number() == number; });
    if (known || generation_ != state_->generation) continue;
    const auto left = DeliveredPartition::open(folder_, number, now);
    if (left && (*left)->header().retired != 0) MAPIGUARD_TRY((*left)->remove_files());
  }
  return {};
}

Result<DeliveredTo::Cleaned> DeliveredTo::cleanup(bool at_once) {
  auto lock = take_lock(kDeliveredCleanerByte, at_once ? kDeliveredLockSeconds : 0);
  if (!lock) return std::unexpected(lock.error());
  Cleaned cleaned;
  if (!*lock) {
    cleaned.somebody_else = true;
    return cleaned;
  }
  const ClockReading now = clock_.read();
  auto condemned = condemn(now, at_once);
  if (!condemned) return std::unexpected(condemned.error());
  // From here on deliveries go on beside us: nothing below needs the writer lock.
  for (auto& partition : *condemned) {
    cleaned.rows += partition->header().entries;
    ++cleaned.files;
    MAPIGUARD_TRY(partition->remove_files());
    partition.reset();
  }
  MAPIGUARD_TRY(tidy(now));
  MAPIGUARD_TRY(seal_old());
  return cleaned;
}

// Partitions that nothing is added to any more. Their index need not be made again after a loss of power.
Result<void> DeliveredTo::seal_old() {
  std::vector<std::pair<std::shared_ptr<DeliveredPartition>, std::shared_ptr<DeliveredIndex>>> old;
  {
    const std::lock_guard guard(mutex_);
    for (std::size_t i = 0; i + 1 < partitions_.size(); ++i)
      if (partitions_[i]->header().sealed == 0) old.emplace_back(partitions_[i], partitions_[i]->index());
  }
  for (const auto& [partition, index] : old) MAPIGUARD_TRY(partition->seal(*index));
  return {};
}

Result<DeliveredTo::Stats> DeliveredTo::stats() {
  const std::lock_guard lock(mutex_);
  MAPIGUARD_TRY(refresh());
  const ClockReading reading = clock_.read();
  const std::int64_t now = now_ms(reading);
  Stats stats;
  stats.partitions = partitions_.size();
  for (const auto& partition : partitions_) {
    const IndexHeader& of = partition->header();
    stats.rows += of.entries;
    stats.bytes += partition->bytes();
    if (of.oldest_ms == 0) continue;
    const std::int64_t wall = reading.wall_ns - elapsed_since(of.cap_ms, of.oldest_ms, now) * kNsPerMs;
    stats.oldest_wall_ns = std::min(wall, stats.oldest_wall_ns.value_or(wall));
  }
  const auto names = posix_env().list(folder_);
  if (!names) return std::unexpected(names.error());
  for (const std::string& name : *names) stats.damaged_files += name.ends_with(kAsideSuffix);
  return stats;
}

}  // namespace mapiguard
