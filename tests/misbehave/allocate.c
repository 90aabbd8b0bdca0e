// Allocates and touches memory for ever, or ARG MiB (default 8192): abort() when it is refused, as new does.
#include "tests/misbehave/misbehave.h"

int main(int argc, char** argv) {
  read_message();
  const long most = argument(argc, argv, 8192);
  for (long mib = 0; mib < most; ++mib) {
    char* block = malloc(1 << 20);
    if (!block) {
      fputs("out of memory\n", stderr);
      abort();
    }
    memset(block, (int)mib | 1, 1 << 20);
    *(char* volatile*)block = block;  // keeps the compiler from leaving the memset out
  }
  not_stopped("memory without end");
  return 0;
}
