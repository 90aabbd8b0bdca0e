#include "persist/inflight.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <boost/interprocess/file_mapping.hpp>
#include <boost/interprocess/mapped_region.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "base/clock.h"
#include "base/env.h"
#include "base/try.h"
#include "persist/file_lock.h"
#include "persist/group_sync.h"
#include "persist/inflight_row.h"

namespace mapiguard {
namespace {

namespace ipc = boost::interprocess;

constexpr std::string_view kTableSuffix = ".table";
constexpr std::string_view kLockSuffix = ".lock";
constexpr std::string_view kMakingSuffix = ".making";
constexpr int kNamesTried = 100;
constexpr std::uint64_t kMostTableBytes = 64ull << 20;

std::string folder(const std::string& state_dir) { return state_dir + "/inflight"; }
std::string lock_of(const std::string& table) {
  return table.substr(0, table.size() - kTableSuffix.size()) + std::string(kLockSuffix);
}

// Never used twice: settled tables are remembered by their name.
std::string unique_name() {
  static std::atomic<unsigned> counter{0};
  char name[80];
  std::snprintf(name, sizeof name, "%016llx-%d-%u", static_cast<unsigned long long>(system_clock().now_ns()),
                static_cast<int>(::getpid()), counter.fetch_add(1));
  return name;
}

struct Claim {
  std::string stem;
  FileLock lock;
};

// A name with its lock. Somebody who tidies up may hold a lock file between our making and our locking it, taking it
// for one that was left behind: the next name is as good.
Result<Claim> claim_name(const std::string& inflight_folder) {
  for (int name = 0; name < kNamesTried; ++name) {
    std::string stem = inflight_folder + "/" + unique_name();
    auto lock = FileLock::try_take(stem + std::string(kLockSuffix));
    if (!lock) return std::unexpected(std::move(lock.error()));
    if (*lock) return Claim{std::move(stem), std::move(**lock)};
  }
  return fail(ErrorCode::try_again,
              "no in-flight table could be made in '" + inflight_folder + "': each was locked by somebody else");
}

Result<ipc::mapped_region> map(const std::string& path, ipc::mode_t mode) {
  try {
    const ipc::file_mapping file(path.c_str(), mode);
    // Populated, so that no fill() waits for a page to be made.
    return ipc::mapped_region(file, mode, 0, 0, nullptr, MAP_SHARED | MAP_POPULATE);
  } catch (const ipc::interprocess_exception& problem) {
    return fail(ErrorCode::io, "cannot map the in-flight table '" + path + "': " + problem.what());
  }
}

Result<void> make_file(const std::string& path, std::size_t bytes) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  // Allocated now: a full disk must be an Error here, not SIGBUS at a fill().
  const int reason = fd < 0 ? errno : ::posix_fallocate(fd, 0, static_cast<off_t>(bytes));
  if (fd >= 0) ::close(fd);
  if (reason != 0)
    return fail(ErrorCode::io, "cannot make the in-flight table '" + path + "': " + std::strerror(reason));
  return {};
}

const InflightSlot* slots_of(const void* base) {
  return reinterpret_cast<const InflightSlot*>(static_cast<const char*>(base) + sizeof(InflightHeader));
}

// The rows of a table's bytes; nothing when they are no table of this layout.
std::vector<InflightRow> rows_in(const void* base, std::size_t bytes) {
  std::vector<InflightRow> rows;
  InflightHeader header;
  if (bytes < sizeof header) return rows;
  std::memcpy(&header, base, sizeof header);
  if (std::memcmp(header.magic, kInflightMagic, sizeof header.magic) != 0 || header.row_bytes != sizeof(InflightSlot))
    return rows;
  const std::size_t fit = (bytes - sizeof header) / sizeof(InflightSlot);
  for (std::size_t i = 0; i < std::min<std::size_t>(header.rows, fit); ++i)
    if (auto row = read_slot(slots_of(base)[i])) rows.push_back(std::move(*row));
  return rows;
}

}  // namespace

