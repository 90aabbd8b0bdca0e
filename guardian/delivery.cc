#include "guardian/delivery.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>

#include "base/text.h"
#include "base/try.h"
#include "persist/settings_table.h"

namespace mapiguard {
namespace {

constexpr int kPauseMilliseconds = 20;
constexpr std::size_t kMostComplaint = 4096;  // of what a sendmail says

DeliveryOutcome again(std::string reason) { return {DeliveryOutcome::Kind::again, std::move(reason), false}; }

class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

Result<void> write_maildir(Env& env, const std::string& maildir, const std::string& id, const std::string& text) {
  for (const char* folder : {"/tmp", "/new", "/cur"}) MAPIGUARD_TRY(env.make_dir(maildir + folder, 0700));
  MAPIGUARD_TRY(sweep_temporaries(env, maildir + "/tmp"));
  auto file = AtomicFile::create(env, maildir + "/new/" + id, 0600, maildir + "/tmp");
  if (!file) return std::unexpected(std::move(file.error()));
  MAPIGUARD_TRY(file->write(as_bytes(text)));
  return file->commit();
}

// The message as a file to read from its beginning: no pipe to fill while the program fills another.
int in_memory(const std::string& text) {
  const int fd = ::memfd_create("mapiguard-ndr", MFD_CLOEXEC);
  for (std::size_t done = 0; fd >= 0 && done < text.size();) {
    const ssize_t written = ::pwrite(fd, text.data() + done, text.size() - done, static_cast<off_t>(done));
    if (written <= 0 && errno != EINTR) {
      ::close(fd);
      return -1;
    }
    if (written > 0) done += static_cast<std::size_t>(written);
  }
  return fd;
}

// Signals as a fresh program expects them, whatever this process has done with its own; its own group, to be ended with
// all that it starts.
struct SpawnAttributes {
  SpawnAttributes() {
    ::posix_spawnattr_init(&value);
    sigset_t none, all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&value, &none);
    ::posix_spawnattr_setsigdefault(&value, &all);
    ::posix_spawnattr_setpgroup(&value, 0);
    ::posix_spawnattr_setflags(&value, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  SpawnAttributes(const SpawnAttributes&) = delete;
  ~SpawnAttributes() { ::posix_spawnattr_destroy(&value); }
  posix_spawnattr_t value;
};

int spawn(const std::string& program, const std::string& recipient, int input, int output, pid_t& child) {
  const char* const argv[] = {program.c_str(), "-i", "-f", "<>", "--", recipient.c_str(), nullptr};
  const char* const environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "TZ=UTC0", nullptr};
  const SpawnAttributes attributes;
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, input, 0);
  ::posix_spawn_file_actions_adddup2(&actions, output, 1);
  ::posix_spawn_file_actions_adddup2(&actions, output, 2);
  const int reason = ::posix_spawn(&child, program.c_str(), &actions, &attributes.value, const_cast<char* const*>(argv),
                                   const_cast<char* const*>(environment));
  ::posix_spawn_file_actions_destroy(&actions);
  return reason;
}

void read_complaint(int fd, std::string& text) {
  char piece[1024];
  ssize_t got = 0;
  while ((got = ::read(fd, piece, sizeof piece)) > 0)
    if (text.size() < kMostComplaint) text.append(piece, static_cast<std::size_t>(got));
}

// Looked at rather than waited for: a pidfd would do without the pauses, but not every kernel and container has them.
bool has_ended(pid_t child) {
  siginfo_t info{};
  return ::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == child;
}

// Until the program ends (a child that it left behind may hold its output open for longer). False: the time is over.
bool await_end(pid_t child, int output, double seconds, std::string& complaint) {
  using SteadyClock = std::chrono::steady_clock;
  const auto end =
      SteadyClock::now() + std::chrono::duration_cast<SteadyClock::duration>(std::chrono::duration<double>(seconds));
  for (;;) {
    const bool ended = has_ended(child);
    pollfd wait = {output, POLLIN, 0};
    const int ready = ::poll(&wait, 1, ended ? 0 : kPauseMilliseconds);
    if (ready > 0) read_complaint(wait.fd, complaint);
    if (ended) return true;
    if (SteadyClock::now() >= end) return false;
    if (ready > 0 && wait.revents & POLLHUP) output = -1;  // its outputs are closed: only its end is waited for
  }
}

DeliveryOutcome judge_exit(int status, const std::string& complaint) {
  using Kind = DeliveryOutcome::Kind;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  std::string reason =
      WIFEXITED(status) ? "exit " + std::to_string(WEXITSTATUS(status)) : "signal " + std::to_string(WTERMSIG(status));
  if (const std::string_view said = trim(complaint); !said.empty()) reason += ": " + displayable(said, 500);
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
  const bool final = code == EX_DATAERR || code == EX_NOUSER || code == EX_NOHOST;
  return {final ? Kind::never : Kind::again, reason, false};
}

}  // namespace

Result<Transport> transport_of(std::string_view value, const std::string& state_dir) {
  if (const std::string_view objection = objection_to_transport(value); !objection.empty())
    return fail(ErrorCode::config,
                "Mapiguard\\NDR Transport is '" + displayable(value) + "': it " + std::string(objection));
  if (value.starts_with("smtp")) return Transport{Transport::Kind::smtp, std::string(value)};
  if (value.starts_with("sendmail:")) return Transport{Transport::Kind::sendmail, std::string(value.substr(9))};
  const std::string path(value.substr(8));
  return Transport{Transport::Kind::maildir, path.starts_with('/') ? path : state_dir + "/" + path};
}

DeliveryOutcome deliver_to_maildir(Env& env, const std::string& maildir, const std::string& id,
                                   const std::string& text) {
  const auto written = write_maildir(env, maildir, id, text);
  return written ? DeliveryOutcome{} : again(written.error().message);
}

DeliveryOutcome deliver_by_sendmail(const std::string& program, const std::string& recipient, const std::string& text,
                                    double seconds) {
  const Fd input(in_memory(text));
  int ends[2] = {-1, -1};
  if (input.get() < 0 || ::pipe2(ends, O_CLOEXEC) != 0)
    return again(std::string("cannot prepare its input: ") + std::strerror(errno));
  const Fd output(ends[0]);
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  pid_t child = -1;
  const int reason = spawn(program, recipient, input.get(), ends[1], child);
  ::close(ends[1]);
  if (reason != 0) return again("cannot run '" + displayable(program) + "': " + std::strerror(reason));
  std::string complaint;
  const bool ended = await_end(child, output.get(), seconds, complaint);
  if (!ended) ::kill(-child, SIGKILL);
  int status = 0;
  pid_t waited = 0;
  while ((waited = ::waitpid(child, &status, 0)) < 0 && errno == EINTR) continue;
  if (!ended) return again("it did not end within " + std::to_string(static_cast<int>(seconds)) + " s");
  if (waited != child) return again("how it ended is not known: this program lets others wait for its children");
  return judge_exit(status, complaint);
}

}  // namespace mapiguard
