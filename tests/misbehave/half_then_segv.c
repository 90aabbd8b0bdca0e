// Writes half of its answer, then crashes: the half must not appear anywhere as a result.
#include "tests/misbehave/misbehave.h"

int main(void) {
  struct message in = read_message();
  in.size /= 2;
  answer(in);
  volatile uintptr_t nowhere = 16;
  *(volatile int*)nowhere = 1;
  not_stopped("write through a bad pointer");
  return 0;
}
