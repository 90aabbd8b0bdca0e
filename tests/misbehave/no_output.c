// Exits 0 and has written nothing.
#include "tests/misbehave/misbehave.h"

int main(void) {
  read_message();
  return 0;
}
