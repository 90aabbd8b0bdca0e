#include "guardian/keeper.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>
#include <string>

#include "guardian/limits.h"
#include "guardian/lockdown.h"
#include "guardian/process.h"
#include "guardian/wire.h"

namespace mapiguard {
namespace {

constexpr int kScratchFd = kWorkerFd + 1;

std::array<std::byte, kMaxControlBytes> g_packet;

// Set by SIGTERM, which the kernel sends when the nursery dies.
volatile std::sig_atomic_t g_told_to_end = 0;
void note_end(int) { g_told_to_end = 1; }

// The command's init, in a pid namespace of its own where that can be had.
struct Enclosure {
  UniqueFd socket;
  pid_t init = 0;
  NurseryNews news;
};

Result<Enclosure> build_enclosure(const CommandPlan& plan) {
  auto pair = make_socket_pair();
  if (!pair) return fail(ErrorCode::internal, "no descriptors for a command");
  const bool has_pids = ::unshare(CLONE_NEWPID) == 0;
  const int why_not = errno;
  const pid_t self = ::getpid();
  Enclosure enclosure;
  enclosure.init = ::_Fork();
  if (enclosure.init == 0) run_command_init(std::move(pair->theirs), self, plan);
  if (enclosure.init < 0) return fail(ErrorCode::internal, std::string("a command cannot be forked: ") + std::strerror(errno));
  pair->theirs.reset();
  enclosure.socket = std::move(pair->ours);
  const Received received = receive_packet(enclosure.socket.get(), g_packet, false, true);
  auto news = received.kind == Received::Kind::packet ? parse_news(Bytes(g_packet).first(received.size)) : Parsed<NurseryNews>(NurseryNews{});
  if (received.kind != Received::Kind::packet || !news) return fail(ErrorCode::internal, "a command's namespaces cannot be set up");
  enclosure.news = std::move(*news);
  enclosure.news.layers.push_back({"pid namespace", has_pids, has_pids ? std::string() : std::string("unshare: ") + std::strerror(why_not)});
  return enclosure;
}

// -- ending what the command started -------------------------------------------------------------------------------------

// Whether the command stands still because somebody stopped it.
bool is_command_stopped(pid_t init) {
  const std::vector<pid_t> started = children_of(init);
  return std::ranges::any_of(started, [](pid_t child) { return is_stopped(state_of(child)); });
}

// -- one run ---------------------------------------------------------------------------------------------------------------

class StderrTail {
 public:
  bool open() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return false;
    reading_ = UniqueFd(ends[0]);
    writing_ = UniqueFd(ends[1]);
    ::fcntl(reading_.get(), F_SETFL, O_NONBLOCK);
    return true;
  }
  int reading() const { return reading_.get(); }
  UniqueFd take_writing() { return std::move(writing_); }

  // What is there now; false at its end.
  bool read() {
    char piece[4096];
    for (;;) {
      const ssize_t got = ::read(reading_.get(), piece, sizeof piece);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return true;
      if (got == 0) return false;
      kept_.append(piece, static_cast<std::size_t>(got));
      if (kept_.size() > kStderrTail) kept_.erase(0, kept_.size() - kStderrTail);
    }
  }
  const std::string& kept() const { return kept_; }

 private:
  UniqueFd reading_, writing_;
  std::string kept_;
};

class Keeper {
 public:
  explicit Keeper(Enclosure enclosure) : enclosure_(std::move(enclosure)) {}

  // Awaits the task, runs the command, ends everything it started.
  std::optional<CommandReply> serve();

 private:
  bool start(Received& received, std::uint64_t output_limit);
  std::optional<CommandEnd> attend();
  CommandEnd call_off();

