// Burns CPU for ARG seconds (default 300).
#include "tests/misbehave/misbehave.h"

int main(int argc, char** argv) {
  read_message();
  const time_t end = time(NULL) + argument(argc, argv, 300);
  volatile unsigned long turns = 0;
  do
    for (int i = 0; i < 1000000; ++i) ++turns;
  while (time(NULL) < end);
  not_stopped("endless loop");
  return 0;
}
