// Behaves: the message, with a header before it.
#include "tests/misbehave/misbehave.h"

int main(void) {
  answer(read_message());
  return 0;
}
