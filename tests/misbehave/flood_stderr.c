// Writes ARG MiB (default 256) to stderr, then answers well: harmless, when only the tail is kept.
#include "tests/misbehave/misbehave.h"

int main(int argc, char** argv) {
  struct message in = read_message();
  static char block[1 << 20];
  memset(block, 'e', sizeof block);
  const long most = argument(argc, argv, 256);
  for (long mib = 0; mib < most; ++mib)
    if (write(STDERR_FILENO, block, sizeof block) < 0) break;
  fputs("the end of stderr\n", stderr);
  answer(in);
  return 0;
}
