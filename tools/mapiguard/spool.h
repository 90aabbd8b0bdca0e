// Spool: bytes gathered until it is clear what becomes of them: in memory while they are few, then in an unlinked file.
//
// Thread promise: a resource of one owner.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include <mapiguard/result.h>
#include "base/bytes.h"
#include "guardian/descriptor.h"

namespace mapiguard {

inline constexpr std::size_t kSpoolInMemory = 4u << 20;

class Spool {
 public:
  // `directory` takes the file of a spool that outgrows memory.
  explicit Spool(std::string directory) : directory_(std::move(directory)) {}

  // Errors: io, with the reason; what was there before still is.
  Result<void> add(Bytes bytes);
  std::uint64_t size() const { return size_; }
  bool in_memory() const { return !file_; }
  Bytes memory() const { return as_bytes(memory_); }
  // The file, at its start; only when it is not in memory. Stays the spool's.
  Result<int> rewound_file() const;
  // Everything, in pieces; ends with the first error of `take`.
  Result<void> read(const std::function<Result<void>(Bytes)>& take) const;

 private:
  Result<void> move_to_file();

  std::string directory_;
  std::string memory_;
  UniqueFd file_;
  std::uint64_t size_ = 0;
};

}  // namespace mapiguard
