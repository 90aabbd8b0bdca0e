// Worker: the process that looks at messages. Forked by the nursery, it closes the last doors, then waits for tasks.
//
// Thread promise: of the single-threaded forked process.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "guardian/descriptor.h"
#include "guardian/sandbox.h"
#include <mapiguard/convert.h>

namespace mapiguard {

// What a worker does with a message: mapiguard::convert, or an attempt to break out (tests).
using ConvertFunction = Result<Report> (*)(std::span<const std::byte> input, const ConvertOptions& options, OutputSink& out);

struct WorkerSetup {
  UniqueFd socket;         // to the supervisor
  UniqueFd inbox, outbox;  // its desk
  std::uint32_t cpu_seconds = 0;
  std::uint64_t file_bytes = 0;
  pid_t nursery = 0;
  ConvertFunction convert = nullptr;
};

// Never returns. Ends with 0 when the supervisor hangs up.
[[noreturn]] void run_worker(WorkerSetup setup, SystemCallFilter& filter);

}  // namespace mapiguard
