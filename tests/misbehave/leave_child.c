// Answers well, but leaves a daemon behind that outlives it by a minute, deaf to every signal that can be ignored.
// An argument is a token by which a test finds the daemon in /proc/*/cmdline.
#include <signal.h>

#include "tests/misbehave/misbehave.h"

static void live_on(void) {
  for (int number = 1; number < 32; ++number) signal(number, SIG_IGN);
  setsid();
  if (fork() != 0) _exit(0);  // the middle one ends, so that init takes the daemon over
  for (int fd = 0; fd < 64; ++fd) close(fd);
  sleep_ms(60000);
  _exit(0);
}

int main(void) {
  struct message in = read_message();
  if (fork() == 0) live_on();
  sleep_ms(100);  // by now the daemon stands
  answer(in);
  return 0;
}
