// Kills its parent, when it can see one, and says whether that worked.
#include <signal.h>

#include "tests/misbehave/misbehave.h"

int main(void) {
  struct message in = read_message();
  const pid_t parent = getppid();
  // 0: the parent lives outside of our pid namespace; kill(0) would mean our own group.
  const int sent = parent > 0 && kill(parent, SIGKILL) == 0;
  const int refused = errno;
  sleep_ms(200);
  if (parent > 1 && getppid() != parent) not_stopped("killed its parent");
  printf("X-Parent: %s\r\n", parent == 0 ? "not to be seen" : sent ? "signalled" : strerror(refused));
  answer(in);
  return 0;
}
