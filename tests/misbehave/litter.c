// Leaves files, folders and a read-only folder behind in its scratch folder, and says where that is: afterwards
// nothing of it may be left.
#include <fcntl.h>
#include <sys/stat.h>

#include "tests/misbehave/misbehave.h"

static int leave(const char* path) {
  const int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0400);
  if (fd < 0) return 0;
  const int wrote = write(fd, "litter\n", 7) == 7;
  close(fd);
  return wrote;
}

int main(void) {
  struct message in = read_message();
  char here[4096];
  const int left = leave("litter") + (mkdir("deep", 0755) == 0 && leave("deep/litter"));
  chmod("deep", 0500);
  printf("X-Scratch: %s\r\nX-Left: %d\r\n", getcwd(here, sizeof here) ? here : "?", left);
  answer(in);
  return 0;
}
