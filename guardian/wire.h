// Wire: what supervisor, nursery and workers say to one another, as packets of SOCK_SEQPACKET sockets.
//
//   supervisor → worker    Assignment: one message to convert, on the desk or with input and output as descriptors
//   worker → supervisor    Reply: hostile. Whoever took over a worker writes it; parse_reply() has its own fuzzer
//   keeper → supervisor    CommandReply: how an external command ended
//   supervisor ↔ nursery   NurseryOrder, NurseryNews
//
// Numbers are little-endian and fixed-width, texts are a u32 length and bytes; both ends are of one build, and the nursery's
// first news names it. A parser refuses what it does not know whole: nothing is guessed, trailing bytes are refused.
//
// Thread promise: pure functions.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "guardian/limits.h"
#include "guardian/pool.h"
#include <mapiguard/guard.h>
#include <mapiguard/options.h>
#include <mapiguard/report.h>
#include <mapiguard/result.h>

namespace mapiguard {

// What is wrong with a packet, as a part of a sentence ("a defect's text is not UTF-8").
template <class T>
using Parsed = std::expected<T, std::string>;

struct Assignment {
  std::uint64_t sequence = 0;
  std::uint64_t input_bytes = 0;
  std::uint64_t output_limit = 0;
  std::uint32_t place = kNoPlace;  // on its desk; without one the descriptors of input and output come with the packet
  bool last = false;  // exit after the reply
  ConvertOptions options;
  std::string errand;    // its name; "" = convert
  std::string argument;  // of the errand, any bytes
  std::string plant;     // a faults build alone
};
std::string serialize(const Assignment& assignment);
Parsed<Assignment> parse_assignment(Bytes packet);

struct Reply {
  std::uint64_t sequence = 0;
  std::uint64_t output_bytes = 0;
  bool retire = false;                    // the worker has grown and asks to be replaced
  bool no_room = false;                   // the output is larger than its place on the desk; `answer` says nothing
  Result<Report> answer = Report{};       // Error: not_a_message or io alone
};
// Makes an honest answer fit: texts repaired and cut, defects beyond kMaxReplyBytes counted in defects_dropped.
std::string serialize(const Reply& reply);
Parsed<Reply> parse_reply(Bytes packet);

struct CommandReply {
  std::uint64_t sequence = 0;
  std::int32_t exec_error = 0;   // errno: it was never started
  std::int32_t wait_status = 0;  // its own, as waitpid gives it
  bool stopped = false;          // it was stopped (SIGSTOP) when its time was over
  std::uint64_t cpu_microseconds = 0;  // with all that it started
  std::uint64_t peak_rss = 0;
  std::string stderr_tail;  // any bytes
  std::string trouble;      // the keeper's own: why it could not do its work; then nothing else counts
};
std::string serialize(const CommandReply& reply);
Parsed<CommandReply> parse_command_reply(Bytes packet);

// -- nursery ------------------------------------------------------------------------------------------------------
struct NurseryOrder {
  enum class Kind : std::uint8_t {
    configure,       // the first; once
    fork_worker,     // with the worker's socket and the inbox and outbox of its desk
    move_cpu_limit,  // of a worker that is used again: `value` = seconds
    kill_worker,     // where the supervisor may not signal it itself
  } kind = Kind::configure;
  std::uint64_t worker = 0;
  std::uint64_t value = 0;  // configure: the supervisor's process id; fork_worker: the largest file that it may write
  // configure:
  std::uint64_t memory_bytes = 0;
  std::uint32_t timeout_seconds = 0;
  std::vector<std::string> command;      // argv of an external converter; empty = our own
  std::vector<std::string> environment;  // for the command
  std::vector<std::string> scratch;      // folders in which scratch folders may be made, best first
  std::string plugin;                    // a shared library whose function the workers call (errand.h)
};
std::string serialize(const NurseryOrder& order);
Parsed<NurseryOrder> parse_order(Bytes packet);

struct NurseryNews {
  enum class Kind : std::uint8_t {
    ready,    // with `build`, `layers` and `modules`
    unfit,    // cannot serve: `text` says why; it ends
    forked,   // with the worker's pidfd; `pid` in the supervisor's namespace
    refused,  // a worker could not be forked: `text`
    died,     // siginfo and rusage of a worker
  } kind = Kind::ready;
  std::uint64_t worker = 0;
  std::int32_t pid = 0;
  bool exited = false;       // else by a signal
  std::int32_t status = 0;   // exit code or signal
  std::uint64_t cpu_microseconds = 0;
  std::uint64_t peak_rss = 0;
  std::string build;
  std::string text;
  std::vector<SandboxLayer> layers;
  std::vector<LoadedModule> modules;
};
std::string serialize(const NurseryNews& news);
Parsed<NurseryNews> parse_news(Bytes packet);

}  // namespace mapiguard