class InflightTable::Impl {
 public:
  Impl(std::string path, FileLock lock, ipc::mapped_region region, std::size_t rows, int sync_fd)
      : path_(std::move(path)),
        lock_(std::move(lock)),
        region_(std::move(region)),
        rows_(rows),
        sync_fd_(sync_fd),
        is_durable_(sync_fd >= 0),
        group_([this] { return sync_now(); }) {}
  ~Impl() {
    if (sync_fd_ >= 0) ::close(sync_fd_);
    for (std::size_t i = 0; i < rows_; ++i)
      if (slots()[i].filled.load(std::memory_order_acquire) != 0) return;  // for the next start to settle
    ::unlink(path_.c_str());
    ::unlink(lock_of(path_).c_str());
  }
  Impl(const Impl&) = delete;

  void write_header(std::int64_t now_ns) {
    InflightHeader header{};
    std::memcpy(header.magic, kInflightMagic, sizeof header.magic);
    header.row_bytes = sizeof(InflightSlot);
    header.rows = static_cast<std::uint32_t>(rows_);
    header.pid = ::getpid();
    header.started_ns = now_ns;
    std::memcpy(region_.get_address(), &header, sizeof header);
  }
  Result<void> sync() { return is_durable_.load(std::memory_order_acquire) ? group_.sync() : Result<void>(); }
  Result<void> set_durable(bool durable) {
    const std::lock_guard lock(mutex_);
    if (durable && sync_fd_ < 0) {
      sync_fd_ = ::open(path_.c_str(), O_RDWR | O_CLOEXEC);
      if (sync_fd_ < 0)
        return fail(ErrorCode::io, "cannot open the in-flight table '" + path_ + "': " + std::strerror(errno));
    }
    if (durable) MAPIGUARD_TRY(make_findable());
    is_durable_.store(durable, std::memory_order_release);
    return {};
  }
  // fsync once: later syncs find the blocks allocated and the name on the disk.
  Result<void> make_findable() {
    if (::fsync(sync_fd_) != 0)
      return fail(ErrorCode::io, "cannot fsync the in-flight table '" + path_ + "': " + std::strerror(errno));
    MAPIGUARD_TRY(posix_env().sync_dir(folder_of(path_)));
    return posix_env().sync_dir(folder_of(folder_of(path_)));
  }
  InflightSlot* slots() { return const_cast<InflightSlot*>(slots_of(region_.get_address())); }

 private:
  // fdatasync writes what the mapping has dirtied, as msync would, and fills no more than the file's blocks.
  Result<void> sync_now() {
    if (::fdatasync(sync_fd_) == 0) return {};
    return fail(ErrorCode::io, "cannot make the in-flight table '" + path_ + "' durable: " + std::strerror(errno),
                "look for disk errors in the kernel's log, or set Mapiguard\\Durable to 0");
  }

  std::string path_;
  FileLock lock_;
  ipc::mapped_region region_;
  std::size_t rows_;
  std::mutex mutex_;              // for sync_fd_
  int sync_fd_;                   // -1: has not been durable yet; then it stays open, since others may be syncing
  std::atomic<bool> is_durable_;
  GroupSync group_;
};

