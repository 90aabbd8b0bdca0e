// Ignores every signal that can be ignored, then sleeps for ARG seconds (default 300).
#include <signal.h>

#include "tests/misbehave/misbehave.h"

int main(int argc, char** argv) {
  for (int number = 1; number < 32; ++number) signal(number, SIG_IGN);
  read_message();
  sleep_ms(argument(argc, argv, 300) * 1000);
  not_stopped("deaf to signals");
  return 0;
}
