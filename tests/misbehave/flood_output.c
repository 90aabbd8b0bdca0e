// Writes output for ever, or ARG MiB (default 16384). Does not care whether it is taken.
#include "tests/misbehave/misbehave.h"

int main(int argc, char** argv) {
  read_message();
  static char block[1 << 20];
  memset(block, 'x', sizeof block);
  const long most = argument(argc, argv, 16384);
  for (long mib = 0; mib < most; ++mib)
    if (write(STDOUT_FILENO, block, sizeof block) < 0) return 74;
  not_stopped("output without end");
  return 0;
}
