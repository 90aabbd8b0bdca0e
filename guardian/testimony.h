// Testimony: one page a worker, into which it writes what it is doing and, when it dies, how: signal, sender, fault address,
// call stack. The supervisor reads the page after the worker's death: evidence of the accused, never more.
//
// A hijacked worker can write anything here; read_testimony() checks ranges, and judge() lets it decide only what the wait
// status leaves open.
//
// Thread promise: the writing half belongs to the single-threaded worker (the handlers are async-signal-safe and touch
// nothing but the page); read_testimony() is pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "guardian/limits.h"
#include "guardian/pool.h"

namespace mapiguard {

struct TestimonyPage {
  volatile std::int32_t signal;  // written last
  std::int32_t si_code;
  std::int32_t sender_pid;
  std::int32_t own_pid;
  std::uint64_t fault_address;
  std::int32_t system_call;  // + 1, so that a fresh page says none
  std::uint8_t near_stack;
  volatile std::uint8_t out_of_memory;
  std::uint16_t frames;
  std::uint16_t register_count;
  std::array<std::uint64_t, 34> registers;  // in the order of register_name()
  std::array<std::uint64_t, 64> stack;
  std::uint16_t phase_bytes;
  std::uint16_t message_id_bytes;
  std::array<char, 20> phase;
  std::array<char, 1024> message_id;
};
static_assert(sizeof(TestimonyPage) <= kTestimonyBytes);

// -- the supervisor's half ------------------------------------------------------------------------------------------
Testimony read_testimony(const TestimonyPage& page);
// "rip"; "" beyond the last.
std::string_view register_name(std::size_t index);

// -- the worker's half ------------------------------------------------------------------------------------------------
// Handlers, on a stack of their own, for every signal that ends a process; they write the page and then the signal does what
// it does by default. Also: operator new and GLib mark running out of memory, and GLib's log goes nowhere (its own
// writer calls getpeername, which would turn out-of-memory into a forbidden system call). Once, in the nursery;
// forked workers inherit it.
// `plugin`: the library that was loaded, "" = none. Then stacks are told from unwinding tables, which code of others has
// where it keeps no frame pointers.
void install_testimony(const std::string& plugin = {});
// What is mapped, in the order of the module numbers in Testimony::stack.
std::vector<LoadedModule> loaded_modules();
// Where this process writes from now on.
void testify_on(TestimonyPage* page);
// A new message begins: what was said about the last one is wiped.
void begin_testimony();
void testify_phase(std::string_view phase);
void testify_message_id(std::string_view message_id);

}  // namespace mapiguard
