// Runs a command as a host without namespaces would: unshare, setns and clone with any CLONE_NEW… flag answer EPERM, which
// is what a plain container's filter and kernel.unprivileged_userns_clone=0 do. clone3, whose flags no filter can see, does
// not exist. The filter stays with every descendant.
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const unsigned long kNew[] = {CLONE_NEWUSER, CLONE_NEWNS,     CLONE_NEWPID, CLONE_NEWNET,
                                     CLONE_NEWIPC,  CLONE_NEWUTS, CLONE_NEWCGROUP};

static int refuse_namespaces(void) {
  scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
  if (!filter) return -ENOMEM;
  int failed = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(unshare), 0);
  if (!failed) failed = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(setns), 0);
  if (!failed) failed = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
  for (size_t i = 0; !failed && i < sizeof kNew / sizeof *kNew; ++i)
    failed = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1, SCMP_A0(SCMP_CMP_MASKED_EQ, kNew[i], kNew[i]));
  if (!failed) failed = seccomp_load(filter);
  seccomp_release(filter);
  return failed;
}

int main(int argc, char** argv) {
  if (argc < 2) {
    fputs("usage: without_namespaces COMMAND [ARGUMENT]…\n", stderr);
    return 64;
  }
  const int failed = refuse_namespaces();
  if (failed) {
    fprintf(stderr, "without_namespaces: no filter: %s\n", strerror(-failed));
    return 77;
  }
  execvp(argv[1], argv + 1);
  perror(argv[1]);
  return 127;
}
