#include "persist/file_lock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

namespace mapiguard {
namespace {

constexpr std::chrono::microseconds kFirstPause{200}, kLongestPause{20'000};

struct flock lock_of(std::uint64_t byte) {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = static_cast<off_t>(byte);
  lock.l_len = 1;
  return lock;
}

Result<FileLock> failure(const char* what, const std::string& path) {
  const int number = errno;
  return fail(ErrorCode::io, std::string("cannot ") + what + " the lock file '" + path + "': " + std::strerror(number));
}

// Calls `again` until it says that it is done or the time is over; says whether it was done.
template <class F>
Result<bool> wait_until(double seconds, F again) {
  using SteadyClock = std::chrono::steady_clock;
  const auto end =
      SteadyClock::now() + std::chrono::duration_cast<SteadyClock::duration>(std::chrono::duration<double>(seconds));
  for (auto pause = kFirstPause;; pause = std::min(pause * 2, kLongestPause)) {
    Result<bool> done = again();
    if (!done || *done || SteadyClock::now() >= end) return done;
    std::this_thread::sleep_for(pause);
  }
}

// A lock file may be removed by one who holds its lock; a lock on a file without a name guards nothing.
bool still_named(int fd, const std::string& path) {
  struct stat held {
  }, named{};
  return ::fstat(fd, &held) == 0 && ::stat(path.c_str(), &named) == 0 && held.st_ino == named.st_ino &&
         held.st_dev == named.st_dev;
}

}  // namespace

Result<std::optional<FileLock>> FileLock::try_take(const std::string& path, std::uint64_t byte) {
  return take(path, byte, 0);
}

Result<std::optional<FileLock>> FileLock::take(const std::string& path, std::uint64_t byte, double seconds) {
  return take(path, byte, seconds, -1);
}

Result<std::optional<FileLock>> FileLock::take(const std::string& path, std::uint64_t byte, double seconds, int fd) {
  FileLock lock(fd);
  const auto taken = wait_until(seconds, [&]() -> Result<bool> {
    if (lock.fd_ < 0) lock = FileLock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (lock.fd_ < 0) return std::unexpected(failure("open", path).error());
    struct flock request = lock_of(byte);
    if (::fcntl(lock.fd_, F_OFD_SETLK, &request) == 0) {
      if (still_named(lock.fd_, path)) return true;
      lock = FileLock(-1);
      return false;
    }
    if (errno == EAGAIN || errno == EACCES || errno == EINTR) return false;
    return std::unexpected(failure("take", path).error());
  });
  if (!taken) return std::unexpected(taken.error());
  if (!*taken) return std::optional<FileLock>();
  return std::optional<FileLock>(std::move(lock));
}

bool FileLock::is_held(const std::string& path, std::uint64_t byte) {
  const FileLock probe(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  struct flock request = lock_of(byte);
  return probe.fd_ >= 0 && ::fcntl(probe.fd_, F_OFD_GETLK, &request) == 0 && request.l_type != F_UNLCK;
}

FileLock::FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}
FileLock::~FileLock() {
  if (fd_ >= 0) ::close(fd_);
}
int FileLock::unlock(std::uint64_t byte) {
  struct flock request = lock_of(byte);
  request.l_type = F_UNLCK;
  if (::fcntl(fd_, F_OFD_SETLK, &request) != 0) ::close(std::exchange(fd_, -1));  // which unlocks it, too
  return release_fd();
}
int FileLock::release_fd() { return std::exchange(fd_, -1); }

}  // namespace mapiguard
