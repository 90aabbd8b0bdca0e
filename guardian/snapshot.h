// Snapshot: the bytes of one message, taken once and never changed again: what is hashed is what is converted.
// Output: what a worker wrote of it.
//
// Small ones are plain memory of this process; what must be handed on as a descriptor is a sealed memfd, above 64 MiB an
// unlinked file in `state_dir`/tmp. Thread promise: a resource of one owner.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/sha256.h"
#include "guardian/descriptor.h"
#include <mapiguard/result.h>

namespace mapiguard {

inline constexpr std::uint64_t kSmallSnapshot = 256ull << 10;
inline constexpr std::uint64_t kSnapshotInMemory = 64ull << 20;

using TakePiece = std::function<Result<void>(Bytes)>;

class Snapshot {
 public:
  // Errors: cannot_open (the file cannot be read, or became shorter meanwhile), io (no room for the copy).
  static Result<Snapshot> of_file(int fd, const std::string& state_dir);
  static Result<Snapshot> of_bytes(std::span<const std::byte> bytes, const std::string& state_dir);
  Snapshot(Snapshot&&) noexcept = default;
  Snapshot& operator=(Snapshot&&) noexcept = default;

  bool is_small() const { return size_ <= kSmallSnapshot; }
  Bytes bytes() const { return small_; }  // of a small one
  // For reading alone; stays ours. Made when it is first asked for. Errors: io.
  Result<int> descriptor() const;
  std::uint64_t size() const { return size_; }
  const Digest& sha256() const { return sha256_; }
  // All of it, in pieces. Errors: internal (it cannot be read back), or what `take` says.
  Result<void> give_to(const TakePiece& take) const;

 private:
  Snapshot() = default;
  friend class SnapshotMaker;
  std::vector<std::byte> small_;
  mutable UniqueFd fd_;
  std::uint64_t size_ = 0;
  Digest sha256_{};
};

class Output {
 public:
  Output() = default;
  explicit Output(std::vector<std::byte> bytes) : bytes_(std::move(bytes)), size_(bytes_.size()) {}
  Output(UniqueFd file, std::uint64_t size) : file_(std::move(file)), size_(size) {}

  std::uint64_t size() const { return size_; }
  Result<void> give_to(const TakePiece& take) const;  // as of a Snapshot

 private:
  std::vector<std::byte> bytes_;
  UniqueFd file_;
  std::uint64_t size_ = 0;
};

// A descriptor for a worker's output of at most `limit` bytes: a memfd, or an unlinked file where that is large.
// The supervisor reads it with pread, after sealing where it can be sealed.
Result<UniqueFd> make_output(std::uint64_t limit, const std::string& state_dir);

}  // namespace mapiguard
