#include <unistd.h>

#include <cstring>
#include <utility>

#include "persist/file_lock.h"
#include "persist/inflight.h"

namespace mapiguard {
namespace {

// 62 bits of the digest: two messages that share them would only wait for each other.
std::uint64_t byte_of(const Digest& digest) {
  std::uint64_t first;
  std::memcpy(&first, digest.data(), sizeof first);
  return first >> 2;
}

constexpr char kFile[] = "/digests.lock";

Result<FileLock> take_byte(const std::string& state_dir, const Digest& digest, double seconds, int fd) {
  auto lock = FileLock::take(state_dir + kFile, byte_of(digest), seconds, fd);
  if (!lock) return std::unexpected(std::move(lock.error()));
  if (!*lock)
    return fail(ErrorCode::try_again,
                "the same message (sha256:" + hex(digest) + ") is being converted by somebody else",
                "wait until that conversion has ended, then try again");
  return std::move(**lock);
}

}  // namespace

Result<DigestLock> DigestLock::take(const std::string& state_dir, const Digest& digest, double seconds) {
  auto lock = take_byte(state_dir, digest, seconds, -1);
  if (!lock) return std::unexpected(std::move(lock.error()));
  return DigestLock(std::move(*lock));
}

Result<DigestLocks::Held> DigestLocks::take(const Digest& digest, double seconds) {
  int fd = -1;
  {
    const std::lock_guard guard(mutex_);
    if (!idle_.empty()) {
      fd = idle_.back();
      idle_.pop_back();
    }
  }
  auto lock = take_byte(state_dir_, digest, seconds, fd);
  if (!lock) return std::unexpected(std::move(lock.error()));
  return Held(*this, byte_of(digest), std::move(*lock));
}

DigestLocks::Held::~Held() {
  if (!locks_) return;
  const int fd = lock_.unlock(byte_);
  if (fd < 0) return;
  const std::lock_guard guard(locks_->mutex_);
  locks_->idle_.push_back(fd);
}

DigestLocks::~DigestLocks() {
  for (const int fd : idle_) ::close(fd);
}

}  // namespace mapiguard
