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

}  // namespace

Result<DigestLock> DigestLock::take(const std::string& state_dir, const Digest& digest, double seconds) {
  auto lock = FileLock::take(state_dir + "/digests.lock", byte_of(digest), seconds);
  if (!lock) return std::unexpected(std::move(lock.error()));
  if (!*lock)
    return fail(ErrorCode::try_again,
                "the same message (sha256:" + hex(digest) + ") is being converted by somebody else",
                "wait until that conversion has ended, then try again");
  return DigestLock((*lock)->release_fd());
}

DigestLock::DigestLock(DigestLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
DigestLock& DigestLock::operator=(DigestLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}
DigestLock::~DigestLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace mapiguard
