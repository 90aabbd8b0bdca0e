#include "guardian/testimony.h"

#include <glib.h>
#include <link.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>
#include <unwind.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>

#include "base/bytes.h"
#include "base/sha256.h"

namespace mapiguard {
namespace {

TestimonyPage g_nobody_reads;  // until a page is given: the nursery itself
TestimonyPage* g_page = &g_nobody_reads;

constexpr std::size_t kHandlerStack = 64 << 10;
alignas(64) char g_handler_stack[kHandlerStack];

bool g_unwinds = false;
std::uintptr_t g_stack_top = 0;  // of the main thread; it grows down from here to kWorkerStackBytes below

// The modules that are mapped, so that addresses can be told as "offset in module": the same death then has the same
// stack whichever way the addresses were randomised.
struct Module {
  std::uintptr_t begin, end, bias;
};
std::array<Module, 64> g_modules;
std::size_t g_module_count = 0;
std::vector<LoadedModule> g_loaded;  // the same, by name

// NT_GNU_BUILD_ID, from a module's notes in memory.
std::string build_id_in(const std::byte* notes, std::size_t size) {
  constexpr std::size_t kAlign = 4;
  const auto padded = [](std::size_t n) { return (n + kAlign - 1) / kAlign * kAlign; };
  for (std::size_t at = 0; at + sizeof(ElfW(Nhdr)) <= size;) {
    ElfW(Nhdr) note;
    std::memcpy(&note, notes + at, sizeof note);
    const std::size_t name = at + sizeof note, content = name + padded(note.n_namesz);
    if (content + note.n_descsz > size) break;
    if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && std::memcmp(notes + name, "GNU", 4) == 0)
      return hex(Bytes(notes + content, note.n_descsz));
    at = content + padded(note.n_descsz);
  }
  return {};
}

LoadedModule module_of(const dl_phdr_info& info) {
  LoadedModule module;
  module.path = info.dlpi_name;
  if (module.path.empty()) {  // the program itself
    char path[4096];
    const ssize_t length = ::readlink("/proc/self/exe", path, sizeof path);
    if (length > 0) module.path.assign(path, static_cast<std::size_t>(length));
  }
  for (int i = 0; i < info.dlpi_phnum && module.build_id.empty(); ++i)
    if (info.dlpi_phdr[i].p_type == PT_NOTE)
      module.build_id = build_id_in(reinterpret_cast<const std::byte*>(info.dlpi_addr + info.dlpi_phdr[i].p_vaddr), info.dlpi_phdr[i].p_memsz);
  return module;
}

int note_module(dl_phdr_info* info, std::size_t, void*) {
  if (g_module_count == g_modules.size()) return 1;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const auto& header = info->dlpi_phdr[i];
    if (header.p_type != PT_LOAD || !(header.p_flags & PF_X)) continue;
    const std::uintptr_t begin = info->dlpi_addr + header.p_vaddr;
    g_modules[g_module_count++] = {begin, begin + header.p_memsz, info->dlpi_addr};
    g_loaded.push_back(module_of(*info));
    break;
  }
  return 0;
}

// Module number above bit 40 (0 = our own program, whose offsets addr2line takes as they are), offset below. 0 = no code.
std::uint64_t in_module(std::uintptr_t address) {
  for (std::size_t i = 0; i < g_module_count; ++i)
    if (address >= g_modules[i].begin && address < g_modules[i].end)
      return std::uint64_t{i} << kModuleShift | (address - g_modules[i].bias);
  return 0;
}

struct Registers {
  std::uintptr_t instruction, frame, stack;
};

Registers registers_of(const void* context) {
  const auto& machine = static_cast<const ucontext_t*>(context)->uc_mcontext;
#if defined(__x86_64__)
  return {static_cast<std::uintptr_t>(machine.gregs[REG_RIP]), static_cast<std::uintptr_t>(machine.gregs[REG_RBP]),
          static_cast<std::uintptr_t>(machine.gregs[REG_RSP])};
#elif defined(__aarch64__)
  return {machine.pc, machine.regs[29], machine.sp};
#else
#error "the registers of this processor are not known here"
#endif
}

