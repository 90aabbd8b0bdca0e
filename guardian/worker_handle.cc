#include "guardian/worker_handle.h"

#include <fcntl.h>
#include <poll.h>
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

// A worker that was taken over cannot answer a message before it has been given it.
std::uint64_t unpredictable() {
  static thread_local std::array<std::uint64_t, 32> stock;
  static thread_local std::size_t left = 0;
  if (left == 0) {
    if (::getrandom(stock.data(), sizeof stock, 0) != sizeof stock) return static_cast<std::uint64_t>(Clock::now().time_since_epoch().count());
    left = stock.size();
  }
  return stock[--left];
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
  std::uint32_t place = kNoPlace;
  UniqueFd output;  // of a task without a place
  std::condition_variable woken;   // its attempt is over, or it is to listen
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

WorkerHandle::WorkerHandle(std::uint64_t id, UniqueFd socket, std::unique_ptr<Desk> desk, const Plan& plan)
    : id_(id), socket_(std::move(socket)), desk_(std::move(desk)), plan_(plan) {
  for (unsigned place = desk_->places(); place > 0; --place) free_places_.push_back(place - 1);
}

void WorkerHandle::born(pid_t pid, UniqueFd pidfd) {
  pid_ = pid;
  pidfd_ = std::move(pidfd);
  clockid_t clock;
  if (pid > 0 && ::clock_getcpuclockid(pid, &clock) == 0) cpu_clock_ = clock;
}

double WorkerHandle::cpu_seconds_now() const {
  timespec time;
  if (!cpu_clock_ || ::clock_gettime(*cpu_clock_, &time) != 0) return 0;
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// At most so much too low as has passed since it was asked: a worker has one thread.
double WorkerHandle::recent_cpu_seconds() {
  constexpr std::chrono::milliseconds kRecent{10};
  const auto now = Clock::now();
  if (now - cpu_asked_ < kRecent) return cpu_then_;
  cpu_asked_ = now;
  return cpu_then_ = cpu_seconds_now();
}

// -- in ---------------------------------------------------------------------------------------------------------------

// One of the callers listens for all. The one whose attempt is over leaves, and wakes the next to take its turn.
Attempt WorkerHandle::run(const Task& task, const Manner& manner) {
  Ticket ticket(task);
  std::unique_lock lock(mutex_);
  if (auto refused = hand_over(ticket, manner)) {
    if (ticket.place != kNoPlace) free_places_.push_back(ticket.place);
    return std::move(*refused);
  }
  while (!ticket.attempt) {
    if (listening_) {
      ticket.woken.wait(lock);
      continue;
    }
    listening_ = true;
    Ticket& head = *unanswered_.front();
    lock.unlock();
    const Event event = listen(head);
    lock.lock();
    listening_ = false;
    handle(event);
  }
  if (!listening_ && !unanswered_.empty()) unanswered_.front()->woken.notify_one();
  return std::move(*ticket.attempt);
}

// Where the message and its output are to be: the descriptors to send, none when they have a place on the desk.
Result<std::vector<int>> WorkerHandle::lay_out(Ticket& ticket, bool on_desk) {
  const Task& task = ticket.task;
  const bool fits = task.message->size() <= kPlaceInputBytes && task.output_limit >= kPlaceOutputBytes;
  static_assert(kSmallSnapshot <= kPlaceInputBytes);
  if (on_desk && fits && task.message->is_small() && !free_places_.empty()) {
    ticket.place = free_places_.back();
    free_places_.pop_back();
    desk_->put(ticket.place, task.message->bytes());
    return std::vector<int>{};
  }
  const auto input = task.message->descriptor();
  if (!input) return std::unexpected(input.error());
  auto output = make_output(task.output_limit, plan_.state_dir);
  if (!output) return std::unexpected(output.error());
  ticket.output = std::move(*output);
  std::vector<int> fds{*input, ticket.output.get()};
  if (task.evidence >= 0) fds.push_back(task.evidence);
  return fds;
}

// The order in the socket must be that of the queue, so both are filled under the lock.
std::optional<Attempt> WorkerHandle::hand_over(Ticket& ticket, const Manner& manner) {
  const auto fds = lay_out(ticket, manner.on_desk);
  if (!fds) return not_given(fds.error(), false);
  ticket.sequence = unpredictable();
  Assignment assignment;
  assignment.sequence = ticket.sequence;
  assignment.input_bytes = ticket.task.message->size();
  assignment.output_limit = ticket.task.output_limit;
  assignment.place = ticket.place;
  assignment.last = manner.last;
  assignment.options = ticket.task.options;
  assignment.errand = ticket.task.errand;
  assignment.argument = ticket.task.argument;
  assignment.plant = manner.plant;
  const std::string packet = serialize(assignment);
  if (ticket.task.argument.size() > kMaxArgument) return not_given({ErrorCode::internal, "an errand's argument is too long", {}}, false);
  if (packet.size() > kMaxTaskBytes || ticket.task.options.imcea_domain.size() > kMaxImceaDomain)
    return not_given({ErrorCode::usage, "the domain for addresses without one (imcea_domain) is too long", {}}, false);
  // A worker that has answered already what it has not been given is not to be trusted with it.
  const bool spoke_unasked = used_ && unanswered_.empty() && !is_silent();
  if (spoke_unasked || !send_packet(socket_.get(), as_bytes(packet), *fds, false)) {
    spent_ = true;
    return not_given({ErrorCode::try_again, "the worker was lost before it was given the message", {}}, true);
  }
#if MAPIGUARD_FAULTS
  spring_in_supervisor(manner.plant);
#endif
  if (manner.last) spent_ = true;
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
  ticket.cpu_before = used_ ? recent_cpu_seconds() : 0;
  used_ = true;
}

// -- waiting ------------------------------------------------------------------------------------------------------------

// nullopt: it has not said anything.
std::optional<WorkerHandle::Event> WorkerHandle::received(std::span<std::byte> buffer) {
  const Received received = receive_packet(socket_.get(), buffer, false, false);
  switch (received.kind) {
    case Received::Kind::packet: return Event{Event::Kind::packet, Bytes(buffer).first(received.size)};
    case Received::Kind::too_long: return Event{Event::Kind::too_long, {}};
    case Received::Kind::nothing: return std::nullopt;
    case Received::Kind::end: break;
  }
  return Event{Event::Kind::died, {}};
}

WorkerHandle::Event WorkerHandle::listen(const Ticket& head) {
  static thread_local std::vector<std::byte> buffer(kMaxReplyBytes);
  for (;;) {
    // A worker with several messages has often answered by now. A reply that was sent before the death still counts.
    if (auto event = received(buffer)) return *event;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(head.next_check() - Clock::now()).count();
    if (left <= 0) return {Event::Kind::deadline, {}};
    pollfd watched[] = {{socket_.get(), POLLIN, 0}, {pidfd_.get(), POLLIN, 0}, {plan_.stop_event, POLLIN, 0}};
    const int ready = ::poll(watched, std::size(watched), static_cast<int>(std::min<std::int64_t>(left, 60'000)));
    if (ready < 0 && errno != EINTR) return {Event::Kind::stop, {}};
    if (ready <= 0) continue;
    if (watched[1].revents) return received(buffer).value_or(Event{Event::Kind::died, {}});
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

// Copied from the desk, or sealed: the worker cannot change it any more. Errors: what the reply lies about.
Result<Output> WorkerHandle::output_of(Ticket& head, const Reply& reply) {
  constexpr char kOtherLength[] = "the reply claims another length than its output has";
  if (head.place != kNoPlace) {
    auto bytes = desk_->take(head.place, reply.output_bytes);
    if (!bytes) return fail(ErrorCode::internal, kOtherLength);
    return Output(std::move(*bytes));
  }
  const auto size = size_of(head.output.get());
  if (!size || reply.output_bytes != *size || *size > head.task.output_limit) return fail(ErrorCode::internal, kOtherLength);
  if (!make_final(head.output.get())) return fail(ErrorCode::internal, "the output is still mapped writable after the reply");
  return Output(std::move(head.output), *size);
}

void WorkerHandle::accept(Ticket& head, Reply reply) {
  if (!reply.answer && reply.answer.error().code == ErrorCode::io) return fail_head(std::move(reply.answer.error()));
  Attempt attempt;
  attempt.no_room = reply.no_room;
  if (reply.no_room && head.place == kNoPlace) return reject("the reply speaks of a desk that the message is not on");
  if (reply.answer && !reply.no_room) {
    auto output = output_of(head, reply);
    if (!output) return reject(std::move(output.error().message));
    attempt.output = std::move(*output);
  }
  if (reply.retire) spent_ = true;
  if (!reply.no_room) attempt.reply = std::move(reply.answer);
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
  const std::uint64_t size = size_of(head.output.get()).value_or(0);
  Ending ending = ending_of_command(head, reply);
  if (size == 0) {
    ending.bad_reply = true;
    ending.detail = "the command ended with exit code 0 but wrote nothing";
  } else if (!make_final(head.output.get())) {
    ending.bad_reply = true;
    ending.detail = "the output is still mapped writable after the command's end";
  }
  if (ending.bad_reply || ending.output_full) {
    attempt.ending = std::move(ending);
  } else {
    attempt.reply = Report{};
    attempt.output = Output(std::move(head.output), size);
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
  ending.output_full = size_of(head.output.get()).value_or(0) >= head.task.output_limit;
  return ending;
}

void WorkerHandle::finish_head(Attempt attempt) {
  Ticket& head = *unanswered_.front();
  unanswered_.pop_front();
  over(head, std::move(attempt));
  if (!unanswered_.empty()) become_head(*unanswered_.front());
}

// Its caller leaves as soon as we let go of the lock, and the ticket with it.
void WorkerHandle::over(Ticket& ticket, Attempt attempt) {
  if (ticket.place != kNoPlace) free_places_.push_back(ticket.place);
  ticket.attempt = std::move(attempt);
  ticket.woken.notify_one();
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
  ending.output_full = size_of(ticket.output.get()).value_or(0) >= ticket.task.output_limit;
  ending.bad_reply = !bad_reply_.empty();
  ending.detail = !death.known ? "the nursery was lost with it" : bad_reply_;
  ending.testimony = read_testimony(desk_->said());
  return ending;
}

// All that were unanswered are suspects; with more than one, none is charged before it has run alone.
void WorkerHandle::on_death() {
  spent_ = true;
  plan_.dying();
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
    over(*ticket, std::move(attempt));
  }
  unanswered_.clear();
}

void WorkerHandle::abandon(const Error& error) {
  spent_ = true;
  plan_.kill(*this);
  for (Ticket* ticket : unanswered_) {
    Attempt attempt;
    attempt.failure = error;
    over(*ticket, std::move(attempt));
  }
  unanswered_.clear();
}

}  // namespace mapiguard
