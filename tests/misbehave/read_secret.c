// Tries to read the files named as arguments, each of which should be closed to it, and /etc/shadow.
#include <fcntl.h>

#include "tests/misbehave/misbehave.h"

static void peek(const char* path) {
  char byte;
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    printf("X-Refused: %s: %s\r\n", path, strerror(errno));
    return;
  }
  printf("READ %s\r\n", path);
  if (read(fd, &byte, 1) == 1) not_stopped(path);
}

int main(int argc, char** argv) {
  struct message in = read_message();
  peek("/etc/shadow");
  for (int i = 1; i < argc; ++i) peek(argv[i]);
  answer(in);
  return 0;
}
