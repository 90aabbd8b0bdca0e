#include "tools/mapiguard/stop_signals.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <utility>

namespace mapiguard {
namespace {

std::atomic<int> the_signal{0};
int the_event = -1;
static_assert(std::atomic<int>::is_always_lock_free, "used in a signal handler");

// No clean-up on the second: the next run removes what this one leaves.
void note_signal(int number) {
  int none = 0;
  if (!the_signal.compare_exchange_strong(none, number)) ::_exit(128 + number);
  const int saved = errno;
  const std::uint64_t one = 1;
  if (::write(the_event, &one, sizeof one) < 0) ::_exit(128 + number);
  errno = saved;
}

}  // namespace

void StopSignals::install() {
  the_event = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  struct sigaction action {};
  action.sa_handler = note_signal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before {};
    // nohup(1) means it. A shell that starts us in the background ignores SIGINT too, but whoever sends one to us by
    // kill(1) wants us to end.
    if (number == SIGHUP && ::sigaction(number, nullptr, &before) == 0 && before.sa_handler == SIG_IGN) continue;
    ::sigaction(number, &action, nullptr);
  }
}

int StopSignals::fd() { return the_event; }
int StopSignals::received() { return the_signal.load(); }

bool StopSignals::wait_for(int milliseconds) {
  pollfd event{the_event, POLLIN, 0};
  ::poll(&event, 1, milliseconds);
  return received() != 0;
}

OnStopSignal::OnStopSignal(std::function<void()> action) : over_(::eventfd(0, EFD_CLOEXEC)) {
  thread_ = std::jthread([over = over_.get(), action = std::move(action)] {
    std::array<pollfd, 2> events = {pollfd{the_event, POLLIN, 0}, pollfd{over, POLLIN, 0}};
    while (::poll(events.data(), events.size(), -1) < 0 && errno == EINTR) {
    }
    if (StopSignals::received()) action();
  });
}

OnStopSignal::~OnStopSignal() {
  ::eventfd_write(over_.get(), 1);
  thread_.join();
}

}  // namespace mapiguard