void write_registers(TestimonyPage& page, const void* context) {
  const auto& machine = static_cast<const ucontext_t*>(context)->uc_mcontext;
  std::size_t count = 0;
#if defined(__x86_64__)
  for (const int number : {REG_RIP, REG_RSP, REG_RBP, REG_RAX, REG_RBX, REG_RCX, REG_RDX, REG_RSI, REG_RDI, REG_R8, REG_R9, REG_R10,
                           REG_R11, REG_R12, REG_R13, REG_R14, REG_R15, REG_EFL})
    page.registers[count++] = static_cast<std::uint64_t>(machine.gregs[number]);
#elif defined(__aarch64__)
  page.registers[count++] = machine.pc;
  page.registers[count++] = machine.sp;
  for (const auto value : machine.regs) page.registers[count++] = value;
  page.registers[count++] = machine.pstate;
#endif
  page.register_count = static_cast<std::uint16_t>(count);
}

bool is_in_program(std::uintptr_t address) {
  return g_module_count > 0 && address >= g_modules[0].begin && address < g_modules[0].end;
}

// Of the stack, whatever stands there: AddressSanitizer's red zones, too.
[[gnu::no_sanitize("address")]] std::uintptr_t word_at(std::uintptr_t address) {
  return *reinterpret_cast<const volatile std::uintptr_t*>(address);
}

bool is_frame(std::uintptr_t frame, std::uintptr_t floor) {
  return frame >= floor && frame % sizeof(void*) == 0 && frame + 2 * sizeof(void*) <= g_stack_top;
}

// The C library, GLib and whatever else is linked in from archives keep no frame pointers. Above their part of the stack the first word that leads into our own program
// is the call that went to them, and the first pair of a saved frame pointer and such a word is the frame below it.
std::uintptr_t find_own_frame(std::uintptr_t from, TestimonyPage& page, std::size_t& count) {
  constexpr std::uintptr_t kSearched = 16 << 10;
  std::uintptr_t caller = 0;
  for (std::uintptr_t at = from & ~(sizeof(void*) - 1); at < from + kSearched && at + 2 * sizeof(void*) <= g_stack_top; at += sizeof(void*)) {
    const std::uintptr_t first = word_at(at), second = word_at(at + sizeof(void*));
    if (is_in_program(second) && is_frame(first, at + 2 * sizeof(void*))) {
      if (caller) page.stack[count++] = in_module(caller);
      return at;
    }
    if (!caller && is_in_program(first)) caller = first;
  }
  return 0;
}

// Follows saved frame pointers. Each must lie on the stack, above the last: the walk ends by itself in whatever state the
// stack is.
std::size_t walk(TestimonyPage& page, std::uintptr_t frame, std::uintptr_t floor, std::size_t count) {
  while (count < page.stack.size() && is_frame(frame, floor)) {
    const std::uint64_t caller = in_module(word_at(frame + sizeof(void*)));
    if (caller == 0) break;
    page.stack[count++] = caller;
    floor = frame + 2 * sizeof(void*);
    frame = word_at(frame);
  }
  return count;
}

void write_stack(TestimonyPage& page, const Registers& registers) {
  constexpr std::size_t kNoWalk = 3;  // our own code is never that shallow: what looked like a frame was none
  page.stack[0] = in_module(registers.instruction);
  std::uintptr_t floor = registers.stack;
  if (floor >= g_stack_top || floor < g_stack_top - 2 * kWorkerStackBytes) floor = g_stack_top;  // the stack pointer itself is lost
  std::size_t count = is_in_program(registers.instruction) ? walk(page, registers.frame, floor, 1) : 1;
  if (count < kNoWalk) {
    count = 1;
    const std::uintptr_t frame = find_own_frame(floor, page, count);
    count = walk(page, frame, floor, count);
  }
  page.frames = static_cast<std::uint16_t>(count);
}

struct Unwinding {
  TestimonyPage& page;
  std::uintptr_t fault;  // the frames above it are this handler's
  std::size_t count = 0;
};

_Unwind_Reason_Code note_frame(_Unwind_Context* context, void* state) {
  auto& unwinding = *static_cast<Unwinding*>(state);
  const std::uintptr_t address = _Unwind_GetIP(context);
  if (unwinding.count == 0 && address != unwinding.fault) return _URC_NO_REASON;
  const std::uint64_t frame = in_module(address);
  if (frame == 0 || unwinding.count == unwinding.page.stack.size()) return _URC_END_OF_STACK;
  unwinding.page.stack[unwinding.count++] = frame;
  return _URC_NO_REASON;
}

