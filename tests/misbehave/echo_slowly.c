// Behaves, but takes ARG milliseconds (default 2000) over it, in twenty pieces.
#include "tests/misbehave/misbehave.h"

int main(int argc, char** argv) {
  struct message in = read_message();
  const long pause = argument(argc, argv, 2000) / 20;
  fputs("X-Converted-By: misbehave\r\n\r\n", stdout);
  for (size_t piece = 0; piece < 20; ++piece) {
    const size_t from = in.size * piece / 20, to = in.size * (piece + 1) / 20;
    fwrite(in.bytes + from, 1, to - from, stdout);
    fflush(stdout);
    sleep_ms(pause);
  }
  return 0;
}
