// Does not read the message at all: a guard that writes it to a pipe meets EPIPE.
#include "tests/misbehave/misbehave.h"

int main(void) {
  close(STDIN_FILENO);
  fputs("X-Converted-By: misbehave\r\n\r\nnot even looked at\r\n", stdout);
  return 0;
}