// Better than what frame pointers gave, where it finds the fault; it may itself die of a damaged stack, after all else is said.
void unwind(TestimonyPage& page, const Registers& registers) {
  Unwinding unwinding{page, registers.instruction};
  _Unwind_Backtrace(note_frame, &unwinding);
  if (unwinding.count > 0) page.frames = static_cast<std::uint16_t>(unwinding.count);
}

// A fault at the lower edge of the stack. Below the limit lies the kernel's guard gap (256 pages), and a function with a
// large frame may reach past it.
bool is_near_stack_end(std::uintptr_t fault) {
  constexpr std::uintptr_t kAbove = 64 << 10, kBelow = 4 << 20;
  const std::uintptr_t limit = g_stack_top - kWorkerStackBytes;
  return fault < limit + kAbove && fault >= limit - kBelow;
}

// Whether memory is at its limit: an allocation that failed often shows only as the use of a null pointer.
bool is_memory_used_up() {
  constexpr std::size_t kProbe = 16 << 20;
  void* probe = ::mmap(nullptr, kProbe, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (probe == MAP_FAILED) return true;
  ::munmap(probe, kProbe);
  return false;
}

// The disposition is the default one again (SA_RESETHAND) and the signal is not blocked (SA_NODEFER), so that
// raising it anew ends the process here, with the wait status it would have had.
void testify(int signal, siginfo_t* info, void* context) {
  TestimonyPage& page = *g_page;
  const bool by_process = info->si_code == SI_USER || info->si_code == SI_TKILL || info->si_code == SI_QUEUE;
  page.si_code = info->si_code;
  page.own_pid = ::getpid();
  page.sender_pid = by_process ? info->si_pid : 0;
  if (signal == SIGSYS && !by_process) page.system_call = info->si_syscall + 1;
  if (!by_process && (signal == SIGSEGV || signal == SIGBUS || signal == SIGILL || signal == SIGFPE)) {
    page.fault_address = reinterpret_cast<std::uintptr_t>(info->si_addr);
    page.near_stack = signal == SIGSEGV && is_near_stack_end(page.fault_address);
  }
  const bool may_be_memory = signal == SIGSEGV || signal == SIGBUS || signal == SIGABRT || signal == SIGTRAP;
  if (may_be_memory && !page.near_stack && is_memory_used_up()) page.out_of_memory = 1;
  write_registers(page, context);
  page.signal = signal;  // before the stack is walked: that may fault, and then this much is known
  write_stack(page, registers_of(context));
  if (g_unwinds) unwind(page, registers_of(context));
  // The kernel frees a large process's memory before it tells anybody of its death (200 MB: 20 ms). The supervisor hears the
  // socket close at once, goes on with another worker, and waits for the death itself to judge it.
  ::syscall(SYS_close, kWorkerFd);
  ::syscall(SYS_tgkill, ::getpid(), static_cast<int>(::syscall(SYS_gettid)), signal);
}

constexpr bool ends_no_process(int signal) {
  constexpr int kHarmless[] = {SIGCHLD, SIGCONT, SIGURG, SIGWINCH, SIGKILL, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU};
  return std::ranges::find(kHarmless, signal) != std::end(kHarmless);
}

void install_handlers() {
  stack_t stack{};
  stack.ss_sp = g_handler_stack;
  stack.ss_size = sizeof g_handler_stack;
  ::sigaltstack(&stack, nullptr);
  struct sigaction action {};
  action.sa_sigaction = testify;
  action.sa_flags = static_cast<int>(SA_SIGINFO | SA_ONSTACK | SA_NODEFER | SA_RESETHAND);
  for (int signal = 1; signal <= SIGRTMAX; ++signal)
    if (!ends_no_process(signal)) ::sigaction(signal, &action, nullptr);  // glibc keeps 32 and 33 to itself
}

[[noreturn]] void no_memory() {
  g_page->out_of_memory = 1;
  std::abort();
}

// g_malloc's last words before SIGTRAP: "… failed to allocate %lu bytes".
GLogWriterOutput write_no_log(GLogLevelFlags level, const GLogField* fields, gsize count, gpointer) {
  if (level & G_LOG_LEVEL_ERROR)
    for (gsize i = 0; i < count; ++i)
      if (std::strcmp(fields[i].key, "MESSAGE") == 0 && fields[i].length < 0 &&
          std::strstr(static_cast<const char*>(fields[i].value), "failed to allocate"))
        g_page->out_of_memory = 1;
  return G_LOG_WRITER_HANDLED;
}

void print_nothing(const gchar*) {}

}  // namespace

