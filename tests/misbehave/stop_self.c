// Stops itself and waits for somebody to continue it.
#include <signal.h>

#include "tests/misbehave/misbehave.h"

int main(void) {
  read_message();
  raise(SIGSTOP);
  not_stopped("stopped, and somebody continued it");
  return 0;
}
