// Stop signals: SIGINT, SIGTERM and SIGHUP ask a command to end; a second one ends it at once.
//
// Thread promise: install() once, before other threads exist; the rest from any thread.
#pragma once

#include <functional>
#include <thread>

#include "guardian/descriptor.h"

namespace mapiguard {

class StopSignals {
 public:
  static void install();
  // Becomes and stays readable with the first signal.
  static int fd();
  // The signal that came, 0 = none.
  static int received();
  // 128 + the signal, as a shell shows it.
  static int exit_code() { return 128 + received(); }
  // Waits; true = a signal came, false = the time is over.
  static bool wait_for(int milliseconds);
};

// While it lives, the first signal runs `action`, in a thread of its own.
class OnStopSignal {
 public:
  explicit OnStopSignal(std::function<void()> action);
  ~OnStopSignal();

 private:
  UniqueFd over_;
  std::jthread thread_;
};

}  // namespace mapiguard
