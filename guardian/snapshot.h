// Snapshot: the bytes of one message, taken once and never changed again: what is hashed is what is converted.
//
// A memfd up to 64 MiB, sealed; an unlinked file in `state_dir`/tmp above that. Thread promise: a resource of one owner.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/sha256.h"
#include <mapiguard/result.h>

namespace mapiguard {

inline constexpr std::uint64_t kSnapshotInMemory = 64ull << 20;

class Snapshot {
 public:
  // Errors: cannot_open (the file cannot be read, or became shorter meanwhile), io (no room for the copy).
  static Result<Snapshot> of_file(int fd, const std::string& state_dir);
  static Result<Snapshot> of_bytes(std::span<const std::byte> bytes, const std::string& state_dir);
  Snapshot(Snapshot&& other) noexcept;
  Snapshot& operator=(Snapshot&& other) noexcept;
  ~Snapshot();

  int fd() const { return fd_; }
  std::uint64_t size() const { return size_; }
  const Digest& sha256() const { return sha256_; }

 private:
  Snapshot() = default;
  int fd_ = -1;
  std::uint64_t size_ = 0;
  Digest sha256_{};
};

// A descriptor for a worker's output of at most `limit` bytes: a memfd, or an unlinked file where that is large.
// The supervisor reads it with pread, after sealing where it can be sealed.
Result<int> make_output(std::uint64_t limit, const std::string& state_dir);

}  // namespace mapiguard
