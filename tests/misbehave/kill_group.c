// Sends SIGTERM to its own process group, which should hold nobody else.
#include <signal.h>

#include "tests/misbehave/misbehave.h"

int main(void) {
  struct message in = read_message();
  signal(SIGTERM, SIG_IGN);
  kill(0, SIGTERM);
  answer(in);
  return 0;
}
