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

#include "base/try.h"
#include "guardian/limits.h"

namespace mapiguard {
namespace {

constexpr std::size_t kChunk = 256 << 10;

std::string because(const char* what) { return std::string(what) + ": " + std::strerror(errno); }

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

// `size` bytes of `fd` from its start, in pieces.
Result<void> give_file(int fd, std::uint64_t size, const TakePiece& take) {
  static thread_local std::vector<std::byte> buffer(kChunk);
  for (std::uint64_t offset = 0; offset < size;) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), size - offset));
    const ssize_t got = ::pread(fd, buffer.data(), wanted, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return fail(ErrorCode::internal, "a copy of the message or of its conversion could not be read back");
    MAPIGUARD_TRY(take(Bytes(buffer).first(static_cast<std::size_t>(got))));
    offset += static_cast<std::uint64_t>(got);
  }
  return {};
}

Result<void> write_at(int fd, Bytes bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t done = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return fail(ErrorCode::io, because("the copy of the message could not be written"));
    offset += static_cast<std::uint64_t>(done);
    bytes = bytes.subspan(static_cast<std::size_t>(done));
  }
  return {};
}

Result<UniqueFd> memory_for_copy() {
  UniqueFd memory(::memfd_create("mapiguard-message", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!memory) return fail(ErrorCode::io, because("no memory for a copy of the message"));
  return memory;
}

Result<void> seal(const UniqueFd& memory) {
  if (::fcntl(memory.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == 0) return {};
  return fail(ErrorCode::internal, because("the copy of the message could not be sealed"));
}

}  // namespace

// Takes bytes as they come, and moves to a larger place when there are more of them than they seemed to be (a pipe).
class SnapshotMaker {
 public:
  SnapshotMaker(std::uint64_t expected, const std::string& state_dir) : expected_(expected), state_dir_(state_dir) {}

  Result<void> add(Bytes bytes) {
    if (place_ < place_for(size_ + bytes.size())) MAPIGUARD_TRY(move_to(place_for(size_ + bytes.size())));
    hash_.add(bytes);
    if (place_ == Place::small)
      small_.insert(small_.end(), bytes.begin(), bytes.end());
    else
      MAPIGUARD_TRY(write_at(fd_.get(), bytes, size_));
    size_ += bytes.size();
    return {};
  }
  std::uint64_t size() const { return size_; }
  // Nobody can change it from here on.
  Result<Snapshot> finish();

 private:
  enum class Place : std::uint8_t { small, memory, file };
  Place place_for(std::uint64_t size) const {
    const std::uint64_t most = std::max(size, expected_);
    return most <= kSmallSnapshot ? Place::small : most <= kSnapshotInMemory ? Place::memory : Place::file;
  }
  Result<void> move_to(Place place);

  const std::uint64_t expected_;
  const std::string& state_dir_;
  Place place_ = Place::small;
  std::vector<std::byte> small_;
  UniqueFd fd_;
  std::uint64_t size_ = 0;
  Sha256 hash_;
};

Result<void> SnapshotMaker::move_to(Place place) {
  auto fresh = place == Place::memory ? memory_for_copy() : unnamed_file(state_dir_);
  if (!fresh) return std::unexpected(std::move(fresh.error()));
  // Room for all of it now: a worker that maps it cannot meet a hole that the disk has no room for.
  if (place == Place::file && ::posix_fallocate(fresh->get(), 0, static_cast<off_t>(std::max(expected_, size_ + 1))) == ENOSPC)
    return fail(ErrorCode::io, "the message does not fit on the disk of the state directory",
                "see the setting Mapiguard\\Min Free MiB");
  std::uint64_t moved = 0;
  const auto move = [&](Bytes piece) {
    auto written = write_at(fresh->get(), piece, moved);
    moved += piece.size();
    return written;
  };
  MAPIGUARD_TRY(place_ == Place::small ? move(small_) : give_file(fd_.get(), size_, move));
  fd_ = std::move(*fresh);
  small_ = {};
  place_ = place;
  return {};
}

Result<Snapshot> SnapshotMaker::finish() {
  Snapshot snapshot;
  if (place_ == Place::memory) MAPIGUARD_TRY(seal(fd_));
  if (place_ == Place::file) {
    if (::ftruncate(fd_.get(), static_cast<off_t>(size_)) != 0)
      return fail(ErrorCode::io, because("the copy of the message could not be finished"));
    UniqueFd readable = reopened(fd_);
    if (!readable)
      return fail(ErrorCode::internal,
                  because("the copy of the message could not be opened for reading (is /proc mounted?)"));
    fd_ = std::move(readable);  // and the only descriptor that could change it is closed
  }
  snapshot.small_ = std::move(small_);
  snapshot.fd_ = std::move(fd_);
  snapshot.size_ = size_;
  snapshot.sha256_ = hash_.finish();
  return snapshot;
}

namespace {

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
  SnapshotMaker maker(expected, state_dir);
  static thread_local std::vector<std::byte> buffer(kChunk);
  for (;;) {
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(ErrorCode::cannot_open, because("the message cannot be read"));
    if (got == 0) break;
    MAPIGUARD_TRY(maker.add(Bytes(buffer).first(static_cast<std::size_t>(got))));
  }
  if (maker.size() < expected)
    return fail(ErrorCode::cannot_open, "the message became shorter while it was read", "try again when it is whole");
  return maker.finish();
}

Result<Snapshot> Snapshot::of_bytes(std::span<const std::byte> bytes, const std::string& state_dir) {
  SnapshotMaker maker(bytes.size(), state_dir);
  MAPIGUARD_TRY(maker.add(bytes));
  return maker.finish();
}

Result<int> Snapshot::descriptor() const {
  if (fd_) return fd_.get();
  auto memory = memory_for_copy();
  if (!memory) return std::unexpected(std::move(memory.error()));
  MAPIGUARD_TRY(write_at(memory->get(), small_, 0));
  MAPIGUARD_TRY(seal(*memory));
  fd_ = std::move(*memory);
  return fd_.get();
}

Result<void> Snapshot::give_to(const TakePiece& take) const {
  return is_small() ? take(small_) : give_file(fd_.get(), size_, take);
}

Result<void> Output::give_to(const TakePiece& take) const {
  return file_ ? give_file(file_.get(), size_, take) : take(bytes_);
}

Result<UniqueFd> make_output(std::uint64_t limit, const std::string& state_dir) {
  if (limit > kOutputInMemory) return unnamed_file(state_dir);
  UniqueFd memory(::memfd_create("mapiguard-output", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!memory || ::fcntl(memory.get(), F_ADD_SEALS, F_SEAL_SHRINK) != 0)
    return fail(ErrorCode::io, because("no memory for the output"));
  return memory;
}

}  // namespace mapiguard
