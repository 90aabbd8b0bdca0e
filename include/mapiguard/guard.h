// Guard: the converter under watch. Each message is converted in a sandboxed process; one that kills its
// process is counted and, once its charges exceed PoisonThreshold, blocked, with events and an NDR.
//
//   mapiguard::GuardOptions options;
//   options.state_dir = "/var/lib/mapiguard";
//   auto guard = mapiguard::Guard::open(std::move(options));
//   if (!guard) return guard.error();
//   mapiguard::Conversion result = (*guard)->convert(bytes, envelope, {}, sink);
//   switch (result.outcome) { case mapiguard::Outcome::converted: … }
//
// Nothing that a message does hurts the caller: no exception, no signal, no output that is not whole.
//
// Thread promise: a Guard may be used from many threads at once; convert() blocks, and as many messages are
// converted in parallel as there are callers, up to GuardOptions::workers. Any number of processes may share a
// state directory.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <mapiguard/convert.h>
#include <mapiguard/verdict.h>

namespace mapiguard {

enum class Isolation : std::uint8_t {
  message,  // a fresh worker for every message
  worker,   // a worker serves many messages: faster, for mail that is trusted as a whole
  none,     // converts in this process: for tests alone, nothing is guarded
};

struct ExternalConverter {
  std::vector<std::string> argv;     // message on stdin, MIME on stdout
  std::vector<int> reject_exits{65}; // exit codes that mean "damaged", not a death
};

struct GuardOptions {
  std::string state_dir;    // "" = the default of the contract ($MAPIGUARD_STATE, /var/lib/mapiguard, XDG)
  std::string worker_path;  // "" = beside the program, in libexec, $MAPIGUARD_WORKER
  unsigned workers = 0;     // 0 = one a processor
  unsigned depth = 1;       // Isolation::worker: messages handed to one worker ahead of its replies
  Isolation isolation = Isolation::message;
  std::uint32_t timeout_seconds = 30;       // wall and CPU time of one message
  std::uint64_t memory_bytes = 1024ull << 20;  // of a worker
  std::uint64_t output_bytes = 0;           // 0 = 4 × input + 64 MiB
  // After a charged death the message is run again at once, alone in a fresh worker. One that passes is delivered and the
  // charge is cancelled: the worker's state is to blame. One that dies the same death (class and stack) is charged again,
  // until it is blocked; one that dies another is left for a later try.
  bool replay = true;
  unsigned retries = 0;  // without replay: further attempts at once after a charged death, however it dies
  std::optional<ExternalConverter> converter;
  std::string plant;  // a faults build alone: how our own converter is made to die (a death class)
};

// What the caller vouches for. Never take these from inside the message.
struct Envelope {
  std::string message_id;               // "" = unknown
  std::string sender;                   // "" = unknown (no NDR); "<>" = the null sender (no NDR)
  std::vector<std::string> recipients;
  bool is_report = false;               // the caller says that this is a DSN: no NDR for it
};

enum class Outcome : std::uint8_t { converted, damaged, died, held, blocked, error };
constexpr const char* name_of(Outcome outcome) {
  constexpr const char* kNames[] = {"converted", "damaged", "died", "held", "blocked", "error"};
  return kNames[static_cast<std::size_t>(outcome)];
}

struct Conversion {
  Outcome outcome = Outcome::error;
  std::optional<Error> error;      // set unless converted; its code gives the exit code
  std::optional<Verdict> verdict;  // of the last attempt that killed its worker
  Report report;
  std::string sha256;              // of the input, hexadecimal
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  double milliseconds = 0;
  unsigned crashes = 0;        // charges now held against this message
  std::string stderr_tail;     // of an external converter: the last 4 KiB
  int exit_code() const { return error ? exit_code_of(error->code) : 0; }
};

// Where a conversion's output goes. write() gets the whole output in order, only when the worker's reply has been
// accepted; commit() then makes it final (rename it into place, say). The record of the attempt is cleared
// after commit() succeeded, so that a death in between is seen at the next start.
class ResultSink : public OutputSink {
 public:
  virtual Result<void> commit() { return {}; }
};

// One layer of the sandbox, as this host could give it.
struct SandboxLayer {
  std::string name;    // "user namespace", "seccomp", "landlock" …
  bool active = false;
  std::string detail;  // why not, or how
};

// A setting whose value is another than the one in use before, as `mapiguard settings` shows them.
struct SettingChange {
  std::string name, before, after;
};

class Guard {
 public:
  // Errors: config (state directory), internal (no worker program, worker does not start).
  static Result<std::unique_ptr<Guard>> open(GuardOptions options);
  ~Guard();  // waits for convert() calls under way; workers end with it

  // `input` must stay alive during the call; the workers see a sealed copy.
  Conversion convert(std::span<const std::byte> input, const Envelope& envelope, const ConvertOptions& options, ResultSink& out);
  // The same from an open file, read from its current offset to its end.
  Conversion convert_file(int fd, const Envelope& envelope, const ConvertOptions& options, ResultSink& out);

  // Finish what is under way, start nothing new: convert() calls that wait or are asked afterwards end with
  // Outcome::error; those in flight are abandoned, uncharged. Safe to call from any thread, not from a signal handler.
  void stop();

  std::vector<SandboxLayer> sandbox() const;

  // Takes up what has been set since the Guard was opened or this was called last ("dismount and remount" the database),
  // and says what that is. Messages under way are judged by what is set when their judgement is written, before or after.
  Result<std::vector<SettingChange>> reload_settings();

 private:
  class Impl;
  explicit Guard(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace mapiguard
