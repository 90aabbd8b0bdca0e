// Worker: the process that looks at messages. Forked by the nursery, it closes the last doors, then waits for tasks.
//
// Thread promise: of the single-threaded forked process.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "guardian/descriptor.h"
#include "guardian/sandbox.h"
#include <mapiguard/convert.h>

namespace mapiguard {

// What a worker does with a message: mapiguard::convert, or an attempt to break out (tests).
using ConvertFunction = Result<Report> (*)(std::span<const std::byte> input, const ConvertOptions& options, OutputSink& out);

// Another thing than a conversion that a worker can be asked to do with untrusted bytes (errand.h is the asking side).
// Errors: not_a_message (the input is bad: its message says what and where), io (`out` refused).
struct Errand {
  std::string_view name;
  Result<void> (*run)(Bytes input, std::string_view argument, OutputSink& out);
};

// What workers of one program know, chosen once, before the nursery closes anything.
struct Skills {
  void (*warm)() = nullptr;  // prepare_converter
  ConvertFunction convert = nullptr;
  std::span<const Errand> errands{};
  Result<void> (*load_plugin)(const std::string& path) = nullptr;  // for the errand that calls it
};

struct WorkerSetup {
  UniqueFd socket;         // to the supervisor
  UniqueFd inbox, outbox;  // its desk
  std::uint32_t cpu_seconds = 0;
  std::uint64_t file_bytes = 0;
  pid_t nursery = 0;
  const Skills* skills = nullptr;
};

// Never returns. Ends with 0 when the supervisor hangs up.
[[noreturn]] void run_worker(WorkerSetup setup, SystemCallFilter& filter);

}  // namespace mapiguard
