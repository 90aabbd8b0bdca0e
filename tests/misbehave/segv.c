// Writes to an address that nobody has mapped.
#include "tests/misbehave/misbehave.h"

int main(void) {
  read_message();
  volatile uintptr_t nowhere = 16;
  *(volatile int*)nowhere = 1;
  not_stopped("write through a bad pointer");
  return 0;
}
