// WorkerHandle: the supervisor's half of one worker: hand it tasks, await replies, watch the clock, tell how it ended.
//
// Several callers may have tasks in one worker (Isolation::worker with a depth). One of them listens for all; each gets
// its own attempt.
// Thread promise: safe from many threads; the object outlives its callers (shared_ptr).
#pragma once

#include <sys/types.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "guardian/descriptor.h"
#include "guardian/pool.h"
#include "guardian/testimony.h"
#include "guardian/wire.h"

namespace mapiguard {

// A worker's page of testimony, mapped by the supervisor. Sealed: the worker cannot shrink it under us.
class Page {
 public:
  static std::unique_ptr<Page> make();
  Page(const Page&) = delete;
  Page& operator=(const Page&) = delete;
  ~Page();
  int fd() const { return fd_.get(); }
  const TestimonyPage& said() const { return *page_; }
  void wipe();  // before another worker gets it; the last one must be dead

 private:
  Page(UniqueFd fd, TestimonyPage* page) : fd_(std::move(fd)), page_(page) {}
  UniqueFd fd_;
  TestimonyPage* page_;
};

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
    int stop_event = -1;    // readable when everybody is to let go
    std::function<std::optional<WorkerEnd>(WorkerHandle&)> await_death;  // what the nursery reported; waits for it
    std::function<void(WorkerHandle&)> kill;
  };

  WorkerHandle(std::uint64_t id, UniqueFd socket, std::unique_ptr<Page> page, const Plan& plan)
      : id_(id), socket_(std::move(socket)), page_(std::move(page)), plan_(plan) {}

  // -- the pool's side: set before any task -------------------------------------------------------------------------
  std::uint64_t id() const { return id_; }
  void born(pid_t pid, UniqueFd pidfd) {
    pid_ = pid;
    pidfd_ = std::move(pidfd);
  }
  int pidfd() const { return pidfd_.get(); }
  std::unique_ptr<Page> take_page() { return std::move(page_); }
  double cpu_seconds_now() const;  // 0 when it cannot be asked

  // -- the callers' side ----------------------------------------------------------------------------------------------
  // Hands over the task and blocks until its attempt is over. `last`: the worker is to end after its reply.
  Attempt run(const Task& task, bool last, const std::string& plant);
  // No more tasks are to be given: it has died, was killed, or asked to be replaced.
  bool spent() const { return spent_; }

 private:
  struct Ticket;
  struct Event;

  std::optional<Attempt> hand_over(Ticket& ticket, bool last, const std::string& plant);
  bool is_silent() const;
  void become_head(Ticket& ticket);
  Event listen(const Ticket& head);
  Event received(std::span<std::byte> buffer);
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
  std::unique_ptr<Page> page_;
  const Plan& plan_;

  std::mutex mutex_;
  std::condition_variable changed_;
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
