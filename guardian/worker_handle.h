// WorkerHandle: the supervisor's half of one worker: hand it tasks, await replies, watch the clock, tell how it ended.
//
// Several callers may have tasks in one worker (Isolation::worker with a depth). One of them listens for all; each gets
// its own attempt.
// Thread promise: safe from many threads; the object outlives its callers (shared_ptr).
#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "guardian/descriptor.h"
#include "guardian/desk.h"
#include "guardian/pool.h"
#include "guardian/wire.h"

namespace mapiguard {

// How the nursery says a worker ended; `known` is false when the nursery itself was lost and nobody can say.
struct WorkerEnd {
  bool known = false;
  bool exited = false;
  int status = 0;
  double cpu_seconds = 0;  // in all its life
  std::uint64_t peak_rss = 0;
};

class WorkerHandle {
 public:
  struct Plan {
    std::uint32_t timeout_seconds = 30;
    const ExternalConverter* external = nullptr;  // the workers are keepers of this command: they answer with CommandReply
    std::string state_dir;  // for outputs that are large
    int stop_event = -1;    // readable when everybody is to let go
    std::function<std::optional<WorkerEnd>(WorkerHandle&)> await_death;  // what the nursery reported; waits for it
    std::function<void(WorkerHandle&)> kill;
    std::function<void()> dying;  // it takes no more tasks; its end is awaited
  };

  WorkerHandle(std::uint64_t id, UniqueFd socket, std::unique_ptr<Desk> desk, const Plan& plan);

  // -- the pool's side: set before any task -------------------------------------------------------------------------
  std::uint64_t id() const { return id_; }
  void born(pid_t pid, UniqueFd pidfd);
  int pidfd() const { return pidfd_.get(); }
  std::unique_ptr<Desk> take_desk() { return std::move(desk_); }
  double cpu_seconds_now() const;  // 0 when it cannot be asked

  // -- the callers' side ----------------------------------------------------------------------------------------------
  // Hands over the task and blocks until its attempt is over.
  struct Manner {
    bool last = false;     // the worker is to end after its reply
    bool on_desk = false;  // pass the message and its output through the desk, where they are small
    std::string plant;
  };
  Attempt run(const Task& task, const Manner& manner);
  // No more tasks are to be given: it has died, was killed, or asked to be replaced.
  bool spent() const { return spent_; }

 private:
  struct Ticket;
  struct Event;

  std::optional<Attempt> hand_over(Ticket& ticket, const Manner& manner);
  Result<std::vector<int>> lay_out(Ticket& ticket, bool on_desk);
  Result<Output> output_of(Ticket& head, const Reply& reply);
  void over(Ticket& ticket, Attempt attempt);
  double recent_cpu_seconds();
  bool is_silent() const;
  void become_head(Ticket& ticket);
  Event listen(const Ticket& head);
  std::optional<Event> received(std::span<std::byte> buffer);
  double runnable_seconds_now() const;
  bool on_deadline(Ticket& head);
  void handle(Event event);
  void on_packet(Bytes packet);
  void on_reply(Ticket& head, Bytes packet);
  void on_command_reply(Ticket& head, Bytes packet);
  void accept(Ticket& head, Reply reply);
  void accept_output(Ticket& head, const CommandReply& reply);
  bool make_final(int output);
  Ending ending_of_command(const Ticket& head, const CommandReply& reply) const;
  void reject(std::string why);
  void on_death();
  void abandon(const Error& error);
  Ending ending_of(const Ticket& ticket, const WorkerEnd& death) const;
  void finish_head(Attempt attempt);
  void fail_head(Error error);

  const std::uint64_t id_;
  UniqueFd socket_;
  UniqueFd pidfd_;
  pid_t pid_ = 0;
  std::optional<clockid_t> cpu_clock_;
  std::unique_ptr<Desk> desk_;
  const Plan& plan_;

  std::mutex mutex_;
  std::vector<unsigned> free_places_;
  std::chrono::steady_clock::time_point cpu_asked_{};
  double cpu_then_ = 0;
  std::deque<Ticket*> unanswered_;  // in the order in which the worker takes them
  bool listening_ = false;
  std::atomic<bool> spent_ = false;  // read by the pool under its own lock, never under ours
  bool used_ = false;
  bool timed_out_ = false;
  bool stopped_ = false;
  double busy_share_ = 0;
  std::string bad_reply_;  // what broke the protocol
};

}  // namespace mapiguard
