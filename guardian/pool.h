// Pool: the sandboxed worker processes and the nursery that forks them.
//
// The supervisor posix_spawns `mapiguard-worker --nursery`; the nursery gives up privileges, enters its namespaces, starts
// a tiny init as pid 1, and forks workers on request. The supervisor hands a worker its task over a socket of their own:
// small messages through the memory that they share (desk.h), others with the input (sealed, read only) and the output
// as descriptors.
//
// Thread promise: run() from many threads; it blocks until the attempt is over.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "guardian/snapshot.h"
#include <mapiguard/guard.h>
#include <mapiguard/result.h>

namespace mapiguard {

// What the worker said in its page of testimony, as read after its death: evidence of the accused, range-checked,
// never trusted for what only harms others.
struct Testimony {
  int signal = 0;       // 0 = none was written
  int si_code = 0;
  int sender_pid = 0;   // of SI_USER, as the worker's pid namespace sees it; 0 = from outside
  int own_pid = 0;      // what the worker calls itself
  std::uint64_t fault_address = 0;
  bool near_stack = false;     // the fault is at the edge of the stack
  bool out_of_memory = false;  // the new_handler or GLib's allocation failure ran
  int system_call = -1;        // that seccomp refused
  std::string phase;           // "read", "body", "mime", "write" …
  std::string message_id;      // found in the message; untrusted
  std::vector<std::uint64_t> registers;  // register_name(i)
  std::vector<std::uint64_t> stack;      // innermost first: module number << kModuleShift | offset in it
};
inline constexpr unsigned kModuleShift = 40;

// A program or library that workers have mapped, as the nursery told before it met a message.
struct LoadedModule {
  std::string path;
  std::string build_id;  // hexadecimal; "" = it has none
};

// How a worker ended while a message was in flight.
struct Ending {
  bool exited = false;   // else by a signal
  int status = 0;        // exit code or signal number
  bool timed_out = false;        // our watchdog killed it
  bool stopped = false;          // it (or we) had been stopped rather than working
  double cpu_seconds = 0;        // of this message
  double busy_share = 0;         // timed_out: of its time, on the CPU or waiting for one (a loaded host gives less CPU)
  std::uint64_t peak_rss = 0;    // bytes
  bool output_full = false;      // the output has reached its limit
  bool bad_reply = false;        // what it said broke the protocol; `detail` says how
  bool external = false;         // the wait status is an external command's own
  std::string detail;
  Testimony testimony;
};

struct Task {
  const Snapshot* message = nullptr;  // stays the caller's
  std::uint64_t output_limit = 0;
  ConvertOptions options;
  std::string_view errand = {};    // another thing than a conversion (errand.h)
  std::string_view argument = {};  // of the errand
  int evidence = -1;               // an external command's: where what a debugger would see of its death is written
  bool alone = false;              // as the only message of a fresh worker
};

struct Attempt {
  // Exactly one of these three is set.
  std::optional<Result<Report>> reply;  // the converter's answer, checked; for not_a_message its Error
  std::optional<Ending> ending;
  std::optional<Error> failure;  // of ours: no worker could be had, or stop() was called
  Output output;  // with a reply
  bool alone = false;
  bool company = false;
  bool not_given = false;  // with failure: the worker was gone before it had the message; the pool tries others
  bool no_room = false;    // none of the three: the output needs a descriptor of its own; the pool tries so
  std::string stderr_tail;
};

class Pool {
 public:
  // `plugin`: a shared library that the workers have loaded, "" = none.
  static Result<std::unique_ptr<Pool>> start(const GuardOptions& options, std::string plugin = {});
  // The two halves of it, for those who have other things to do meanwhile.
  static Result<std::unique_ptr<Pool>> launch(const GuardOptions& options, std::string plugin = {});
  Result<void> await_ready();
  ~Pool();

  Attempt run(const Task& task);
  void stop();  // run() calls under way return a failure soon; no new ones are taken
  std::vector<SandboxLayer> layers() const;
  std::vector<LoadedModule> modules() const;  // of the present nursery

 private:
  class Impl;
  explicit Pool(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The one class of an ending; `alone_before`: this message has timed out without working once already, alone (hung).
// detail and signal are filled; charged is left false. Pure; tested as a table.
Verdict judge(const Ending& ending, const GuardOptions& options, bool timed_out_alone_before);

}  // namespace mapiguard
