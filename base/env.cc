#include "base/env.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "base/text.h"
#include "base/try.h"

namespace mapiguard {
namespace {

constexpr std::size_t kReadPiece = 64 << 10;
constexpr std::string_view kTemporaryPrefix = ".mapiguard-";
constexpr std::string_view kTemporarySuffix = ".tmp";

std::unexpected<Error> system_error(ErrorCode code, const char* what, const std::string& path, int number) {
  return fail(code, std::string("cannot ") + what + " '" + displayable(path) + "': " + std::strerror(number));
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

class PosixFile final : public WritableFile {
 public:
  PosixFile(Descriptor fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  Result<void> write(Bytes bytes) override {
    while (!bytes.empty()) {
      const ssize_t written = ::write(fd_.get(), bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return system_error(ErrorCode::io, "write", path_, errno);
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return {};
  }
  Result<void> sync() override {
    if (::fsync(fd_.get()) != 0) return system_error(ErrorCode::io, "fsync", path_, errno);
    return {};
  }

 private:
  Descriptor fd_;
  std::string path_;
};

class PosixEnv final : public Env {
 public:
  Result<std::unique_ptr<WritableFile>> create(const std::string& path, std::uint32_t mode) override {
    Descriptor fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
    if (!fd) return system_error(ErrorCode::cannot_create, "create", path, errno);
    // The lock tells sweep_temporaries() that the maker lives; a sweeper that came between open and flock has unlinked
    // it.
    struct stat status {};
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0 || ::fstat(fd.get(), &status) != 0 || status.st_nlink == 0)
      return system_error(ErrorCode::cannot_create, "lock", path, EAGAIN);
    return std::make_unique<PosixFile>(std::move(fd), path);
  }
  Result<std::unique_ptr<WritableFile>> append(const std::string& path, std::uint32_t mode) override {
    Descriptor fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, mode));
    if (!fd) return system_error(ErrorCode::cannot_create, "open", path, errno);
    return std::make_unique<PosixFile>(std::move(fd), path);
  }
  Result<void> read(const std::string& path, std::uint64_t offset, const ByteSink& write) override {
    const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) return system_error(ErrorCode::cannot_open, "open", path, errno);
    std::vector<std::byte> piece(kReadPiece);
    for (;;) {
      const ssize_t got = ::pread(fd.get(), piece.data(), piece.size(), static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return system_error(ErrorCode::cannot_open, "read", path, errno);
      if (got == 0) return {};
      MAPIGUARD_TRY(write(Bytes(piece).first(static_cast<std::size_t>(got))));
      offset += static_cast<std::uint64_t>(got);
    }
  }
  Result<void> rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return system_error(ErrorCode::cannot_create, "create", to, errno);
    return {};
  }
  Result<void> remove(const std::string& path) override {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return system_error(ErrorCode::io, "remove", path, errno);
    return {};
  }
  Result<void> truncate(const std::string& path, std::uint64_t size) override {
    if (::truncate(path.c_str(), static_cast<off_t>(size)) != 0) return system_error(ErrorCode::io, "cut", path, errno);
    return {};
  }
  Result<void> sync_dir(const std::string& path) override {
    const Descriptor fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd || ::fsync(fd.get()) != 0) return system_error(ErrorCode::io, "fsync the folder", path, errno);
    return {};
  }
  Result<void> make_dir(const std::string& path, std::uint32_t mode) override {
    if (::mkdir(path.c_str(), mode) == 0) return {};
    int reason = errno;
    if (reason == ENOENT && folder_of(path) != path) {
      MAPIGUARD_TRY(make_dir(folder_of(path), mode));
      if (::mkdir(path.c_str(), mode) == 0) return {};
      reason = errno;
    }
    struct stat status {};
    if (reason == EEXIST && ::stat(path.c_str(), &status) == 0) {
      if (S_ISDIR(status.st_mode)) return {};
      reason = ENOTDIR;
    }
    return system_error(ErrorCode::cannot_create, "create the folder", path, reason);
  }
  Result<std::vector<std::string>> list(const std::string& dir) override {
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(::opendir(dir.c_str()), ::closedir);
    if (!stream) return system_error(ErrorCode::cannot_open, "list", dir, errno);
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* entry = ::readdir(stream.get())) {
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
    }
    if (errno != 0) return system_error(ErrorCode::cannot_open, "list", dir, errno);
    std::sort(names.begin(), names.end());
    return names;
  }
  Result<std::optional<FileInfo>> info(const std::string& path) override {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) {
      if (errno == ENOENT) return std::optional<FileInfo>();
      return system_error(ErrorCode::cannot_open, "look at", path, errno);
    }
    FileInfo info;
    info.size = static_cast<std::uint64_t>(status.st_size);
    info.mode = status.st_mode & 07777;
    info.owner = status.st_uid;
    info.modified_ns = status.st_mtim.tv_sec * 1'000'000'000ll + status.st_mtim.tv_nsec;
    info.is_directory = S_ISDIR(status.st_mode);
    info.is_regular = S_ISREG(status.st_mode);
    return std::optional<FileInfo>(info);
  }
  Result<std::uint64_t> free_bytes(const std::string& path) override {
    struct statvfs status {};
    if (::statvfs(path.c_str(), &status) != 0)
      return system_error(ErrorCode::io, "measure the free room of", path, errno);
    return static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
  }
  bool is_in_use(const std::string& path) override {
    const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (!fd) return errno != ENOENT;  // what cannot be opened belongs to somebody else
    return ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0;
  }
  Result<void> remove_unused(const std::string& path) override {
    const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (!fd || ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) return {};
    return remove(path);
  }
};

