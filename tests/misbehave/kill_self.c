// Ends itself with SIGKILL, which looks like an operator or the kernel short of memory.
#include <signal.h>

#include "tests/misbehave/misbehave.h"

int main(void) {
  read_message();
  kill(getpid(), SIGKILL);
  not_stopped("SIGKILL to itself");
  return 0;
}
