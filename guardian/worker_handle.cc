#include "guardian/worker_handle.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <ctime>
#include <vector>

#include "base/text.h"
#include "guardian/lanes.h"
#include "guardian/limits.h"
#include "guardian/nursery_link.h"
#include "guardian/process.h"
#if MAPIGUARD_FAULTS
#include "guardian/plant.h"
#endif

namespace mapiguard {
namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

Clock::time_point after(Clock::time_point start, double seconds) {
  return start + std::chrono::duration_cast<Clock::duration>(Seconds(seconds));
}

std::optional<std::uint64_t> size_of(int fd) {
  struct stat status;
  if (::fstat(fd, &status) != 0) return std::nullopt;
  return static_cast<std::uint64_t>(status.st_size);
}

enum class Sealing : std::uint8_t { sealed, still_mapped, no_seals };

// Sealed, the output cannot change any more. That fails while somebody has it mapped writable, and for files.
Sealing seal(int output) {
  if (::fcntl(output, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == 0) return Sealing::sealed;
  return errno == EBUSY ? Sealing::still_mapped : Sealing::no_seals;
}

}  // namespace

std::unique_ptr<Page> Page::make() {
  UniqueFd fd(::memfd_create("mapiguard-testimony", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd || ::ftruncate(fd.get(), kTestimonyBytes) != 0) return nullptr;
  ::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL);
  void* memory = ::mmap(nullptr, kTestimonyBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (memory == MAP_FAILED) return nullptr;
  return std::unique_ptr<Page>(new Page(std::move(fd), static_cast<TestimonyPage*>(memory)));
}

Page::~Page() { ::munmap(page_, kTestimonyBytes); }
void Page::wipe() { std::memset(static_cast<void*>(page_), 0, kTestimonyBytes); }

namespace {

// A worker that was taken over cannot answer a message before it has been given it.
std::uint64_t unpredictable() {
  std::uint64_t number = 0;
  if (::getrandom(&number, sizeof number, 0) != sizeof number) number = static_cast<std::uint64_t>(Clock::now().time_since_epoch().count());
  return number;
}

Attempt not_given(Error error, bool another_may_do) {
  Attempt attempt;
  attempt.failure = std::move(error);
  attempt.not_given = another_may_do;
  return attempt;
}

}  // namespace

// One task in the worker.
struct WorkerHandle::Ticket {
  explicit Ticket(const Task& given) : task(given) {}
  const Task& task;
  std::uint64_t sequence = 0;
  std::optional<Attempt> attempt;  // set when it is over
  // Of the one that the worker is at:
  Clock::time_point began{};
  Clock::time_point deadline{};
  double cpu_before = 0;
  bool overslept = false;
  bool told_to_end = false;  // its keeper
  std::optional<Clock::time_point> sampled{};  // half-way: how much it had run until then
  double runnable_then = 0;
  Clock::time_point next_check() const { return sampled ? deadline : began + (deadline - began) / 2; }
};

struct WorkerHandle::Event {
  enum class Kind : std::uint8_t { packet, too_long, died, deadline, stop } kind;
  Bytes packet;
};

double WorkerHandle::cpu_seconds_now() const {
  clockid_t clock;
  timespec time;
  if (pid_ <= 0 || ::clock_getcpuclockid(pid_, &clock) != 0 || ::clock_gettime(clock, &time) != 0) return 0;
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// -- in ---------------------------------------------------------------------------------------------------------------

Attempt WorkerHandle::run(const Task& task, bool last, const std::string& plant) {
  Ticket ticket(task);
  std::unique_lock lock(mutex_);
  if (auto refused = hand_over(ticket, last, plant)) return std::move(*refused);
  while (!ticket.attempt) {
    if (listening_) {
      changed_.wait(lock);
      continue;
    }
    listening_ = true;
    Ticket& head = *unanswered_.front();
    lock.unlock();
    const Event event = listen(head);
    lock.lock();
    listening_ = false;
    handle(event);
    changed_.notify_all();
  }
  return std::move(*ticket.attempt);
}

// The order in the socket must be that of the queue, so both are filled under the lock.
std::optional<Attempt> WorkerHandle::hand_over(Ticket& ticket, bool last, const std::string& plant) {
  ticket.sequence = unpredictable();
  Assignment assignment;
  assignment.sequence = ticket.sequence;
  assignment.input_bytes = ticket.task.input_bytes;
  assignment.output_limit = ticket.task.output_limit;
  assignment.last = last;
  assignment.options = ticket.task.options;
  assignment.plant = plant;
  const std::string packet = serialize(assignment);
  const int fds[] = {ticket.task.input, ticket.task.output};
  if (packet.size() > kMaxTaskBytes || ticket.task.options.imcea_domain.size() > kMaxImceaDomain)
    return not_given({ErrorCode::usage, "the domain for addresses without one (imcea_domain) is too long", {}}, false);
  // A worker that has answered already what it has not been given is not to be trusted with it.
  const bool spoke_unasked = used_ && unanswered_.empty() && !is_silent();
  if (spoke_unasked || !send_packet(socket_.get(), as_bytes(packet), fds, false)) {
    spent_ = true;
    return not_given({ErrorCode::try_again, "the worker was lost before it was given the message", {}}, true);
  }
#if MAPIGUARD_FAULTS
  spring_in_supervisor(plant);
#endif
  if (last) spent_ = true;
  unanswered_.push_back(&ticket);
  if (unanswered_.size() == 1) become_head(ticket);
  return std::nullopt;
}

bool WorkerHandle::is_silent() const {
  std::byte word;
  return receive_packet(socket_.get(), {&word, 1}, false, false).kind == Received::Kind::nothing;
}

void WorkerHandle::become_head(Ticket& ticket) {
  ticket.began = Clock::now();
  ticket.deadline = after(ticket.began, plan_.timeout_seconds + kWatchdogSlackSeconds);
  ticket.cpu_before = used_ ? cpu_seconds_now() : 0;
  used_ = true;
}

// -- waiting ------------------------------------------------------------------------------------------------------------

WorkerHandle::Event WorkerHandle::received(std::span<std::byte> buffer) {
  const Received received = receive_packet(socket_.get(), buffer, false, false);
  switch (received.kind) {
    case Received::Kind::packet: return {Event::Kind::packet, Bytes(buffer).first(received.size)};
    case Received::Kind::too_long: return {Event::Kind::too_long, {}};
    case Received::Kind::nothing:
    case Received::Kind::end: break;
  }
  return {Event::Kind::died, {}};
}

WorkerHandle::Event WorkerHandle::listen(const Ticket& head) {
  static thread_local std::vector<std::byte> buffer(kMaxReplyBytes);
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(head.next_check() - Clock::now()).count();
    if (left <= 0) return {Event::Kind::deadline, {}};
    pollfd watched[] = {{socket_.get(), POLLIN, 0}, {pidfd_.get(), POLLIN, 0}, {plan_.stop_event, POLLIN, 0}};
    const int ready = ::poll(watched, std::size(watched), static_cast<int>(std::min<std::int64_t>(left, 60'000)));
    if (ready < 0 && errno != EINTR) return {Event::Kind::stop, {}};
    if (ready <= 0) continue;
    // A reply that was sent before the death still counts.
    if (watched[0].revents || watched[1].revents) return received(buffer);
    if (watched[2].revents) return {Event::Kind::stop, {}};
  }
}

// -- what happened --------------------------------------------------------------------------------------------------------

void WorkerHandle::handle(Event event) {
  switch (event.kind) {
    case Event::Kind::packet: on_packet(event.packet); break;
    case Event::Kind::too_long: reject("the reply is too long"); break;
    case Event::Kind::died: on_death(); break;
    case Event::Kind::stop: abandon(stopping_error()); break;
    case Event::Kind::deadline:
      if (on_deadline(*unanswered_.front())) {
        spent_ = true;
        plan_.kill(*this);
        on_death();
      }
  }
}

// Of the worker, or of what its init runs for a keeper.
double WorkerHandle::runnable_seconds_now() const {
  if (!plan_.external) return runnable_seconds(pid_);
  double sum = 0;
  for (const pid_t init : children_of(pid_))
    for (const pid_t command : children_of(init)) sum += runnable_seconds(command);
  return sum;
}

// Whether the head's time is over.
bool WorkerHandle::on_deadline(Ticket& head) {
  const auto now = Clock::now();
  if (!head.sampled) {
    head.sampled = now;
    head.runnable_then = runnable_seconds_now();
    return false;
  }
  const double late = Seconds(now - head.deadline).count();
  if (late > kOversleptSeconds && !head.overslept) {  // we did not run ourselves: the worker gets its time again
    head.overslept = true;
    head.deadline = after(now, plan_.timeout_seconds + kWatchdogSlackSeconds);
    return false;
  }
  if (!timed_out_) busy_share_ = (runnable_seconds_now() - head.runnable_then) / std::max(1e-3, Seconds(now - *head.sampled).count());
  timed_out_ = true;
  if (plan_.external && !head.told_to_end) {  // the keeper ends the command and reports
    head.told_to_end = true;
    head.deadline = after(now, kKeeperPatienceSeconds);
    ::shutdown(socket_.get(), SHUT_WR);
    return false;
  }
  stopped_ = is_stopped(state_of(pid_));
  return true;
}

void WorkerHandle::on_packet(Bytes packet) {
  if (unanswered_.empty()) return reject("it speaks without being asked");
  if (plan_.external)
    on_command_reply(*unanswered_.front(), packet);
  else
    on_reply(*unanswered_.front(), packet);
}

void WorkerHandle::on_reply(Ticket& head, Bytes packet) {
  auto reply = parse_reply(packet);
  if (!reply) return reject("the reply is malformed: " + reply.error());
  if (reply->sequence != head.sequence) return reject("the reply is to another message");
  accept(head, std::move(*reply));
}

// Whether the output can be relied on not to change any more.
bool WorkerHandle::make_final(int output) {
  switch (seal(output)) {
    case Sealing::sealed: return true;
    case Sealing::still_mapped: return false;
    case Sealing::no_seals: break;
  }
  // A file: nobody who could still write it may live on.
  spent_ = true;
  plan_.kill(*this);
  return await_end(pidfd_.get(), kDeathReportSeconds);
}

void WorkerHandle::accept(Ticket& head, Reply reply) {
  if (!reply.answer && reply.answer.error().code == ErrorCode::io) return fail_head(std::move(reply.answer.error()));
  if (reply.answer) {
    const auto size = size_of(head.task.output);
    if (!size || reply.output_bytes != *size || *size > head.task.output_limit)
      return reject("the reply claims another length than its output has");
    if (!make_final(head.task.output)) return reject("the output is still mapped writable after the reply");
  }
  if (reply.retire) spent_ = true;
  Attempt attempt;
  attempt.output_bytes = reply.output_bytes;
  attempt.reply = std::move(reply.answer);
  attempt.alone = head.task.alone;
  finish_head(std::move(attempt));
}

// -- an external command ----------------------------------------------------------------------------------------------------

void WorkerHandle::on_command_reply(Ticket& head, Bytes packet) {
  const auto reply = parse_command_reply(packet);
  if (!reply || reply->sequence != head.sequence)
    return fail_head({ErrorCode::internal, "the keeper of the command does not answer as it must", {}});
  if (!reply->trouble.empty()) return fail_head({ErrorCode::internal, reply->trouble, {}});
  if (reply->exec_error != 0)
    return fail_head({ErrorCode::cannot_open,
                      "the command " + displayable(plan_.external->argv.front()) + " cannot be started: " + std::strerror(reply->exec_error),
                      "it runs as the calling user; for root as the user nobody, who must be able to reach it"});
  const int status = reply->wait_status;
  const auto& rejects = plan_.external->reject_exits;
  Attempt attempt;
  if (!timed_out_ && WIFEXITED(status) && WEXITSTATUS(status) == 0) return accept_output(head, *reply);
  if (!timed_out_ && WIFEXITED(status) && std::ranges::find(rejects, WEXITSTATUS(status)) != rejects.end())
    attempt.reply = fail(ErrorCode::not_a_message, "the command found the message damaged (exit code " + std::to_string(WEXITSTATUS(status)) + ")");
  else
    attempt.ending = ending_of_command(head, *reply);
  attempt.alone = head.task.alone;
  attempt.stderr_tail = reply->stderr_tail;
  finish_head(std::move(attempt));
}

void WorkerHandle::accept_output(Ticket& head, const CommandReply& reply) {
  Attempt attempt;
  const std::uint64_t size = size_of(head.task.output).value_or(0);
  Ending ending = ending_of_command(head, reply);
  if (size == 0) {
    ending.bad_reply = true;
    ending.detail = "the command ended with exit code 0 but wrote nothing";
  } else if (!make_final(head.task.output)) {
    ending.bad_reply = true;
    ending.detail = "the output is still mapped writable after the command's end";
  }
  if (ending.bad_reply || ending.output_full) {
    attempt.ending = std::move(ending);
  } else {
    attempt.reply = Report{};
    attempt.output_bytes = size;
  }
  attempt.alone = head.task.alone;
  attempt.stderr_tail = reply.stderr_tail;
  finish_head(std::move(attempt));
}

Ending WorkerHandle::ending_of_command(const Ticket& head, const CommandReply& reply) const {
  Ending ending;
  ending.external = true;
  ending.exited = WIFEXITED(reply.wait_status);
  ending.status = ending.exited ? WEXITSTATUS(reply.wait_status) : WTERMSIG(reply.wait_status);
  ending.timed_out = timed_out_;
  ending.busy_share = busy_share_;
  ending.stopped = timed_out_ && reply.stopped;
  ending.cpu_seconds = static_cast<double>(reply.cpu_microseconds) * 1e-6;
  ending.peak_rss = reply.peak_rss;
  ending.output_full = size_of(head.task.output).value_or(0) >= head.task.output_limit;
  return ending;
}

void WorkerHandle::finish_head(Attempt attempt) {
  unanswered_.front()->attempt = std::move(attempt);
  unanswered_.pop_front();
  if (!unanswered_.empty()) become_head(*unanswered_.front());
}

void WorkerHandle::fail_head(Error error) {
  Attempt attempt;
  attempt.failure = std::move(error);
  finish_head(std::move(attempt));
}

void WorkerHandle::reject(std::string why) {
  bad_reply_ = std::move(why);
  spent_ = true;
  plan_.kill(*this);
  on_death();
}

Ending WorkerHandle::ending_of(const Ticket& ticket, const WorkerEnd& death) const {
  Ending ending;
  ending.exited = death.exited;
  ending.status = death.known ? death.status : SIGKILL;
  ending.timed_out = timed_out_;
  ending.busy_share = busy_share_;
  ending.stopped = stopped_;
  ending.cpu_seconds = std::max(0.0, death.cpu_seconds - ticket.cpu_before);
  ending.peak_rss = death.peak_rss;
  ending.output_full = size_of(ticket.task.output).value_or(0) >= ticket.task.output_limit;
  ending.bad_reply = !bad_reply_.empty();
  ending.detail = !death.known ? "the nursery was lost with it" : bad_reply_;
  ending.testimony = read_testimony(page_->said());
  return ending;
}

// All that were unanswered are suspects; with more than one, none is charged before it has run alone.
void WorkerHandle::on_death() {
  spent_ = true;
  constexpr double kDyingSeconds = 1.0;  // between its socket's end and its own
  if (!await_end(pidfd_.get(), kDyingSeconds)) {
    bad_reply_ = "it hung up without a reply";
    plan_.kill(*this);
  }
  const WorkerEnd death = plan_.await_death(*this).value_or(WorkerEnd{});
  if (plan_.external && death.exited)  // a keeper gives up in silence only when it could not even begin
    return abandon({ErrorCode::internal, "the keeper of the command failed", {}});
  const bool company = unanswered_.size() > 1;
  for (Ticket* ticket : unanswered_) {
    Attempt attempt;
    attempt.ending = ending_of(*ticket, death);
    attempt.alone = ticket->task.alone;
    attempt.company = company;
    ticket->attempt = std::move(attempt);
  }
  unanswered_.clear();
}

void WorkerHandle::abandon(const Error& error) {
  spent_ = true;
  plan_.kill(*this);
  for (Ticket* ticket : unanswered_) {
    Attempt attempt;
    attempt.failure = error;
    ticket->attempt = std::move(attempt);
  }
  unanswered_.clear();
}

}  // namespace mapiguard
