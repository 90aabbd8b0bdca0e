// Desk: the memory that the supervisor and one worker share: the worker's page of testimony, and places through which
// small messages pass without a descriptor of their own.
//
// Two memfds of fixed size. `inbox` holds the messages: sealed, so that only the mapping that the supervisor had before
// can write it; the worker maps it read-only and cannot change that (F_SEAL_FUTURE_WRITE). `outbox` holds the page and
// the outputs: the worker writes there whatever it likes, whenever it likes, so the supervisor copies before it looks.
//
// Thread promise: places are independent of one another; each belongs to one task at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "guardian/descriptor.h"
#include "guardian/limits.h"
#include "guardian/testimony.h"

namespace mapiguard {

// A mapping, unmapped when destroyed.
class Mapping {
 public:
  Mapping() = default;
  Mapping(int fd, std::size_t size, bool writable);
  Mapping(Mapping&& other) noexcept;
  Mapping& operator=(Mapping&& other) noexcept;
  ~Mapping();
  explicit operator bool() const { return memory_ != nullptr; }
  std::byte* at(std::size_t offset) const { return memory_ + offset; }
  std::size_t size() const { return size_; }

 private:
  std::byte* memory_ = nullptr;
  std::size_t size_ = 0;
};

// -- the supervisor's half ------------------------------------------------------------------------------------------
class Desk {
 public:
  // nullptr: no memory. Without places where the kernel has no such seal (before Linux 5.1).
  static std::unique_ptr<Desk> make(unsigned places);

  int inbox() const { return inbox_fd_.get(); }
  int outbox() const { return outbox_fd_.get(); }
  unsigned places() const { return static_cast<unsigned>(used_.size()); }
  const TestimonyPage& said() const;

  // The worker may read it from now on. Nothing of an earlier, longer message is left behind it.
  void put(unsigned place, Bytes message);
  // What the worker has written there, if that is `size` bytes; nullopt: it says otherwise.
  std::optional<std::vector<std::byte>> take(unsigned place, std::uint64_t size) const;
  // Before another worker gets it: nothing of the last one's messages is left. The last one must be dead. False: throw it
  // away.
  bool wipe();

 private:
  Desk() = default;
  UniqueFd inbox_fd_, outbox_fd_;
  Mapping inbox_, outbox_;
  std::vector<std::size_t> used_;  // bytes of each place of the inbox that are not zero
};

// -- the worker's half ------------------------------------------------------------------------------------------------
class WorkerDesk {
 public:
  // Maps both; false in operator bool when that fails.
  WorkerDesk(int inbox, int outbox);
  explicit operator bool() const { return static_cast<bool>(outbox_); }
  TestimonyPage* testimony() const;
  unsigned places() const;
  Bytes message(unsigned place, std::size_t size) const;
  // Where its output goes: kPlaceOutputBytes, and before them how many of them are written.
  std::span<std::byte> output(unsigned place) const;
  void set_written(unsigned place, std::uint64_t bytes) const;

 private:
  Mapping inbox_, outbox_;
};

}  // namespace mapiguard
