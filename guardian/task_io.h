// Input and output of one task: from their descriptors, or on the worker's desk.
//
// Thread promise: each object belongs to one thread; a thread has one DescriptorSink at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "guardian/desk.h"
#include <mapiguard/convert.h>

namespace mapiguard {

// Mapped read-only.
class MappedInput {
 public:
  MappedInput(int fd, std::uint64_t size);
  MappedInput(const MappedInput&) = delete;
  MappedInput& operator=(const MappedInput&) = delete;
  ~MappedInput();
  bool good() const;
  Bytes bytes() const { return {static_cast<const std::byte*>(memory_), size_}; }
  // Gives the pages back to the page cache, from where those that are read again return.
  void drop_pages() const;

 private:
  void* memory_ = nullptr;
  std::size_t size_;
};

// Gathers small pieces; flush() at the end. What goes beyond the limit is not written: `beyond` is called, where
// given, and write() refuses.
class DescriptorSink final : public OutputSink {
 public:
  DescriptorSink(int fd, std::uint64_t limit, void (*beyond)() = nullptr) : fd_(fd), limit_(limit), beyond_(beyond) {}
  // From now on drops the pages of `input` as the output grows, so that a large message does not fill the memory.
  void consumes(const MappedInput& input) { input_ = &input; }
  bool write(std::span<const std::byte> bytes) override;
  bool flush();
  std::uint64_t written() const { return written_; }

 private:
  bool put(Bytes bytes);

  int fd_;
  std::uint64_t limit_;
  void (*beyond_)();
  const MappedInput* input_ = nullptr;
  std::uint64_t written_ = 0, written_at_drop_ = 0;
  std::size_t gathered_ = 0;
};

// Straight to the desk. What does not fit is refused, and full() says so.
class DeskSink final : public OutputSink {
 public:
  DeskSink(const WorkerDesk& desk, unsigned place) : desk_(desk), place_(place), room_(desk.output(place)) {}
  bool write(std::span<const std::byte> bytes) override;
  void finish() { desk_.set_written(place_, written_); }
  std::uint64_t written() const { return written_; }
  bool full() const { return full_; }

 private:
  const WorkerDesk& desk_;
  unsigned place_;
  std::span<std::byte> room_;
  std::size_t written_ = 0;
  bool full_ = false;
};

}  // namespace mapiguard
