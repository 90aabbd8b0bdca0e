// Limits: every bound of the process side, named once. Those of the converter stand in mapiguard/options.h.
//
// Thread promise: constants.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mapiguard {

// -- descriptors --------------------------------------------------------------------------------------------------
inline constexpr int kControlFd = 3;           // nursery: its socket to the supervisor
inline constexpr int kWorkerFd = 3;            // worker: its socket to the supervisor (the control socket is gone then)
inline constexpr std::uint64_t kWorkerFiles = 16;  // RLIMIT_NOFILE: stdio, socket, input, output, and room for one more task

// -- wire ---------------------------------------------------------------------------------------------------------
inline constexpr std::size_t kMaxTaskBytes = 4096;
inline constexpr std::size_t kMaxArgument = 2048;         // of an errand
inline constexpr std::size_t kMaxReplyBytes = 128 << 10;  // defects beyond it are counted, not sent
inline constexpr std::size_t kMaxControlBytes = 64 << 10; // an external command's argument vector is the largest
inline constexpr std::size_t kMaxDefectText = 4096;       // of one `where` or `what`
inline constexpr std::size_t kMaxErrorText = 1024;
inline constexpr std::size_t kMaxMessageIdText = 998;     // a line of RFC 5322
inline constexpr std::size_t kStderrTail = 4096;          // of an external command: the last 4 KiB
inline constexpr std::size_t kMaxImceaDomain = 255;       // RFC 1035 2.3.4

// -- the desk of a worker: larger messages and outputs pass as descriptors -----------------------------------------
inline constexpr std::size_t kPlaceInputBytes = 256 << 10;
inline constexpr std::size_t kPlaceOutputBytes = 512 << 10;
inline constexpr std::uint32_t kNoPlace = ~0u;

// -- a worker's life ----------------------------------------------------------------------------------------------
inline constexpr std::size_t kTestimonyBytes = 4096;
inline constexpr std::uint64_t kWorkerStackBytes = 8ull << 20;
inline constexpr std::size_t kMessagesOfAWorker = 10'000;          // Isolation::worker: then a fresh one
inline constexpr std::uint64_t kWorkerRssMark = 256ull << 20;      // … or when it has grown beyond this
inline constexpr unsigned kWorkersForAMessage = 100;               // lost one after another before they had it
inline constexpr std::uint64_t kCommandProcesses = 1024;           // RLIMIT_NPROC of an external command
inline constexpr std::uint64_t kOutputInMemory = 320ull << 20;     // outputs limited to more go to an unlinked file:
                                                                   // 4 × 64 MiB + 64 MiB, the limit of a memfd snapshot
// -- time -----------------------------------------------------------------------------------------------------------
inline constexpr double kWatchdogSlackSeconds = 0.5;   // the CPU limit, counted in whole seconds, is named first
inline constexpr double kOversleptSeconds = 2.0;       // a clock this late means that we were stopped ourselves
inline constexpr double kKeeperPatienceSeconds = 5.0;  // to end a command and all that it started
inline constexpr double kDeathReportSeconds = 5.0;     // how long the nursery may take to report a death
inline constexpr double kWorkerPatienceSeconds = 20.0; // how long a fresh worker may take to come
inline constexpr unsigned kNurseryStartsInARow = 3;    // that may fail before callers are told
inline constexpr unsigned kIdleDeathsInARow = 8;       // of workers without a message: then another nursery
inline constexpr double kNurseryRestSeconds = 5.0;     // then between tries
inline constexpr unsigned kSparesASecond = 50;         // that are replaced where nobody waits for one

// -- judging ------------------------------------------------------------------------------------------------------
inline constexpr double kNearCpuLimit = 0.9;     // of the CPU seconds: what ended it at the wall limit was the CPU …
inline constexpr double kAlwaysBusy = 0.9;       // … and so it was when it did nothing but compute, or wait for the CPU
inline constexpr double kWorkedSeconds = 0.1;    // CPU that counts as working …
inline constexpr double kWorkedShare = 0.05;     // … or this share of a short timeout
inline constexpr double kNearMemoryLimit = 0.9;  // of the memory limit, for an external command's abort

}  // namespace mapiguard
