// Starts ARG processes (default 400) that sleep for a minute, and leaves them behind. Says how many it got.
#include "tests/misbehave/misbehave.h"

int main(int argc, char** argv) {
  struct message in = read_message();
  const long wanted = argument(argc, argv, 400);
  long got = 0;
  for (long i = 0; i < wanted; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      sleep_ms(60000);
      _exit(0);
    }
    if (child > 0) ++got;
  }
  printf("X-Forked: %ld of %ld\r\n", got, wanted);
  answer(in);
  return 0;
}
