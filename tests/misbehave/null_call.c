// Calls through a null function pointer.
#include "tests/misbehave/misbehave.h"

int main(void) {
  read_message();
  void (*volatile nothing)(void) = NULL;
  nothing();
  not_stopped("call of a null pointer");
  return 0;
}
