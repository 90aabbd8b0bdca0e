// SignalsBlocked: while it lives the calling thread takes no signal, nor do threads started meanwhile, ever: a thread of
// ours must not take what was sent to the host.
//
// Thread promise: of the thread that made it.
#pragma once

#include <signal.h>

namespace mapiguard {

class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;
  ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

}  // namespace mapiguard
