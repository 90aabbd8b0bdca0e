// Says properly that the message is damaged: exit 65, no charge.
#include "tests/misbehave/misbehave.h"

int main(void) {
  read_message();
  fputs("this is no message\n", stderr);
  return 65;
}
