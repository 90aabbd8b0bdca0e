// Descriptors: ownership, and messages with descriptors over SOCK_SEQPACKET sockets. Every descriptor made or
// received here is close-on-exec.
//
// Thread promise: UniqueFd belongs to one owner; the functions may be called from many threads.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "base/bytes.h"

namespace mapiguard {

class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~UniqueFd() { reset(); }

  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }
  void reset();
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

struct SocketPair {
  UniqueFd ours, theirs;
};
std::optional<SocketPair> make_socket_pair();

inline constexpr std::size_t kMaxFdsInMessage = 4;

// One packet. False when the peer is gone or takes no more; never raises SIGPIPE.
bool send_packet(int socket, Bytes packet, std::span<const int> fds = {}, bool wait = true);

struct Received {
  enum class Kind : std::uint8_t { packet, nothing, end, too_long } kind = Kind::end;
  std::size_t size = 0;
  std::array<UniqueFd, kMaxFdsInMessage> fds;
};
// One packet into `buffer`. Descriptors are taken only when `with_fds`; else the kernel drops what was sent.
Received receive_packet(int socket, std::span<std::byte> buffer, bool with_fds, bool wait);

// The process's descriptor: names it even after its number has gone to another. (glibc 2.36 declares the call in a header
// that C++ cannot use.)
UniqueFd open_pidfd(pid_t pid);

// A descriptor to stand for stdin, stdout and stderr: /dev/null, or where there is none an empty sealed memfd.
UniqueFd open_null();

}  // namespace mapiguard
