#include "tools/mapiguard/spool.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "base/try.h"
#include "tools/mapiguard/printer.h"

namespace mapiguard {
namespace {

constexpr std::size_t kCopyPiece = 1u << 18;

// File systems without O_TMPFILE (NFS, some FUSE) get a named file whose name goes at once.
int open_unlinked(const std::string& directory) {
  const int fd = ::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR)) return fd;
  std::string name = directory + "/.mapiguard-spool-XXXXXX";
  const int named = ::mkostemp(name.data(), O_CLOEXEC);
  if (named >= 0) ::unlink(name.c_str());
  return named;
}

}  // namespace

Result<void> Spool::add(Bytes bytes) {
  if (in_memory() && memory_.size() + bytes.size() > kSpoolInMemory) MAPIGUARD_TRY(move_to_file());
  if (in_memory())
    memory_ += as_chars(bytes);
  else
    MAPIGUARD_TRY(write_all(file_.get(), as_chars(bytes), "a temporary file in '" + directory_ + "'"));
  size_ += bytes.size();
  return {};
}

Result<void> Spool::move_to_file() {
  UniqueFd file(open_unlinked(directory_));
  if (!file)
    return fail(ErrorCode::io, "cannot create a temporary file in '" + directory_ + "': " + std::strerror(errno));
  MAPIGUARD_TRY(write_all(file.get(), memory_, "a temporary file in '" + directory_ + "'"));
  file_ = std::move(file);
  std::string().swap(memory_);
  return {};
}

Result<int> Spool::rewound_file() const {
  if (::lseek(file_.get(), 0, SEEK_SET) == 0) return file_.get();
  return fail(ErrorCode::io, std::string("cannot read a temporary file: ") + std::strerror(errno));
}

Result<void> Spool::read(const std::function<Result<void>(Bytes)>& take) const {
  if (in_memory()) return take(memory());
  std::vector<std::byte> piece(kCopyPiece);
  for (std::uint64_t at = 0; at < size_;) {
    const ssize_t got = ::pread(file_.get(), piece.data(), piece.size(), static_cast<off_t>(at));
    if (got <= 0)
      return fail(ErrorCode::io,
                  std::string("cannot read a temporary file: ") + (got < 0 ? std::strerror(errno) : "it was cut"));
    MAPIGUARD_TRY(take(Bytes(piece).first(static_cast<std::size_t>(got))));
    at += static_cast<std::uint64_t>(got);
  }
  return {};
}

}  // namespace mapiguard
