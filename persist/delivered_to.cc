#include "persist/delivered_to.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/env.h"
#include "base/log.h"
#include "base/text.h"
#include "base/try.h"
#include "persist/delivered_impl.h"

namespace mapiguard {
namespace {

constexpr char kStateMagic[8] = {'M', 'G', 'D', 'E', 'L', 'S', '0', '1'};
constexpr std::size_t kStateBytes = 4096;
// Partitions of a window. With those that wait for their last row to expire, and for the cleanup, they are fewer than
// kMostPartitions.
constexpr std::int64_t kPartsOfWindow = 12;
constexpr std::int64_t kShortestSpanMs = 1000;
constexpr std::int64_t kTimeNotedEveryNs = 60'000'000'000;

std::unexpected<Error> trouble(const char* what, const std::string& path) {
  return fail(ErrorCode::io, std::string("cannot ") + what + " '" + displayable(path) + "': " + std::strerror(errno));
}

}  // namespace

// -- opening ---------------------------------------------------------------------------------------------------

DeliveredTo::DeliveredTo(std::string folder, const DeliveredOptions& options, const AgeClock& clock)
    : folder_(std::move(folder)), clock_(clock), durable_(options.durable), window_ms_(options.window_ms) {}

DeliveredTo::~DeliveredTo() {
  if (state_) ::munmap(state_, kStateBytes);
  if (writer_fd_ >= 0) ::close(writer_fd_);
  for (const int fd : idle_holds_) ::close(fd);
}

Result<std::unique_ptr<DeliveredTo>> DeliveredTo::open(const std::string& state_dir, const DeliveredOptions& options,
                                                       const AgeClock& clock) {
  std::unique_ptr<DeliveredTo> store(new DeliveredTo(state_dir + "/delivered", options, clock));
  MAPIGUARD_TRY(posix_env().make_dir(store->folder_, 0700));
  MAPIGUARD_TRY(store->map_state());
  MAPIGUARD_TRY(store->start());
  return store;
}

Result<void> DeliveredTo::map_state() {
  const std::string path = folder_ + "/state";
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return trouble("open", path);
  const int reason = ::posix_fallocate(fd, 0, kStateBytes);
  void* base = reason == 0 ? ::mmap(nullptr, kStateBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;
  if (reason != 0) errno = reason;
  const auto failed = trouble("map", path);
  ::close(fd);
  if (base == MAP_FAILED) return failed;
  state_ = static_cast<StatePage*>(base);
  return {};
}

Result<void> DeliveredTo::start() {
  const std::lock_guard lock(mutex_);
  Writing writing(*this);
  generation_ = state_->generation - 1;  // so that everything is read
  MAPIGUARD_TRY(writing.begin());
  if (std::memcmp(state_->magic, kStateMagic, sizeof kStateMagic) != 0) new (state_) StatePage{};
  std::memcpy(state_->magic, kStateMagic, sizeof kStateMagic);
  std::int64_t newest = 0;
  for (const auto& partition : partitions_) newest = std::max(newest, partition->header().newest_ms.load());
  const ClockReading now = clock_.read();
  record_ = continued(last_record(), now, newest);
  changed();
  note_time(now);
  return {};
}

std::optional<ClockRecord> DeliveredTo::last_record() const {
  std::optional<ClockRecord> last;
  for (const ClockRecord& record : state_->clock)
    if (is_whole(record) && (!last || record.sequence > last->sequence)) last = record;
  return last;
}

// Within the writer lock: who starts after the next boot goes on from here.
void DeliveredTo::note_time(const ClockReading& now) {
  const std::int64_t age_ns = now.uptime_ns + record_.offset_ns;
  const auto last = last_record();
  if (last && last->boot == record_.boot && std::abs(age_ns - last->last_age_ns) < kTimeNotedEveryNs) return;
  record_.sequence = last ? last->sequence + 1 : 1;
  record_.last_age_ns = age_ns;
  seal_clock(record_);
  state_->clock[record_.sequence % 2] = record_;
}

Result<std::optional<FileLock>> DeliveredTo::take_lock(std::uint64_t byte, double seconds) {
  return FileLock::take(folder_ + "/lock", byte, seconds);
}

void DeliveredTo::changed() { generation_ = state_->generation.fetch_add(1) + 1; }

void DeliveredTo::set_window(std::int64_t window_ms) {
  const std::lock_guard lock(mutex_);
  window_ms_ = window_ms;
}

Result<void> DeliveredTo::refresh() {
  if (generation_ == state_->generation) return {};
  Writing writing(*this);
  return writing.begin();
}

Result<void> DeliveredTo::refresh_locked() {
  const std::uint64_t generation = state_->generation;
  if (generation_ == generation) return {};
  const auto numbers = partition_numbers(folder_);
  if (!numbers) return std::unexpected(numbers.error());
  Partitions found;
  bool mended = false;
  for (const std::uint64_t number : *numbers) {
    auto partition = DeliveredPartition::open(folder_, number, clock_.read());
    if (!partition && partition.error().code == ErrorCode::not_a_message) {
      log(LogLevel::error, partition.error().message + "; its rows are put aside, some mail may be delivered twice");
      MAPIGUARD_TRY(put_aside(folder_, number));
      mended = true;
      continue;
    }
    if (!partition) return std::unexpected(partition.error());
    if ((*partition)->was_rebuilt()) mended = true;
    if ((*partition)->damaged_bytes() > 0)
      log(LogLevel::warning, "partition " + std::to_string(number) + " of the deliveries has " +
                                 std::to_string((*partition)->damaged_bytes()) +
                                 " damaged bytes; the rows there are gone");
    if ((*partition)->header().retired == 0) found.push_back(std::move(*partition));
  }
  partitions_ = std::move(found);
  generation_ = generation;
  if (mended) changed();
  return {};
}

// -- time ------------------------------------------------------------------------------------------------------

bool DeliveredTo::is_expired(const DeliveredPartition& partition, std::int64_t now) const {
  const IndexHeader& of = partition.header();
  const std::int64_t newest = of.entries == 0 ? of.began_ms.load() : of.newest_ms.load();
  return newest != 0 && elapsed_since(of.cap_ms, newest, now) > window_ms_;
}

// -- one delivery ----------------------------------------------------------------------------------------------

DeliveredTo::Hold::Hold(DeliveredTo& store, std::uint64_t byte, FileLock lock)
    : store_(&store), byte_(byte), lock_(std::move(lock)) {}
DeliveredTo::Hold::Hold(Hold&& other) noexcept
    : store_(std::exchange(other.store_, nullptr)), byte_(other.byte_), lock_(std::move(other.lock_)) {}
DeliveredTo::Hold::~Hold() {
  if (!store_) return;
  const int fd = lock_.unlock(byte_);
  if (fd < 0) return;
  const std::lock_guard guard(store_->holds_mutex_);
  store_->idle_holds_.push_back(fd);
}

Result<std::optional<DeliveredTo::Hold>> DeliveredTo::hold(const DeliveryIdentity& identity, double wait_seconds) {
  int fd = -1;
  {
    const std::lock_guard guard(holds_mutex_);
    if (!idle_holds_.empty()) {
      fd = idle_holds_.back();
      idle_holds_.pop_back();
    }
  }
  // 62 bits: two messages that share them would only wait for each other.
  const std::uint64_t byte = identity[0] >> 2;
  auto lock = FileLock::take(folder_ + "/reserved.lock", byte, wait_seconds, fd);
  if (!lock) return std::unexpected(lock.error());
  if (!*lock) return std::optional<Hold>();
  return std::optional<Hold>(Hold(*this, byte, std::move(**lock)));
}

Result<DeliveredTo::Sighting> DeliveredTo::look(const DeliveryKey& key, const DeliveryIdentity& identity) {
  const std::lock_guard lock(mutex_);
  MAPIGUARD_TRY(refresh());
  const std::int64_t now = now_ms(clock_.read());
  Sighting sighting;
  for (const auto& partition : partitions_) partition->prefetch(identity);
  for (std::size_t i = partitions_.size(); i-- > 0 && !sighting.same;) {
    const std::uint64_t number = partitions_[i]->number();
    bool doubt = false;
    auto looked = look_into(*partitions_[i], key, identity, now, sighting, doubt);
    if (looked && doubt) {
      looked = mend(number);
      if (const auto mended = partition_of(number); looked && mended)
        looked = look_into(*mended, key, identity, now, sighting, doubt);
      i = std::min(i, partitions_.size());  // others may have gone
    }
    if (!looked) sighting.trouble = looked.error().message;
  }
  return sighting;
}

Result<void> DeliveredTo::look_into(DeliveredPartition& partition, const DeliveryKey& key,
                                    const DeliveryIdentity& identity, std::int64_t now, Sighting& sighting,
                                    bool& doubt) {
  const auto look = partition.look(identity, key.content);
  if (!look) return std::unexpected(look.error());
  doubt = look->doubt;
  const auto seen = [&](const DecodedRow& row) {
    return Seen{elapsed_since(partition.header().cap_ms, row.mark->age_ms, now), row.mark->wall_ns, row.content};
  };
  for (const auto& [place, row] : look->same) {
    const bool is_delivered = row.mark && row.mark->state == DeliveryState::delivered;
    if (!is_delivered) {
      if (partitions_.back().get() == &partition) sighting.abandoned = {partition.number(), place, row.check};
      continue;
    }
    const Seen found = seen(row);
    auto& slot = found.elapsed_ms <= window_ms_ ? sighting.same : sighting.expired;
    if (!slot || found.elapsed_ms < slot->elapsed_ms) slot = found;
  }
  if (!sighting.other && look->other && look->other->row.mark &&
      look->other->row.mark->state == DeliveryState::delivered)
    if (const Seen found = seen(look->other->row); found.elapsed_ms <= window_ms_) sighting.other = found;
  return {};
}

std::shared_ptr<DeliveredPartition> DeliveredTo::partition_of(std::uint64_t number) const {
  for (const auto& partition : partitions_)
    if (partition->number() == number) return partition;
  return nullptr;
}

// A damaged slot or row was met. The rows that are whole are found again.
Result<void> DeliveredTo::mend(std::uint64_t number) {
  Writing writing(*this);
  MAPIGUARD_TRY(writing.begin());
  const auto partition = partition_of(number);
  if (!partition) return {};
  log(LogLevel::warning,
      "partition " + std::to_string(number) + " of the deliveries is damaged; its index is made again");
  MAPIGUARD_TRY(partition->rebuild(clock_.read()));
  changed();
  return {};
}

bool DeliveredTo::needs_partition(std::int64_t now) const {
  if (partitions_.empty()) return true;
  const IndexHeader& newest = partitions_.back()->header();
  if (newest.retired != 0) return true;
  if (partitions_.size() >= kMostPartitions) return false;
  const std::int64_t began = newest.began_ms;
  const std::int64_t span = std::max(window_ms_ / kPartsOfWindow, kShortestSpanMs);
  return newest.newest_ms > now + kClockToleranceMs || (began != 0 && now - began >= span);
}

// A partition for the rows, with room in its index.
Result<void> DeliveredTo::make_room(std::size_t rows, const ClockReading& now) {
  if (needs_partition(now_ms(now))) {
    const auto numbers = partition_numbers(folder_);
    if (!numbers) return std::unexpected(numbers.error());
    const std::uint64_t number = std::max(state_->next_number.load(), numbers->empty() ? 1 : numbers->back() + 1);
    auto partition = DeliveredPartition::create(folder_, number, now);
    if (!partition) return std::unexpected(partition.error());
    state_->next_number = number + 1;
    if (durable_) MAPIGUARD_TRY(posix_env().sync_dir(folder_));
    partitions_.push_back(std::move(*partition));
    changed();
  }
  DeliveredPartition& newest = *partitions_.back();
  if (!newest.needs_growth(rows)) return {};
  if (auto grown = newest.grow(rows); !grown) {
    if (grown.error().code != ErrorCode::not_a_message) return grown;
    MAPIGUARD_TRY(newest.rebuild(now));
  }
  changed();
  return {};
}

Result<void> DeliveredTo::append_locked(std::span<const DeliveredRow> rows,
                                        std::span<const DeliveryIdentity> identities, const ClockReading& now,
                                        Place* place) {
  MAPIGUARD_TRY(make_room(rows.size(), now));
  std::vector<DeliveredPartition::NewRow> added;
  added.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) added.push_back({&rows[i], identities[i]});
  DeliveredPartition& newest = *partitions_.back();
  MAPIGUARD_TRY(newest.append(added, now_ms(now)));
  if (place) *place = {newest.number(), added.back().place, added.back().check};
  note_time(now);
  return {};
}

Result<DeliveredTo::Place> DeliveredTo::reserve(const DeliveredRow& row, const DeliveryIdentity& identity,
                                                const Sighting& seen) {
  MAPIGUARD_TRY(check_key(row.key));
  const std::lock_guard lock(mutex_);
  if (seen.abandoned && !partitions_.empty() && partitions_.back()->number() == seen.abandoned->partition)
    return *seen.abandoned;
  Writing writing(*this);
  MAPIGUARD_TRY(writing.begin());
  const ClockReading now = clock_.read();
  DeliveredRow reserved = row;
  reserved.state = DeliveryState::reserved;
  reserved.age_ms = now_ms(now);
  reserved.wall_ns = now.wall_ns;
  Place place;
  MAPIGUARD_TRY(append_locked(std::span(&reserved, 1), std::span(&identity, 1), now, &place));
  return place;
}

Result<void> DeliveredTo::mark_delivered(const Place& place) {
  std::shared_ptr<DeliveredPartition> partition;
  {
    const std::lock_guard lock(mutex_);
    MAPIGUARD_TRY(refresh());
    partition = partition_of(place.partition);
    // Its partition has expired meanwhile, and so has the delivery.
    if (!partition) return {};
    const ClockReading now = clock_.read();
    MAPIGUARD_TRY(partition->mark(place.at, place.check, {DeliveryState::delivered, now_ms(now), now.wall_ns}));
  }
  return durable_ ? partition->sync() : Result<void>();
}

}  // namespace mapiguard
