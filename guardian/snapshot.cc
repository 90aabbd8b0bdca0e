#include "guardian/snapshot.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "guardian/descriptor.h"
#include "guardian/limits.h"

namespace mapiguard {
namespace {

constexpr std::size_t kChunk = 256 << 10;

std::string because(const char* what) { return std::string(what) + ": " + std::strerror(errno); }

struct Scratch {
  UniqueFd writable;
  UniqueFd readable;  // another open file description, where the first may not be handed on
};

// A file without a name, in `state_dir`/tmp: it is gone with the last descriptor, whoever dies.
Result<UniqueFd> unnamed_file(const std::string& state_dir) {
  const std::string folder = (state_dir.empty() ? std::string("/tmp") : state_dir + "/tmp");
  if (!state_dir.empty() && ::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
    return fail(ErrorCode::io, because(("the folder " + folder + " cannot be made").c_str()));
  UniqueFd file(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (file) return file;
  // File systems without O_TMPFILE.
  std::string name = folder + "/unnamed.XXXXXX";
  file = UniqueFd(::mkostemp(name.data(), O_CLOEXEC));
  if (!file) return fail(ErrorCode::io, because(("no temporary file can be made in " + folder).c_str()));
  ::unlink(name.c_str());
  return file;
}

// The same file, for reading alone, with an offset of its own.
UniqueFd reopened(const UniqueFd& file) {
  return UniqueFd(::open(("/proc/self/fd/" + std::to_string(file.get())).c_str(), O_RDONLY | O_CLOEXEC));
}

class Copy {
 public:
  static Result<Copy> begin(std::uint64_t expected, const std::string& state_dir);
  Result<void> add(Bytes bytes, const std::string& state_dir);
  // The finished copy, which nobody can change any more.
  Result<UniqueFd> finish();
  std::uint64_t size() const { return size_; }
  Digest digest() { return hash_.finish(); }

 private:
  Result<void> put(Bytes bytes);
  Result<void> move_to_file(const std::string& state_dir);

  UniqueFd fd_;
  bool in_memory_ = true;
  std::uint64_t size_ = 0;
  Sha256 hash_;
};

Result<Copy> Copy::begin(std::uint64_t expected, const std::string& state_dir) {
  Copy copy;
  copy.in_memory_ = expected <= kSnapshotInMemory;
  if (copy.in_memory_) {
    copy.fd_ = UniqueFd(::memfd_create("mapiguard-message", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!copy.fd_) return fail(ErrorCode::io, because("no memory for a copy of the message"));
    return copy;
  }
  auto file = unnamed_file(state_dir);
  if (!file) return std::unexpected(file.error());
  copy.fd_ = std::move(*file);
  // Room for all of it now: a worker that maps it cannot meet a hole that the disk has no room for.
  if (const int error = ::posix_fallocate(copy.fd_.get(), 0, static_cast<off_t>(expected)); error == ENOSPC)
    return fail(ErrorCode::io, "the message does not fit on the disk of the state directory", "see the setting Mapiguard\\Min Free MiB");
  return copy;
}

Result<void> Copy::put(Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t done = ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(size_));
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return fail(ErrorCode::io, because("the copy of the message could not be written"));
    size_ += static_cast<std::uint64_t>(done);
    bytes = bytes.subspan(static_cast<std::size_t>(done));
  }
  return {};
}

// The input turned out larger than it seemed (a pipe).
Result<void> Copy::move_to_file(const std::string& state_dir) {
  const UniqueFd memory = std::move(fd_);
  auto file = unnamed_file(state_dir);
  if (!file) return std::unexpected(file.error());
  fd_ = std::move(*file);
  in_memory_ = false;
  std::vector<std::byte> buffer(kChunk);
  const std::uint64_t size = std::exchange(size_, 0);
  while (size_ < size) {
    const ssize_t got = ::pread(memory.get(), buffer.data(), buffer.size(), static_cast<off_t>(size_));
    if (got <= 0) return fail(ErrorCode::io, because("the copy of the message could not be read back"));
    if (auto written = put(Bytes(buffer).first(static_cast<std::size_t>(got))); !written) return written;
  }
  return {};
}

Result<void> Copy::add(Bytes bytes, const std::string& state_dir) {
  if (in_memory_ && size_ + bytes.size() > kSnapshotInMemory)
    if (auto moved = move_to_file(state_dir); !moved) return moved;
  hash_.add(bytes);
  return put(bytes);
}

Result<UniqueFd> Copy::finish() {
  if (in_memory_) {
    if (::fcntl(fd_.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0)
      return fail(ErrorCode::internal, because("the copy of the message could not be sealed"));
    return std::move(fd_);
  }
  if (::ftruncate(fd_.get(), static_cast<off_t>(size_)) != 0) return fail(ErrorCode::io, because("the copy of the message could not be finished"));
  // The only descriptor that could change it is closed here.
  UniqueFd readable = reopened(fd_);
  if (!readable) return fail(ErrorCode::internal, because("the copy of the message could not be opened for reading (is /proc mounted?)"));
  return readable;
}

// Bytes from the current offset to the end, as far as the file tells; 0 where it does not.
std::uint64_t expected_size(int fd) {
  struct stat status;
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return 0;
  const off_t at = ::lseek(fd, 0, SEEK_CUR);
  return at < 0 || at >= status.st_size ? 0 : static_cast<std::uint64_t>(status.st_size - at);
}

}  // namespace

Result<Snapshot> Snapshot::of_file(int fd, const std::string& state_dir) {
  const std::uint64_t expected = expected_size(fd);
  auto copy = Copy::begin(expected, state_dir);
  if (!copy) return std::unexpected(copy.error());
  static thread_local std::vector<std::byte> buffer(kChunk);
  for (;;) {
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(ErrorCode::cannot_open, because("the message cannot be read"));
    if (got == 0) break;
    if (auto added = copy->add(Bytes(buffer).first(static_cast<std::size_t>(got)), state_dir); !added) return std::unexpected(added.error());
  }
  if (copy->size() < expected) return fail(ErrorCode::cannot_open, "the message became shorter while it was read", "try again when it is whole");
  Snapshot snapshot;
  snapshot.size_ = copy->size();
  snapshot.sha256_ = copy->digest();
  auto finished = copy->finish();
  if (!finished) return std::unexpected(finished.error());
  snapshot.fd_ = finished->release();
  return snapshot;
}

Result<Snapshot> Snapshot::of_bytes(std::span<const std::byte> bytes, const std::string& state_dir) {
  auto copy = Copy::begin(bytes.size(), state_dir);
  if (!copy) return std::unexpected(copy.error());
  if (auto added = copy->add(bytes, state_dir); !added) return std::unexpected(added.error());
  Snapshot snapshot;
  snapshot.size_ = copy->size();
  snapshot.sha256_ = copy->digest();
  auto finished = copy->finish();
  if (!finished) return std::unexpected(finished.error());
  snapshot.fd_ = finished->release();
  return snapshot;
}

Snapshot::Snapshot(Snapshot&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), size_(other.size_), sha256_(other.sha256_) {}
Snapshot& Snapshot::operator=(Snapshot&& other) noexcept {
  std::swap(fd_, other.fd_);
  size_ = other.size_;
  sha256_ = other.sha256_;
  return *this;
}
Snapshot::~Snapshot() {
  if (fd_ >= 0) ::close(fd_);
}

Result<int> make_output(std::uint64_t limit, const std::string& state_dir) {
  if (limit > kOutputInMemory) {
    auto file = unnamed_file(state_dir);
    if (!file) return std::unexpected(file.error());
    return file->release();
  }
  UniqueFd memory(::memfd_create("mapiguard-output", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!memory || ::fcntl(memory.get(), F_ADD_SEALS, F_SEAL_SHRINK) != 0) return fail(ErrorCode::io, because("no memory for the output"));
  return memory.release();
}

}  // namespace mapiguard
