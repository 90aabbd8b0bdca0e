// Env: the door to the operating system for files that must survive a crash. Tests put another behind it, to break it
// at any step.
//
// Errors: cannot_open (reading), cannot_create (a new name), io (everything else); the sentence names the path and the
// system's reason.
//
// Thread promise: an Env from any thread; a WritableFile belongs to one.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <mapiguard/result.h>
#include "base/bytes.h"

namespace mapiguard {

struct FileInfo {
  std::uint64_t size = 0;
  std::uint32_t mode = 0;  // permission bits
  std::uint32_t owner = 0;
  std::int64_t modified_ns = 0;
  bool is_directory = false;
  bool is_regular = false;
};

class WritableFile {
 public:
  virtual ~WritableFile() = default;  // closes
  virtual Result<void> write(Bytes bytes) = 0;
  virtual Result<void> sync() = 0;  // fsync
};

using ByteSink = std::function<Result<void>(Bytes)>;

class Env {
 public:
  virtual ~Env() = default;
  // A file of that name must not exist. It counts as in use (is_in_use) until the WritableFile is gone.
  virtual Result<std::unique_ptr<WritableFile>> create(const std::string& path, std::uint32_t mode) = 0;
  virtual Result<std::unique_ptr<WritableFile>> append(const std::string& path, std::uint32_t mode) = 0;
  // Hands the bytes from `offset` to the end to `write`, in pieces.
  virtual Result<void> read(const std::string& path, std::uint64_t offset, const ByteSink& write) = 0;
  virtual Result<void> rename(const std::string& from, const std::string& to) = 0;
  virtual Result<void> remove(const std::string& path) = 0;  // no error when it is gone already
  virtual Result<void> truncate(const std::string& path, std::uint64_t size) = 0;
  virtual Result<void> sync_dir(const std::string& path) = 0;
  virtual Result<void> make_dir(const std::string& path, std::uint32_t mode) = 0;  // and its parents; fine when there
  virtual Result<std::vector<std::string>> list(const std::string& dir) = 0;       // names, sorted
  virtual Result<std::optional<FileInfo>> info(const std::string& path) = 0;       // follows links; nullopt: absent
  virtual Result<std::uint64_t> free_bytes(const std::string& path) = 0;           // for this user
  virtual bool is_in_use(const std::string& path) = 0;                             // its maker still holds it
  // remove(), unless it is in use. PosixEnv holds the lock meanwhile, so that no maker gets it in between.
  virtual Result<void> remove_unused(const std::string& path) {
    return is_in_use(path) ? Result<void>() : remove(path);
  }
};

Env& posix_env();

// The whole file; Error io when it has more than `most` bytes.
Result<std::string> read_whole(Env& env, const std::string& path, std::uint64_t most);

// A file that appears under its final name whole, or not at all: written beside it, fsync, rename, fsync of the folder.
// One that was not committed is removed; one whose writer was killed is removed by sweep_temporaries().
class AtomicFile {
 public:
  // The temporary file stands in `temporary_dir`, by default in the folder of `path`.
  static Result<AtomicFile> create(Env& env, std::string path, std::uint32_t mode, std::string temporary_dir = {});
  AtomicFile(AtomicFile&&) noexcept = default;
  AtomicFile& operator=(AtomicFile&&) = delete;
  ~AtomicFile();

  Result<void> write(Bytes bytes) { return file_->write(bytes); }
  // Replaces a file of that name. Not durable: it survives the death of every process, but not that of the machine.
  Result<void> commit(bool durable = true);

 private:
  AtomicFile(Env& env, std::string path, std::string temporary, std::unique_ptr<WritableFile> file);
  Env* env_;
  std::string path_, temporary_;
  std::unique_ptr<WritableFile> file_;
};

bool is_temporary_name(std::string_view name);
// Removes temporary files of AtomicFile in `dir` whose writers are gone.
Result<void> sweep_temporaries(Env& env, const std::string& dir);

// "folder of a path": "." for a bare name.
std::string folder_of(const std::string& path);

}  // namespace mapiguard
