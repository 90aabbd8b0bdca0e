// Calls abort(), as a failed assertion does.
#include "tests/misbehave/misbehave.h"

int main(void) {
  read_message();
  fputs("assertion failed: the message is well-formed\n", stderr);
  abort();
}
