#include "guardian/task_io.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace mapiguard {
namespace {

constexpr std::size_t kGather = 32 << 10;
constexpr std::uint64_t kDropEach = 16 << 20;  // bytes of output
thread_local std::byte t_gathered[kGather];

}  // namespace

MappedInput::MappedInput(int fd, std::uint64_t size) : size_(static_cast<std::size_t>(size)) {
  if (size_ > 0) memory_ = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd, 0);
}
MappedInput::~MappedInput() {
  if (memory_ && good()) ::munmap(memory_, size_);
}
bool MappedInput::good() const { return memory_ != MAP_FAILED; }
void MappedInput::drop_pages() const { (void)::madvise(memory_, size_, MADV_DONTNEED); }

bool DescriptorSink::write(std::span<const std::byte> bytes) {
  if (bytes.size() >= kGather) return flush() && put(bytes);
  if (bytes.size() > kGather - gathered_ && !flush()) return false;
  if (bytes.empty()) return true;
  std::memcpy(t_gathered + gathered_, bytes.data(), bytes.size());
  gathered_ += bytes.size();
  return true;
}

bool DescriptorSink::flush() {
  const std::size_t size = std::exchange(gathered_, 0);
  return put({t_gathered, size});
}

bool DescriptorSink::put(Bytes bytes) {
  const bool beyond = bytes.size() > limit_ - written_;
  if (beyond) bytes = bytes.first(static_cast<std::size_t>(limit_ - written_));
  while (!bytes.empty()) {
    const ssize_t done = ::write(fd_, bytes.data(), bytes.size());
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return false;
    written_ += static_cast<std::uint64_t>(done);
    bytes = bytes.subspan(static_cast<std::size_t>(done));
  }
  if (input_ && written_ - written_at_drop_ >= kDropEach) {
    written_at_drop_ = written_;
    input_->drop_pages();
  }
  if (beyond && beyond_) beyond_();
  return !beyond;
}

bool DeskSink::write(std::span<const std::byte> bytes) {
  full_ = full_ || bytes.size() > room_.size() - written_;
  if (full_) return false;
  if (!bytes.empty()) std::memcpy(room_.data() + written_, bytes.data(), bytes.size());
  written_ += bytes.size();
  return true;
}

}  // namespace mapiguard
