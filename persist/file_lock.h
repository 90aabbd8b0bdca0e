// Locks between processes that the kernel drops when their holder dies: F_OFD_SETLK, which belongs to the open file,
// not to the process. (A plain fcntl lock is lost as soon as anything in the process closes any descriptor of the
// file.)
//
// Thread promise: a FileLock belongs to one owner.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <mapiguard/result.h>

namespace mapiguard {

class FileLock {
 public:
  // Takes one byte of the file, made when it is absent. nullopt: somebody else holds it.
  static Result<std::optional<FileLock>> try_take(const std::string& path, std::uint64_t byte = 0);
  // The same, waiting up to `seconds`.
  static Result<std::optional<FileLock>> take(const std::string& path, std::uint64_t byte, double seconds);
  // The same with a descriptor of the file that is open already, or -1.
  static Result<std::optional<FileLock>> take(const std::string& path, std::uint64_t byte, double seconds, int fd);
  // Gives the byte back and keeps the descriptor, which is the caller's then.
  int unlock(std::uint64_t byte);
  // Whether somebody holds it now; false when there is no such file.
  static bool is_held(const std::string& path, std::uint64_t byte = 0);

  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  ~FileLock();

  int release_fd();  // the descriptor, and with it the lock, is the caller's then

 private:
  explicit FileLock(int fd) : fd_(fd) {}
  int fd_ = -1;
};

}  // namespace mapiguard
