#include "guardian/plant.h"

#if MAPIGUARD_FAULTS

#include <glib.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <stdexcept>
#include <vector>

#include "guardian/descriptor.h"
#include "guardian/limits.h"

namespace mapiguard {
namespace {

using Deed = void (*)(OutputSink&);
using Lie = void (*)(std::string&);

constexpr std::size_t kPiece = 4 << 20;

// Memory that is really used, kept from the optimiser.
void use(void* memory, std::size_t size) {
  volatile char* bytes = static_cast<volatile char*>(memory);
  for (std::size_t i = 0; i < size; i += 4096) bytes[i] = 1;
}

volatile int g_zero = 0;
Lie g_lie = nullptr;

[[gnu::noinline]] int recurse(int depth) {
  volatile char frame[512];
  use(const_cast<char*>(frame), sizeof frame);
  return depth < g_zero ? 0 : recurse(depth + 1) + frame[g_zero];  // g_zero is 0, which the compiler cannot know
}

[[gnu::noinline]] void throw_it() { throw std::runtime_error("planted"); }
[[gnu::noinline]] void throw_through() noexcept { throw_it(); }

void burn(double seconds) {
  const std::clock_t end = std::clock() + static_cast<std::clock_t>(seconds * CLOCKS_PER_SEC);
  while (std::clock() < end) continue;
}

void wait_for_ever() {
  std::uint32_t word = 0;
  for (;;) ::syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, nullptr, nullptr, 0);
}

// UndefinedBehaviorSanitizer would end these in its own way.
[[gnu::no_sanitize("undefined")]] void dereference_null(OutputSink&) {
  volatile char* volatile nothing = nullptr;
  *nothing = 1;
}
[[gnu::no_sanitize("undefined")]] void divide_by_zero(OutputSink&) {
#if defined(__x86_64__)
  g_zero = 1 / g_zero;
#endif
  std::raise(SIGFPE);  // processors that do not trap
}
void execute_nonsense(OutputSink&) { __builtin_trap(); }
void fall_off_mapping(OutputSink&) {
  void* memory = ::mmap(nullptr, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  use(memory, 1);
}
void call_abort(OutputSink&) { std::abort(); }
void throw_uncaught(OutputSink&) { throw_through(); }
void overflow_stack(OutputSink&) { g_zero = recurse(0); }
void exhaust_new(OutputSink&) {
  for (;;) use(new char[kPiece], kPiece);
}
void exhaust_glib(OutputSink&) {
  for (;;) use(g_malloc(kPiece), kPiece);
}
void exhaust_malloc(OutputSink&) {
  for (;;) use(std::malloc(kPiece), kPiece);
}
void spin(OutputSink&) {
  for (;;) g_zero = 0;
}
void work_then_wait(OutputSink&) {
  burn(2 * kWorkedSeconds);
  wait_for_ever();
}
void only_wait(OutputSink&) { wait_for_ever(); }
void flood(OutputSink& sink) {
  const std::vector<std::byte> bytes(kPiece);
  while (sink.write(bytes)) continue;
}
void open_socket(OutputSink&) { (void)::socket(AF_INET, SOCK_STREAM, 0); }
void fork_child(OutputSink&) { (void)::fork(); }
void kill_parent(OutputSink&) { (void)::kill(1, SIGKILL); }
void make_executable(OutputSink&) { (void)::mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }
void exit_3(OutputSink&) { _exit(3); }
void exit_0(OutputSink&) { std::exit(0); }
void hang_up(OutputSink&) {
  ::close(kWorkerFd);
  wait_for_ever();
}
void terminate_self(OutputSink&) { std::raise(SIGTERM); }
void kill_self(OutputSink&) { std::raise(SIGKILL); }

// What a hijacked worker would do: its own handler is told of a sender that never was.
void (*g_testify)(int, siginfo_t*, void*) = nullptr;
void accuse_another(int signal, siginfo_t* info, void* context) {
  siginfo_t forged = *info;
  forged.si_code = SI_USER;
  forged.si_pid = 0;  // somebody outside
  g_testify(signal, &forged, context);
}
void forge_testimony(OutputSink& sink) {
  struct sigaction action {};
  ::sigaction(SIGSEGV, nullptr, &action);
  g_testify = action.sa_sigaction;
  action.sa_sigaction = accuse_another;
  ::sigaction(SIGSEGV, &action, nullptr);
  dereference_null(sink);
}

// Offsets in a reply (wire.cc): tag 4, sequence 8, output_bytes 8, retire 1, no_room 1, success 1, kind 1, message_id.
constexpr std::size_t kSequenceAt = 4, kLengthAt = 12, kRetireAt = 20, kSuccessAt = 22, kMessageIdAt = 24;

void all_noise(std::string& reply) { reply.assign(reply.size(), '\x5A'); }
void cut_short(std::string& reply) { reply.resize(reply.size() / 2); }
void go_on(std::string& reply) { reply += "more"; }
void answer_twice(std::string& reply) { (void)send_packet(kWorkerFd, as_bytes(reply)); }
void answer_with_another_error(std::string& reply) {
  constexpr char kInternal[] = "\0\x04\0\0\0\0\0\0\0";  // an Error of code internal without texts
  reply.replace(kSuccessAt, std::string::npos, kInternal, 1 + 1 + 4 + 4);
}
void answer_another(std::string& reply) { reply[kSequenceAt] = static_cast<char>(reply[kSequenceAt] + 1); }
void claim_more(std::string& reply) { reply[kLengthAt] = static_cast<char>(reply[kLengthAt] + 1); }
void claim_everything(std::string& reply) { std::fill_n(reply.begin() + kLengthAt, 8, '\xFF'); }
void flag_wrong(std::string& reply) { reply[kRetireAt] = 7; }
void text_too_long(std::string& reply) { std::fill_n(reply.begin() + kMessageIdAt, 4, '\x7F'); }
void not_utf8(std::string& reply) {
  const std::uint32_t length = 2;
  std::memcpy(reply.data() + kMessageIdAt, &length, sizeof length);
  reply.replace(kMessageIdAt + 4, 2, "\xFF\xFE");
}
void too_long(std::string& reply) { reply.resize(kMaxReplyBytes + 1); }

struct Row {
  Plant plant;
  Deed deed = nullptr;
  Lie lie = nullptr;
};
constexpr Row kRows[] = {
    {{"crashed", "writes through a null pointer"}, dereference_null},
    {{"crashed.fpe", "divides by zero"}, divide_by_zero},
    {{"crashed.ill", "executes what is no instruction"}, execute_nonsense},
    {{"crashed.guard", "writes to memory that it may not touch"}, fall_off_mapping},
    {{"aborted", "calls abort()"}, call_abort},
    {{"aborted.exception", "throws where nobody catches"}, throw_uncaught},
    {{"stack_overflow", "calls itself without end"}, overflow_stack},
    {{"out_of_memory", "allocates without end by operator new"}, exhaust_new},
    {{"out_of_memory.glib", "allocates without end by g_malloc"}, exhaust_glib},
    {{"out_of_memory.malloc", "allocates without end by malloc and uses the null pointer"}, exhaust_malloc},
    {{"cpu_limit", "computes without end"}, spin},
    {{"hung", "works for a while, then waits without end"}, work_then_wait},
    {{"hung.idle", "waits without end"}, only_wait},
    {{"output_limit", "writes without end"}, flood},
    {{"sandbox_violation", "opens a socket"}, open_socket},
    {{"sandbox_violation.fork", "forks"}, fork_child},
    {{"sandbox_violation.kill", "kills pid 1"}, kill_parent},
    {{"sandbox_violation.exec", "makes executable memory"}, make_executable},
    {{"illegal_exit", "exits with 3"}, exit_3},
    {{"illegal_exit.zero", "exits with 0"}, exit_0},
    {{"bad_reply", "answers with noise"}, nullptr, all_noise},
    {{"bad_reply.short", "answers with half a reply"}, nullptr, cut_short},
    {{"bad_reply.trailing", "answers with more than a reply"}, nullptr, go_on},
    {{"bad_reply.sequence", "answers to another message"}, nullptr, answer_another},
    {{"bad_reply.error", "answers with an error that a converter does not have"}, nullptr, answer_with_another_error},
    {{"bad_reply.twice", "answers twice"}, nullptr, answer_twice},
    {{"bad_reply.length", "claims one byte more than it wrote"}, nullptr, claim_more},
    {{"bad_reply.huge", "claims all bytes there are"}, nullptr, claim_everything},
    {{"bad_reply.flag", "sets a flag to 7"}, nullptr, flag_wrong},
    {{"bad_reply.text", "claims a text longer than the reply"}, nullptr, text_too_long},
    {{"bad_reply.utf8", "sends a text that is not UTF-8"}, nullptr, not_utf8},
    {{"bad_reply.long", "sends more than a reply may have"}, nullptr, too_long},
    {{"bad_reply.silent", "hangs up and lives on"}, hang_up},
    {{"killed_by_operator", "raises SIGTERM"}, terminate_self},
    {{"killed_by_operator.forged", "writes through a null pointer and testifies that somebody sent it the signal"}, forge_testimony},
    {{"unexplained_kill", "raises SIGKILL"}, kill_self},
    {{"supervisor_died", "kills the supervisor while the message is in flight"}},
};

constexpr auto kPlants = [] {
  std::array<Plant, std::size(kRows)> all;
  std::ranges::transform(kRows, all.begin(), &Row::plant);
  return all;
}();

const Row* row_of(std::string_view name) {
  const auto row = std::ranges::find(kRows, name, [](const Row& each) { return each.plant.name; });
  return row == std::end(kRows) ? nullptr : row;
}

}  // namespace

std::span<const Plant> plants() { return kPlants; }
bool is_plant(std::string_view name) { return row_of(name) != nullptr; }

void spring(std::string_view plant, OutputSink& sink) {
  const Row* row = row_of(plant);
  g_lie = row ? row->lie : nullptr;
  if (row && row->deed) row->deed(sink);
}

std::string distort(std::string reply) {
  if (g_lie && reply.size() > kMessageIdAt + 8) g_lie(reply);
  return reply;
}

void spring_in_supervisor(std::string_view plant) {
  if (plant == "supervisor_died") std::raise(SIGKILL);
}

}  // namespace mapiguard

#endif