std::string temporary_name() {
  static std::atomic<unsigned> counter{0};
  std::uint64_t random = 0;
  if (::getrandom(&random, sizeof random, GRND_NONBLOCK) != sizeof random) random = 0;  // pid and counter tell apart
  char name[80];
  std::snprintf(name, sizeof name, "%s%d-%u-%016llx%s", std::string(kTemporaryPrefix).c_str(),
                static_cast<int>(::getpid()), counter.fetch_add(1), static_cast<unsigned long long>(random),
                std::string(kTemporarySuffix).c_str());
  return name;
}

}  // namespace

Env& posix_env() {
  static PosixEnv env;
  return env;
}

std::string folder_of(const std::string& path) {
  const std::size_t end = path.find_last_not_of('/');
  if (end == std::string::npos) return path.empty() ? "." : "/";
  const std::size_t slash = path.rfind('/', end);
  if (slash == std::string::npos) return ".";
  const std::size_t last = path.find_last_not_of('/', slash);
  return last == std::string::npos ? "/" : path.substr(0, last + 1);
}

Result<std::string> read_whole(Env& env, const std::string& path, std::uint64_t most) {
  std::string text;
  MAPIGUARD_TRY(env.read(path, 0, [&](Bytes piece) -> Result<void> {
    if (text.size() + piece.size() > most)
      return fail(ErrorCode::io, "'" + displayable(path) + "' has more than " + std::to_string(most) + " bytes");
    text.append(as_chars(piece));
    return {};
  }));
  return text;
}

AtomicFile::AtomicFile(Env& env, std::string path, std::string temporary, std::unique_ptr<WritableFile> file)
    : env_(&env), path_(std::move(path)), temporary_(std::move(temporary)), file_(std::move(file)) {}

Result<AtomicFile> AtomicFile::create(Env& env, std::string path, std::uint32_t mode, std::string temporary_dir) {
  if (temporary_dir.empty()) temporary_dir = folder_of(path);
  Error last;
  for (int attempt = 0; attempt < 3; ++attempt) {  // a sweeper may have met the file before its lock
    std::string temporary = temporary_dir + "/" + temporary_name();
    auto file = env.create(temporary, mode);
    if (file) return AtomicFile(env, std::move(path), std::move(temporary), std::move(*file));
    last = std::move(file.error());
  }
  return std::unexpected(std::move(last));
}

AtomicFile::~AtomicFile() {
  if (!file_) return;
  file_.reset();
  // Nobody can be told here; the next sweep_temporaries() tries again.
  static_cast<void>(env_->remove(temporary_));
}

Result<void> AtomicFile::commit(bool durable) {
  if (durable) MAPIGUARD_TRY(file_->sync());
  MAPIGUARD_TRY(env_->rename(temporary_, path_));
  file_.reset();
  return durable ? env_->sync_dir(folder_of(path_)) : Result<void>();
}

bool is_temporary_name(std::string_view name) {
  return name.starts_with(kTemporaryPrefix) && name.ends_with(kTemporarySuffix);
}

Result<void> sweep_temporaries(Env& env, const std::string& dir) {
  const auto names = env.list(dir);
  if (!names) return std::unexpected(names.error());
  for (const std::string& name : *names) {
    if (is_temporary_name(name)) MAPIGUARD_TRY(env.remove_unused(dir + "/" + name));
  }
  return {};
}

}  // namespace mapiguard
