// Tries to create a file in places that are not its scratch folder, and in every folder named as an argument.
// Says WROTE for each that let it; then writes in its scratch folder, which must work.
#include <fcntl.h>

#include "tests/misbehave/misbehave.h"

static int create_in(const char* folder) {
  char path[4096];
  snprintf(path, sizeof path, "%s/misbehave-%ld", folder, (long)getpid());
  const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (fd < 0) return 0;
  const int wrote = write(fd, "NOT-STOPPED\n", 12) == 12;
  close(fd);
  unlink(path);
  return wrote;
}

static void try_outside(const char* folder) {
  if (!create_in(folder)) return;
  printf("WROTE %s\r\n", folder);
  not_stopped("write outside the scratch folder");
}

int main(int argc, char** argv) {
  struct message in = read_message();
  static const char* const kFolders[] = {"/", "/tmp", "/var/tmp", "/dev/shm", "/run", "/home", "..", "/etc", "/run/lock"};
  for (size_t i = 0; i < sizeof kFolders / sizeof *kFolders; ++i) try_outside(kFolders[i]);
  for (int i = 1; i < argc; ++i) try_outside(argv[i]);
  const char* scratch = getenv("TMPDIR");
  printf("X-Scratch: cwd %s, TMPDIR %s\r\n", create_in(".") ? "writable" : "CLOSED",
         scratch && create_in(scratch) ? "writable" : "CLOSED");
  answer(in);
  return 0;
}