InflightTable::InflightTable(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
InflightTable::~InflightTable() = default;

Result<std::unique_ptr<InflightTable>> InflightTable::create(const std::string& state_dir, std::size_t rows,
                                                             bool durable) {
  const std::size_t bytes = sizeof(InflightHeader) + rows * sizeof(InflightSlot);
  if (rows == 0 || bytes > kMostTableBytes)
    return fail(ErrorCode::usage, "an in-flight table of " + std::to_string(rows) + " rows cannot be made");
  MAPIGUARD_TRY(posix_env().make_dir(folder(state_dir), 0700));
  // The lock comes first and the table's final name last: a table that can be seen without its lock is a dead one's.
  auto claimed = claim_name(folder(state_dir));
  if (!claimed) return std::unexpected(std::move(claimed.error()));
  auto& [stem, lock] = *claimed;
  const std::string path = stem + std::string(kTableSuffix), making = stem + std::string(kMakingSuffix);
  MAPIGUARD_TRY(make_file(making, bytes));
  auto region = map(making, ipc::read_write);
  if (!region) return std::unexpected(std::move(region.error()));
  const int sync_fd = durable ? ::open(making.c_str(), O_RDWR | O_CLOEXEC) : -1;
  if (durable && sync_fd < 0)
    return fail(ErrorCode::io, "cannot open the in-flight table '" + making + "': " + std::strerror(errno));
  auto impl = std::make_unique<Impl>(path, std::move(lock), std::move(*region), rows, sync_fd);
  impl->write_header(system_clock().now_ns());
  MAPIGUARD_TRY(posix_env().rename(making, path));
  if (durable) MAPIGUARD_TRY(impl->make_findable());
  return std::unique_ptr<InflightTable>(new InflightTable(std::move(impl)));
}

Result<void> InflightTable::fill(std::size_t row, const Digest& sha256, std::string_view message_id,
                                 std::uint32_t attempt, bool alone, std::string_view build, std::int64_t now_ns) {
  fill_slot(impl_->slots()[row], sha256, message_id, attempt, alone, build, now_ns);
  return impl_->sync();
}

Result<void> InflightTable::set_durable(bool durable) { return impl_->set_durable(durable); }

void InflightTable::clear(std::size_t row) { clear_slot(impl_->slots()[row]); }

Result<std::vector<InflightTable::Found>> InflightTable::list(const std::string& state_dir) {
  std::vector<Found> found;
  Env& env = posix_env();
  const auto is_there = env.info(folder(state_dir));
  if (!is_there) return std::unexpected(is_there.error());
  if (!*is_there) return found;
  const auto names = env.list(folder(state_dir));
  if (!names) return std::unexpected(names.error());
  for (const std::string& name : *names) {
    if (!name.ends_with(kTableSuffix)) continue;
    Found table;
    table.path = folder(state_dir) + "/" + name;
    table.alive = FileLock::is_held(lock_of(table.path));
    const auto info = env.info(table.path);
    if (!info || !*info) continue;  // its supervisor ended meanwhile
    if ((*info)->size > 0) {
      const auto region = map(table.path, ipc::read_only);
      if (!region) continue;
      table.rows = rows_in(region->get_address(), region->get_size());
    }
    found.push_back(std::move(table));
  }
  return found;
}

Result<void> InflightTable::remove(const Found& found) {
  const auto lock = FileLock::try_take(lock_of(found.path));
  if (!lock) return std::unexpected(lock.error());
  if (!*lock) return {};
  MAPIGUARD_TRY(posix_env().remove(found.path));
  return posix_env().remove(lock_of(found.path));
}

Result<void> InflightTable::sweep(const std::string& state_dir) {
  Env& env = posix_env();
  const auto names = env.list(folder(state_dir));
  if (!names) return {};  // no folder yet
  for (const std::string& name : *names) {
    if (!name.ends_with(kLockSuffix)) continue;
    const std::string stem = folder(state_dir) + "/" + name.substr(0, name.size() - kLockSuffix.size());
    const auto lock = FileLock::try_take(stem + std::string(kLockSuffix));
    if (!lock || !*lock) continue;
    const auto table = env.info(stem + std::string(kTableSuffix));
    if (!table || *table) continue;  // a dead supervisor's rows are settled first
    MAPIGUARD_TRY(env.remove(stem + std::string(kMakingSuffix)));
    MAPIGUARD_TRY(env.remove(stem + std::string(kLockSuffix)));
  }
  return {};
}

}  // namespace mapiguard