  Enclosure enclosure_;
  StderrTail errors_;
};

bool Keeper::start(Received& received, std::uint64_t output_limit) {
  if (!errors_.open()) return false;
  const UniqueFd writing = errors_.take_writing();
  const CommandStart start{output_limit};
  const int evidence = received.fds[2].get();
  const int fds[] = {received.fds[0].get(), received.fds[1].get(), writing.get(), evidence};
  const bool sent = send_packet(enclosure_.socket.get(), std::as_bytes(std::span(&start, 1)), std::span(fds).first(evidence >= 0 ? 4 : 3));
  for (UniqueFd& fd : received.fds) fd.reset();
  return sent;
}

// Until the command has ended, or the supervisor hangs up (its time is over) or is gone.
std::optional<CommandEnd> Keeper::attend() {
  bool listens = true;
  while (!g_told_to_end) {
    pollfd watched[] = {{enclosure_.socket.get(), POLLIN, 0}, {kWorkerFd, POLLIN, 0}, {listens ? errors_.reading() : -1, POLLIN, 0}};
    if (::poll(watched, std::size(watched), -1) < 0) {
      if (errno == EINTR) continue;
      return std::nullopt;
    }
    if (watched[2].revents) listens = errors_.read();
    if (watched[0].revents) {
      CommandEnd end;
      const Received received = receive_packet(enclosure_.socket.get(), std::as_writable_bytes(std::span(&end, 1)), false, true);
      if (received.kind != Received::Kind::packet || received.size != sizeof end) return std::nullopt;
      return end;
    }
    if (watched[1].revents) return std::nullopt;
  }
  return std::nullopt;
}

// The init ends everything and says how the command itself ended; should it not, the command counts as killed.
CommandEnd Keeper::call_off() {
  ::shutdown(enclosure_.socket.get(), SHUT_WR);
  constexpr int kPatienceMilliseconds = 3000;
  pollfd watched{enclosure_.socket.get(), POLLIN, 0};
  CommandEnd end{.exec_error = 0, .wait_status = SIGKILL};
  if (::poll(&watched, 1, kPatienceMilliseconds) != 1) return end;
  CommandEnd told;
  const Received received = receive_packet(enclosure_.socket.get(), std::as_writable_bytes(std::span(&told, 1)), false, false);
  return received.kind == Received::Kind::packet && received.size == sizeof told ? told : end;
}

std::optional<CommandReply> Keeper::serve() {
  Received received = receive_packet(kWorkerFd, g_packet, true, true);
  std::optional<CommandReply> reply;
  if (received.kind == Received::Kind::packet) {
    const auto task = parse_assignment(Bytes(g_packet).first(received.size));
    reply.emplace();
    reply->sequence = task ? task->sequence : 0;
    if (!task || !received.fds[0] || !received.fds[1] || !start(received, task->output_limit)) {
      reply->trouble = "the command could not be handed its message";
    } else {
      auto end = attend();
      if (!end) {
        reply->stopped = is_command_stopped(enclosure_.init);
        end = call_off();
      }
      reply->exec_error = end->exec_error;
      reply->wait_status = end->wait_status;
    }
  }
  end_children();
  if (!reply) return reply;
  if (errors_.reading() >= 0) errors_.read();
  reply->stderr_tail = errors_.kept();
  rusage usage{};
  ::getrusage(RUSAGE_CHILDREN, &usage);
  const auto microseconds = [](const timeval& time) { return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(time.tv_usec); };
  reply->cpu_microseconds = microseconds(usage.ru_utime) + microseconds(usage.ru_stime);
  reply->peak_rss = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
  return reply;
}

bool settle_in(UniqueFd& socket, pid_t nursery, Scratch& scratch) {
  struct sigaction action {};
  action.sa_handler = note_end;
  ::sigaction(SIGTERM, &action, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  // SIGTERM, so that it can still end the command and empty the folder.
  if (::prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || ::getppid() != nursery) return false;
  ::prctl(PR_SET_NAME, "mapiguard-keep");
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  if (!scratch.hold_at_least(kScratchFd) || ::dup3(socket.get(), kWorkerFd, O_CLOEXEC) < 0) return false;
  socket.release();
  const auto kept = static_cast<unsigned>(scratch.fd());
  return (kept == kScratchFd || ::close_range(kScratchFd, kept - 1, 0) == 0) && ::close_range(kept + 1, ~0u, 0) == 0;
}

}  // namespace

void run_keeper(UniqueFd socket, pid_t nursery, Scratch& scratch, const CommandPlan& plan) {
  if (!settle_in(socket, nursery, scratch)) _exit(1);
  auto enclosure = build_enclosure(plan);
  std::optional<CommandReply> reply;
  if (enclosure) {
    reply = Keeper(std::move(*enclosure)).serve();
  } else if (receive_packet(kWorkerFd, g_packet, true, true).kind == Received::Kind::packet) {
    reply.emplace();
    reply->trouble = enclosure.error().message;
  }
  scratch.remove();
  if (reply) send_packet(kWorkerFd, as_bytes(serialize(*reply)));
  _exit(0);
}

Result<std::vector<SandboxLayer>> probe_enclosure(const CommandPlan& plan) {
  auto pair = make_socket_pair();
  if (!pair) return fail(ErrorCode::internal, "no descriptors for a probe");
  const pid_t probe = ::_Fork();
  if (probe == 0) {
    NurseryNews news;
    auto enclosure = build_enclosure(plan);
    if (enclosure)
      news = std::move(enclosure->news);
    else
      news.text = enclosure.error().message;
    send_packet(pair->theirs.get(), as_bytes(serialize(news)));
    if (enclosure) end_children();
    _exit(0);
  }
  pair->theirs.reset();
  const Received received = receive_packet(pair->ours.get(), g_packet, false, true);
  if (probe > 0) ::waitpid(probe, nullptr, 0);
  if (received.kind != Received::Kind::packet) return fail(ErrorCode::internal, "a command's sandbox could not be tried out");
  auto news = parse_news(Bytes(g_packet).first(received.size));
  if (!news) return fail(ErrorCode::internal, "a command's sandbox could not be tried out");
  if (news->layers.empty()) return fail(ErrorCode::internal, news->text);
  return std::move(news->layers);
}

}  // namespace mapiguard
