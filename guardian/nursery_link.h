// NurseryLink: the supervisor's half of a nursery: start it, give it orders, hear its news, end it.
//
// Does not depend on the nursery's exit status being ours to collect: a host may ignore SIGCHLD or wait for any child.
// Thread promise: order() from any thread; the rest from the thread that started it, which must live as long as the link
// (the nursery dies with that thread).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "guardian/descriptor.h"
#include "guardian/wire.h"
#include <mapiguard/guard.h>
#include <mapiguard/result.h>

namespace mapiguard {

// Where a program of ours called `name` may stand: beside the program or library, in ../libexec …
std::vector<std::string> program_places(const std::string& name);

// The worker program: options.worker_path, or beside the program or library, in ../libexec, $MAPIGUARD_WORKER.
Result<std::string> find_worker_program(const GuardOptions& options);

class NurseryLink {
 public:
  static Result<NurseryLink> start(const std::string& program);
  NurseryLink(NurseryLink&&) = default;
  NurseryLink& operator=(NurseryLink&&) = default;
  ~NurseryLink() { end(); }
  // Hangs up and gives it kKeeperPatienceSeconds to end by itself.
  void let_go();
  // Kills it, and with it all its workers; collects it where that is ours to do. Tells how it ended, "" = unknown.
  std::string end();

  int socket() const { return socket_.get(); }
  // False when it cannot be told: it has died, or does not listen any more.
  bool order(const NurseryOrder& order, std::span<const int> fds = {}) const;

  struct Heard {
    enum class Kind : std::uint8_t { news, nothing, end } kind = Kind::end;
    NurseryNews news;
    UniqueFd pidfd;
  };
  Heard hear() const;  // without waiting

 private:
  NurseryLink(UniqueFd socket, UniqueFd pidfd) : socket_(std::move(socket)), pidfd_(std::move(pidfd)) {}
  UniqueFd socket_;
  UniqueFd pidfd_;
};

// SIGKILL; false when this process may not, or it is gone.
bool kill_by_pidfd(int pidfd);
// Waits until the process has ended; false when the time is over first.
bool await_end(int pidfd, double seconds);

}  // namespace mapiguard
