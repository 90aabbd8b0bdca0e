// fail_io: preloaded into mapiguard (LD_PRELOAD), it makes the N-th call that changes a file below a folder fail as a full
// or broken disk would, that one or all from then on.
//
//   FAIL_UNDER=DIR FAIL_AT=N FAIL_ERRNO=28 [FAIL_ON=1]   28 ENOSPC, 5 EIO; FAIL_ON: the disk stays so
//   FAIL_LIST=FILE                                      writes one line a call; fails none
//
// Only processes that inherit the environment are meant: a worker's is emptied.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_long calls;

static int is_under(const char* path) {
  const char* folder = getenv("FAIL_UNDER");
  return folder && path && strncmp(path, folder, strlen(folder)) == 0;
}

static void list(long number, const char* call, const char* path) {
  const char* file = getenv("FAIL_LIST");
  if (!file) return;
  char line[4400];
  const int length = snprintf(line, sizeof line, "%ld %s %s\n", number, call, path);
  const int fd = (int)syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) return;
  if (syscall(SYS_write, fd, line, (size_t)length) < 0) abort();
  syscall(SYS_close, fd);
}

// 1: this call fails, with errno set.
static int fails_at(const char* call, const char* path) {
  if (!is_under(path)) return 0;
  const long number = atomic_fetch_add(&calls, 1) + 1;
  list(number, call, path);
  const char* at = getenv("FAIL_AT");
  if (!at) return 0;
  const long chosen = atol(at);
  if (number != chosen && !(getenv("FAIL_ON") && number > chosen)) return 0;
  errno = getenv("FAIL_ERRNO") ? atoi(getenv("FAIL_ERRNO")) : EIO;
  return 1;
}

static int fails_fd(const char* call, int fd) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t length = readlink(link, path, sizeof path - 1);
  if (length <= 0) return 0;
  path[length] = '\0';
  return fails_at(call, path);
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define ON_FD(type, name, parameters, fd, ...) \
  type name parameters {                       \
    if (fails_fd(#name, fd)) return -1;        \
    return NEXT(name)(__VA_ARGS__);            \
  }
#define ON_PATH(name, parameters, path, ...) \
  int name parameters {                      \
    if (fails_at(#name, path)) return -1;    \
    return NEXT(name)(__VA_ARGS__);          \
  }

ON_FD(ssize_t, write, (int fd, const void* bytes, size_t count), fd, fd, bytes, count)
ON_FD(ssize_t, writev, (int fd, const struct iovec* pieces, int count), fd, fd, pieces, count)
ON_FD(ssize_t, pwrite, (int fd, const void* bytes, size_t count, off_t at), fd, fd, bytes, count, at)
ON_FD(ssize_t, pwrite64, (int fd, const void* bytes, size_t count, off64_t at), fd, fd, bytes, count, at)
ON_FD(int, fsync, (int fd), fd, fd)
ON_FD(int, fdatasync, (int fd), fd, fd)
ON_FD(int, ftruncate, (int fd, off_t size), fd, fd, size)
ON_FD(int, ftruncate64, (int fd, off64_t size), fd, fd, size)
ON_PATH(truncate, (const char* path, off_t size), path, path, size)
ON_PATH(rename, (const char* from, const char* to), to, from, to)
ON_PATH(mkdir, (const char* path, mode_t mode), path, path, mode)
ON_PATH(unlink, (const char* path), path, path)

// These return the error instead of setting it.
int posix_fallocate(int fd, off_t from, off_t size) {
  return fails_fd("posix_fallocate", fd) ? errno : NEXT(posix_fallocate)(fd, from, size);
}
int posix_fallocate64(int fd, off64_t from, off64_t size) {
  return fails_fd("posix_fallocate64", fd) ? errno : NEXT(posix_fallocate64)(fd, from, size);
}

// Only an open that may make a file needs room.
#define OPENS(name)                                                \
  int name(const char* path, int flags, ...) {                     \
    mode_t mode = 0;                                               \
    if (flags & O_CREAT) {                                         \
      va_list more;                                                \
      va_start(more, flags);                                       \
      mode = va_arg(more, mode_t);                                 \
      va_end(more);                                                \
      if (fails_at(#name, path)) return -1;                        \
    }                                                              \
    return NEXT(name)(path, flags, mode);                          \
  }
OPENS(open)
OPENS(open64)