void install_testimony(const std::string& plugin) {
  g_unwinds = !plugin.empty();
  pthread_attr_t attributes;
  void* lowest = nullptr;
  std::size_t size = 0;
  ::pthread_getattr_np(pthread_self(), &attributes);
  ::pthread_attr_getstack(&attributes, &lowest, &size);
  ::pthread_attr_destroy(&attributes);
  g_stack_top = reinterpret_cast<std::uintptr_t>(lowest) + size;
  const rlimit stack{kWorkerStackBytes, kWorkerStackBytes};
  ::setrlimit(RLIMIT_STACK, &stack);
  ::dl_iterate_phdr(note_module, nullptr);
  for (LoadedModule& module : g_loaded)
    if (module.path.starts_with("/proc/self/fd/")) module.path = plugin;
  install_handlers();
  std::set_new_handler(no_memory);
  g_log_set_writer_func(write_no_log, nullptr, nullptr);
  g_set_print_handler(print_nothing);
  g_set_printerr_handler(print_nothing);
}

std::vector<LoadedModule> loaded_modules() { return g_loaded; }

void testify_on(TestimonyPage* page) { g_page = page; }

void begin_testimony() {
  g_page->phase_bytes = 0;
  g_page->message_id_bytes = 0;
  g_page->out_of_memory = 0;
}

void testify_phase(std::string_view phase) {
  TestimonyPage& page = *g_page;
  const std::size_t length = std::min(phase.size(), page.phase.size());
  std::memcpy(page.phase.data(), phase.data(), length);
  page.phase_bytes = static_cast<std::uint16_t>(length);
}

void testify_message_id(std::string_view message_id) {
  TestimonyPage& page = *g_page;
  const std::size_t length = std::min(message_id.size(), page.message_id.size());
  std::memcpy(page.message_id.data(), message_id.data(), length);
  page.message_id_bytes = static_cast<std::uint16_t>(length);
}

std::string_view register_name(std::size_t index) {
#if defined(__x86_64__)
  static constexpr std::string_view kNames[] = {"rip", "rsp", "rbp", "rax", "rbx", "rcx", "rdx", "rsi", "rdi",
                                                "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15", "eflags"};
#elif defined(__aarch64__)
  static constexpr std::string_view kNames[] = {"pc",  "sp",  "x0",  "x1",  "x2",  "x3",  "x4",  "x5",  "x6",  "x7",  "x8",  "x9",
                                                "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17", "x18", "x19", "x20", "x21",
                                                "x22", "x23", "x24", "x25", "x26", "x27", "x28", "x29", "x30", "pstate"};
#endif
  return index < std::size(kNames) ? kNames[index] : std::string_view();
}

Testimony read_testimony(const TestimonyPage& page) {
  Testimony said;
  const auto up_to = [](std::size_t claimed, std::size_t most) { return std::min(claimed, most); };
  const int signal = page.signal;
  if (signal > 0 && signal <= SIGRTMAX) {
    said.signal = signal;
    said.si_code = page.si_code;
    said.sender_pid = page.sender_pid;
    said.own_pid = page.own_pid;
    said.fault_address = page.fault_address;
    said.near_stack = page.near_stack != 0;
    said.system_call = page.system_call > 0 ? page.system_call - 1 : -1;
    said.registers.assign(page.registers.begin(), page.registers.begin() + up_to(page.register_count, page.registers.size()));
    said.stack.assign(page.stack.begin(), page.stack.begin() + up_to(page.frames, page.stack.size()));
  }
  said.out_of_memory = page.out_of_memory != 0;
  said.phase.assign(page.phase.data(), up_to(page.phase_bytes, page.phase.size()));
  said.message_id.assign(page.message_id.data(), up_to(page.message_id_bytes, page.message_id.size()));
  return said;
}

}  // namespace mapiguard
