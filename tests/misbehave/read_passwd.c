// Prints /etc/passwd: an external command may read what its user could, so this is allowed.
#include "tests/misbehave/misbehave.h"

int main(void) {
  read_message();
  FILE* file = fopen("/etc/passwd", "r");
  if (!file) {
    printf("X-Passwd: %s\r\n\r\n", strerror(errno));
    return 0;
  }
  fputs("X-Passwd: read\r\n\r\n", stdout);
  char line[512];
  while (fgets(line, sizeof line, file)) fputs(line, stdout);
  return 0;
}
