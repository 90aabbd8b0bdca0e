// Writes 64 KiB of noise, NUL bytes among it, and exits 0. The guard does not read it: converted.
#include "tests/misbehave/misbehave.h"

int main(void) {
  read_message();
  uint32_t state = 12345;
  for (int i = 0; i < 65536; ++i) {
    state = state * 1664525u + 1013904223u;
    putchar((int)(state >> 24));
  }
  return 0;
}
