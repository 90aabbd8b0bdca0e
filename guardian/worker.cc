#include "guardian/worker.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "guardian/desk.h"
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

Error cannot_be_written() { return {ErrorCode::io, "the output could not be written: " + std::string(std::strerror(errno)), {}}; }

Result<Report> run_errand(const Assignment& task, Bytes message, std::span<const Errand> errands, OutputSink& sink) {
  const auto errand = std::ranges::find(errands, task.errand, &Errand::name);
  if (errand == errands.end()) return fail(ErrorCode::io, "this worker knows no errand '" + task.errand + "'");
  testify_phase(errand->name);
  if (auto done = errand->run(message, task.argument, sink); !done) return std::unexpected(done.error());
  return Report{};
}

Result<Report> work_on(const Assignment& task, Bytes message, const Skills& skills, OutputSink& sink) {
  if (!task.errand.empty()) return run_errand(task, message, skills.errands, sink);
  testify_phase("convert");
#if MAPIGUARD_FAULTS
  spring(task.plant, sink);
#endif
  auto answer = skills.convert(message, task.options, sink);
  testify_phase("write");
  return answer;
}

void convert_on_desk(const Assignment& task, const WorkerDesk& desk, const Skills& skills, Reply& reply) {
  DeskSink sink(desk, task.place);
  reply.answer = work_on(task, desk.message(task.place, task.input_bytes), skills, sink);
  sink.finish();
  reply.no_room = sink.full();
  reply.output_bytes = sink.written();
}

void convert_descriptors(const Assignment& task, const Received& received, const Skills& skills, Reply& reply) {
  const MappedInput mapped(received.fds[0].get(), task.input_bytes);
  if (!mapped.good()) {
    reply.answer = fail(ErrorCode::io, "the message could not be mapped into the worker: " + std::string(std::strerror(errno)));
    return;
  }
  DescriptorSink sink(received.fds[1].get(), task.output_limit, end_at_output_limit);
  sink.consumes(mapped);
  reply.answer = work_on(task, mapped.bytes(), skills, sink);
  if (reply.answer && !sink.flush()) reply.answer = std::unexpected(cannot_be_written());
  reply.output_bytes = sink.written();
}

Reply convert_one(const Assignment& task, const Received& received, const WorkerDesk& desk, const Skills& skills) {
  Reply reply;
  reply.sequence = task.sequence;
  begin_testimony();
  testify_phase("read");
  if (task.place != kNoPlace)
    convert_on_desk(task, desk, skills, reply);
  else
    convert_descriptors(task, received, skills, reply);
  if (reply.no_room) reply.answer = Report{};
  if (reply.answer)
    testify_message_id(reply.answer->message_id);
  else
    reply.output_bytes = 0;
  reply.retire = has_grown();
  return reply;
}

std::array<std::byte, kMaxTaskBytes> g_task;

bool is_whole(const Assignment& task, const Received& received, const WorkerDesk& desk) {
  if (task.place == kNoPlace) return received.fds[0] && received.fds[1];
  return task.place < desk.places() && task.input_bytes <= kPlaceInputBytes;
}

void serve(int socket, const WorkerDesk& desk, const Skills& skills) {
  for (;;) {
    const Received received = receive_packet(socket, g_task, true, true);
    if (received.kind != Received::Kind::packet) return;  // the supervisor has hung up
    const auto task = parse_assignment(Bytes(g_task).first(received.size));
    if (!task || !is_whole(*task, received, desk)) _exit(kNotLockedDown);
    std::string reply = serialize(convert_one(*task, received, desk, skills));
#if MAPIGUARD_FAULTS
    reply = distort(std::move(reply));
#endif
    if (!send_packet(socket, as_bytes(reply)) || task->last) return;
  }
}

// From here on nothing but the socket, the desk and what comes over the socket can be reached.
bool close_the_doors(WorkerSetup& setup, const WorkerDesk& desk, SystemCallFilter& filter) {
  if (!desk || ::dup3(setup.socket.get(), kWorkerFd, O_CLOEXEC) < 0 || ::close_range(kWorkerFd + 1, ~0u, 0) != 0) return false;
  setup.socket.release();
  setup.inbox.release();
  setup.outbox.release();
  testify_on(desk.testimony());
  limit_worker(setup.cpu_seconds, setup.file_bytes);
  return ::prctl(PR_SET_NAME, "mapiguard-worker") == 0 && die_with_parent(setup.nursery) && filter.install();
}

}  // namespace

void run_worker(WorkerSetup setup, SystemCallFilter& filter) {
  const WorkerDesk desk(setup.inbox.get(), setup.outbox.get());
  if (!close_the_doors(setup, desk, filter)) _exit(kNotLockedDown);
  serve(kWorkerFd, desk, *setup.skills);
  _exit(0);
}

}  // namespace mapiguard
