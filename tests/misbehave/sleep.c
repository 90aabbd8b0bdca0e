// Sleeps for ARG seconds (default 300): wall time without CPU time.
#include "tests/misbehave/misbehave.h"

int main(int argc, char** argv) {
  read_message();
  sleep_ms(argument(argc, argv, 300) * 1000);
  not_stopped("endless sleep");
  return 0;
}
