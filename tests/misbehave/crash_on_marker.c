// Converts every message well, except those that hold a marker: crash_on_marker [MARKER [segv|abort|exit|hang]].
// The marker may stand there as ASCII or as UTF-16LE (the text of a .msg).
#include "tests/misbehave/misbehave.h"

static int holds(struct message in, const char* marker) {
  const size_t length = strlen(marker);
  if (memmem(in.bytes, in.size, marker, length)) return 1;
  char wide[512] = {0};
  if (length > sizeof wide / 2) return 0;
  for (size_t i = 0; i < length; ++i) wide[2 * i] = marker[i];
  return memmem(in.bytes, in.size, wide, 2 * length) != NULL;
}

static void die(const char* how) {
  if (strcmp(how, "abort") == 0) abort();
  if (strcmp(how, "exit") == 0) exit(3);
  if (strcmp(how, "hang") == 0) sleep_ms(300000);
  volatile uintptr_t nowhere = 16;
  if (strcmp(how, "segv") == 0) *(volatile int*)nowhere = 1;
}

int main(int argc, char** argv) {
  struct message in = read_message();
  if (holds(in, argc > 1 ? argv[1] : "POISON-MARKER")) {
    die(argc > 2 ? argv[2] : "segv");
    not_stopped("poison");
    return 0;
  }
  answer(in);
  return 0;
}
