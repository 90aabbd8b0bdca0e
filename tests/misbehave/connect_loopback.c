// Connects to port ARG (default 25) of 127.0.0.1, over TCP and UDP. A test listens there and must hear nothing.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "tests/misbehave/misbehave.h"

static int reach(int type, long port) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect(fd, (struct sockaddr*)&to, sizeof to) != 0) return -errno;
  return send(fd, "NOT-STOPPED\n", 12, MSG_NOSIGNAL) == 12 ? 0 : -errno;
}

int main(int argc, char** argv) {
  struct message in = read_message();
  const long port = argument(argc, argv, 25);
  const int tcp = reach(SOCK_STREAM, port);
  const int udp = reach(SOCK_DGRAM, port);
  printf("X-Tcp: %s\r\nX-Udp: %s\r\n", tcp ? strerror(-tcp) : "CONNECTED", udp ? strerror(-udp) : "SENT");
  if (tcp == 0) not_stopped("connection to the loopback interface");
  answer(in);
  return 0;
}
