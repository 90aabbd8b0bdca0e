// Prints what it is: /proc/self/status, its folder, its environment, its limits and open descriptors.
#include <dirent.h>

#include "tests/misbehave/misbehave.h"

extern char** environ;

static void show_file(const char* path) {
  char line[512];
  FILE* file = fopen(path, "r");
  printf("\r\n== %s%s\r\n", path, file ? "" : " cannot be opened");
  if (!file) return;
  while (fgets(line, sizeof line, file)) fputs(line, stdout);
  fclose(file);
}

static void show_descriptors(void) {
  DIR* folder = opendir("/proc/self/fd");
  if (!folder) return;
  fputs("\r\n== descriptors\r\n", stdout);
  for (struct dirent* entry; (entry = readdir(folder));) {
    char path[300], to[512];
    snprintf(path, sizeof path, "/proc/self/fd/%s", entry->d_name);
    const ssize_t length = readlink(path, to, sizeof to - 1);
    if (length > 0) printf("%s -> %.*s\r\n", entry->d_name, (int)length, to);
  }
  closedir(folder);
}

int main(void) {
  char here[4096];
  read_message();
  printf("X-Cwd: %s\r\n", getcwd(here, sizeof here) ? here : "?");
  show_file("/proc/self/status");
  show_file("/proc/self/limits");
  show_descriptors();
  fputs("\r\n== environment\r\n", stdout);
  for (char** entry = environ; *entry; ++entry) printf("%s\r\n", *entry);
  return 0;
}
