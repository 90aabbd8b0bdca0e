// Shared by the programs of this folder: reading the message, answering, and saying loudly that nobody stopped us.
#pragma once

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct message {
  char* bytes;
  size_t size;
};

// The whole of stdin, with a NUL behind it. What cannot be read ends as what could.
static inline struct message read_message(void) {
  struct message in = {NULL, 0};
  size_t room = 0;
  for (;;) {
    if (room - in.size < 65536) in.bytes = realloc(in.bytes, (room = room * 2 + 131072) + 1);
    if (!in.bytes) exit(71);
    ssize_t got = read(STDIN_FILENO, in.bytes + in.size, room - in.size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    in.size += (size_t)got;
  }
  in.bytes[in.size] = '\0';
  return in;
}

// The well-behaved answer: a mail whose body is the message as it came.
static inline void answer(struct message in) {
  fputs("X-Converted-By: misbehave\r\n\r\n", stdout);
  fwrite(in.bytes, 1, in.size, stdout);
  if (fflush(stdout) != 0) exit(74);
}

// To stdout and stderr, so that it shows wherever a test looks.
static inline void not_stopped(const char* what) {
  printf("NOT-STOPPED: %s\r\n", what);
  fflush(stdout);
  fprintf(stderr, "NOT-STOPPED: %s\n", what);
}

static inline void sleep_ms(long ms) {
  struct timespec left = {ms / 1000, ms % 1000 * 1000000};
  while (nanosleep(&left, &left) != 0 && errno == EINTR) {
  }
}

static inline long argument(int argc, char** argv, long otherwise) {
  return argc > 1 ? strtol(argv[1], NULL, 10) : otherwise;
}
