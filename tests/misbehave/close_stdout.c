// Closes its output before it has written anything, works on for a while, exits 0.
#include "tests/misbehave/misbehave.h"

int main(void) {
  close(STDOUT_FILENO);
  read_message();
  sleep_ms(200);
  return 0;
}
