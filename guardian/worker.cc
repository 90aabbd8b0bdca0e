#include "guardian/worker.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "guardian/limits.h"
#include "guardian/lockdown.h"
#include "guardian/task_io.h"
#include "guardian/testimony.h"
#include "guardian/wire.h"
#if MAPIGUARD_FAULTS
#include "guardian/plant.h"
#endif

namespace mapiguard {
namespace {

constexpr int kNotLockedDown = 97;  // exit code of a process that could not close a door: it has seen no message

// As the kernel ends it at RLIMIT_FSIZE, which is set once a worker and may be wider than this task's limit.
void end_at_output_limit() { std::raise(SIGXFSZ); }

bool has_grown() {
  rusage usage;
  return ::getrusage(RUSAGE_SELF, &usage) == 0 && static_cast<std::uint64_t>(usage.ru_maxrss) * 1024 > kWorkerRssMark;
}

Reply convert_one(const Assignment& task, const UniqueFd& input, const UniqueFd& output, ConvertFunction convert) {
  Reply reply;
  reply.sequence = task.sequence;
  begin_testimony();
  testify_phase("read");
  const MappedInput mapped(input.get(), task.input_bytes);
  if (!mapped.good()) {
    reply.answer = fail(ErrorCode::io, "the message could not be mapped into the worker: " + std::string(std::strerror(errno)));
    return reply;
  }
  testify_phase("convert");
  DescriptorSink sink(output.get(), task.output_limit, end_at_output_limit);
#if MAPIGUARD_FAULTS
  spring(task.plant, sink);
#endif
  reply.answer = convert(mapped.bytes(), task.options, sink);
  testify_phase("write");
  if (reply.answer && !sink.flush()) reply.answer = fail(ErrorCode::io, "the output could not be written: " + std::string(std::strerror(errno)));
  if (reply.answer) testify_message_id(reply.answer->message_id);
  reply.output_bytes = reply.answer ? sink.written() : 0;
  reply.retire = has_grown();
  return reply;
}

std::array<std::byte, kMaxTaskBytes> g_task;

void serve(int socket, ConvertFunction convert) {
  for (;;) {
    const Received received = receive_packet(socket, g_task, true, true);
    if (received.kind != Received::Kind::packet) return;  // the supervisor has hung up
    const auto task = parse_assignment(Bytes(g_task).first(received.size));
    if (!task || !received.fds[0] || !received.fds[1]) _exit(kNotLockedDown);
    std::string reply = serialize(convert_one(*task, received.fds[0], received.fds[1], convert));
#if MAPIGUARD_FAULTS
    reply = distort(std::move(reply));
#endif
    if (!send_packet(socket, as_bytes(reply)) || task->last) return;
  }
}

// From here on nothing but the socket, the page and what comes over the socket can be reached.
bool close_the_doors(WorkerSetup& setup, SystemCallFilter& filter) {
  void* page = ::mmap(nullptr, kTestimonyBytes, PROT_READ | PROT_WRITE, MAP_SHARED, setup.testimony.get(), 0);
  if (page == MAP_FAILED || ::dup3(setup.socket.get(), kWorkerFd, O_CLOEXEC) < 0 || ::close_range(kWorkerFd + 1, ~0u, 0) != 0) return false;
  setup.socket.release();
  setup.testimony.release();
  testify_on(static_cast<TestimonyPage*>(page));
  limit_worker(setup.cpu_seconds, setup.file_bytes);
  return ::prctl(PR_SET_NAME, "mapiguard-worker") == 0 && die_with_parent(setup.nursery) && filter.install();
}

}  // namespace

void run_worker(WorkerSetup setup, SystemCallFilter& filter) {
  if (!close_the_doors(setup, filter)) _exit(kNotLockedDown);
  serve(kWorkerFd, setup.convert);
  _exit(0);
}

}  // namespace mapiguard
