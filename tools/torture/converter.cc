#include "tools/torture/converter.h"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <string_view>

#include "tools/torture/messages.h"

namespace mapiguard::torture {
namespace {

constexpr int kDamaged = 65, kLie = 3, kWriteFailed = 74;
constexpr int kBomb = 60;               // processes: enough to be seen if they stay, few enough for a small host
constexpr unsigned kStaySeconds = 120;  // longer than anybody waits

std::string read_message() {
  std::string bytes;
  std::array<char, 65536> piece;
  for (;;) {
    const ssize_t got = ::read(STDIN_FILENO, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return bytes;
    bytes.append(piece.data(), static_cast<std::size_t>(got));
  }
}

void write_out(std::string_view text) {
  while (!text.empty()) {
    const ssize_t put = ::write(STDOUT_FILENO, text.data(), text.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) _exit(kWriteFailed);
    text.remove_prefix(static_cast<std::size_t>(put));
  }
}

int answer(const std::string& message) {
  write_out(kAnswerHead);
  write_out(message);
  return 0;
}

void stay() {
  for (timespec left{kStaySeconds, 0}; ::nanosleep(&left, &left) != 0;) continue;
}

// -- the deeds: each either ends the process or gives its exit code
// --------------------------------------------------------

[[gnu::noinline]] int read_through(const volatile int* pointer) { return *pointer; }

int touch_null(const std::string&) {
  const volatile int* volatile nowhere = nullptr;  // volatile: or the compiler may know better than to read it
  return read_through(nowhere);
}

int give_up(const std::string&) { std::abort(); }

[[gnu::noinline]] unsigned deeper(volatile unsigned char* above, unsigned depth) {
  volatile unsigned char frame[4096];
  frame[depth % sizeof frame] = static_cast<unsigned char>(above[0] + depth);
  if (depth == ~0u) return frame[0];
  return deeper(frame, depth + 1) + frame[depth % sizeof frame];
}

int overflow_stack(const std::string&) {
  volatile unsigned char first[1] = {1};
  return static_cast<int>(deeper(first, 0) & 1);
}

int die_half_way(const std::string& message) {
  write_out(kAnswerHead);
  write_out(std::string_view(message).substr(0, message.size() / 2));
  return touch_null(message);
}

int spin(const std::string&) {
  for (;;) __asm__ volatile("");  // or the compiler may take it that a loop without effect ends
}

int sleep_for_ever(const std::string&) {
  for (;;) stay();
}

int allocate(const std::string&) {
  constexpr std::size_t kPiece = 1u << 20;
  for (;;) {
    void* piece = std::malloc(kPiece);
    if (!piece) std::abort();
    std::memset(piece, 1, kPiece);
    __asm__ volatile("" : : "g"(piece) : "memory");  // it is used, for all the compiler knows
  }
}

int flood(const std::string&) {
  const std::string piece(1u << 16, 'f');
  for (;;) write_out(piece);
}

int say_nothing(const std::string&) { return 0; }

int exit_wrongly(const std::string& message) {
  answer(message);
  return kLie;
}

// Children of the kind that outlives its parent: a session of its own, deaf to every signal that can be ignored.
bool leave_child() {
  const pid_t child = ::fork();
  if (child != 0) return child > 0;
  ::setsid();
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2}) ::signal(signal, SIG_IGN);
  stay();
  _exit(0);
}

int bomb(const std::string& message) {
  for (int i = 0; i < kBomb && leave_child(); ++i) continue;
  return answer(message);
}

int leave_daemon(const std::string& message) {
  leave_child();
  return answer(message);
}

struct Deed {
  std::string_view word;
  int (*act)(const std::string& message);
};
constexpr std::array kDeeds = {
    Deed{"answer", answer},        Deed{"null", touch_null},   Deed{"abort", give_up},
    Deed{"stack", overflow_stack}, Deed{"half", die_half_way}, Deed{"spin", spin},
    Deed{"sleep", sleep_for_ever}, Deed{"allocate", allocate}, Deed{"flood", flood},
    Deed{"nothing", say_nothing},  Deed{"exit", exit_wrongly}, Deed{"bomb", bomb},
    Deed{"daemon", leave_daemon},
};

}  // namespace

int run_converter() {
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) ::signal(number, SIG_DFL);
  const std::string message = read_message();
  std::string_view order = message;
  if (!order.starts_with(kMarker)) return kDamaged;
  order.remove_prefix(kMarker.size());
  order = order.substr(0, order.find('\r'));
  for (const Deed& deed : kDeeds)
    if (deed.word == order) return deed.act(message);
  return kDamaged;
}

}  // namespace mapiguard::torture
