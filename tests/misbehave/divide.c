// Divides by zero (SIGFPE on x86; elsewhere raised by hand).
#include <signal.h>

#include "tests/misbehave/misbehave.h"

int main(void) {
  struct message in = read_message();
  volatile int zero = 0;
#if defined(__x86_64__) || defined(__i386__)
  volatile int result = (int)in.size / zero;
  (void)result;
#else
  (void)in, (void)zero;
  raise(SIGFPE);
#endif
  not_stopped("division by zero");
  return 0;
}
