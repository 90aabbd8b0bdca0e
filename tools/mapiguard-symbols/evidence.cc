#include "tools/mapiguard-symbols/evidence.h"

#include <elfutils/libdwfl.h>
#include <sys/user.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "guardian/evidence.h"

namespace mapiguard {
namespace {

constexpr int kNoEvidence = 65, kNothingToTell = 66;
constexpr std::size_t kMostEvidence = 8 << 20;
constexpr unsigned kMostFrames = 64;
constexpr pid_t kThread = 1;  // any number: there is one thread

struct Evidence {
  EvidenceHeader header;
  std::string maps;
  std::string_view stack;
};

std::string read_all(int fd) {
  std::string all;
  char piece[64 << 10];
  for (ssize_t got; all.size() < kMostEvidence && (got = ::read(fd, piece, sizeof piece)) > 0;) all.append(piece, static_cast<std::size_t>(got));
  return all;
}

std::optional<Evidence> parsed(std::string_view all) {
  Evidence evidence{};
  if (all.size() < sizeof evidence.header) return std::nullopt;
  std::memcpy(&evidence.header, all.data(), sizeof evidence.header);
  all.remove_prefix(sizeof evidence.header);
  const EvidenceHeader& header = evidence.header;
  if (header.magic != kEvidenceMagic || header.maps_bytes > all.size() || header.stack_bytes > all.size() - header.maps_bytes ||
      header.registers_bytes != sizeof(user_regs_struct))
    return std::nullopt;
  evidence.maps = all.substr(0, header.maps_bytes);
  evidence.stack = all.substr(header.maps_bytes, header.stack_bytes);
  return evidence;
}

// -- what libdwfl asks of a process that is no more -----------------------------------------------------------------------

pid_t next_thread(Dwfl*, void* argument, void** thread_argument) {
  if (*thread_argument) return 0;
  *thread_argument = argument;
  return kThread;
}

bool read_memory(Dwfl*, Dwarf_Addr address, Dwarf_Word* result, void* argument) {
  const auto& evidence = *static_cast<const Evidence*>(argument);
  const std::uint64_t begin = evidence.header.stack_address;
  if (address < begin || address - begin > evidence.stack.size() || evidence.stack.size() - (address - begin) < sizeof *result) return false;
  std::memcpy(result, evidence.stack.data() + (address - begin), sizeof *result);
  return true;
}

bool set_registers(Dwfl_Thread* thread, void* argument) {
  const auto& evidence = *static_cast<const Evidence*>(argument);
  user_regs_struct machine;
  std::memcpy(&machine, evidence.header.registers.data(), sizeof machine);
#if defined(__x86_64__)
  // Numbers of the System V ABI for x86-64, figure 3.36.
  const Dwarf_Word words[] = {machine.rax, machine.rdx, machine.rcx, machine.rbx, machine.rsi, machine.rdi, machine.rbp, machine.rsp, machine.r8,
                              machine.r9,  machine.r10, machine.r11, machine.r12, machine.r13, machine.r14, machine.r15, machine.rip};
  return dwfl_thread_state_registers(thread, 0, std::size(words), words);
#elif defined(__aarch64__)
  Dwarf_Word words[32];
  for (std::size_t i = 0; i < 31; ++i) words[i] = machine.regs[i];
  words[31] = machine.sp;
  dwfl_thread_state_register_pc(thread, machine.pc);
  return dwfl_thread_state_registers(thread, 0, std::size(words), words);
#endif
}

constexpr Dwfl_Thread_Callbacks kThreads = {
    .next_thread = next_thread,
    .get_thread = nullptr,
    .memory_read = read_memory,
    .set_initial_registers = set_registers,
    .detach = nullptr,
    .thread_detach = nullptr,
};

constexpr Dwfl_Callbacks kFiles = {
    .find_elf = dwfl_linux_proc_find_elf,
    .find_debuginfo = dwfl_standard_find_debuginfo,
    .section_address = nullptr,
    .debuginfo_path = nullptr,
};

// -- frames ---------------------------------------------------------------------------------------------------------------

std::string build_id_of(Dwfl_Module* module) {
  const unsigned char* bits = nullptr;
  GElf_Addr where = 0;
  const int size = dwfl_module_build_id(module, &bits, &where);
  std::string text;
  for (int i = 0; i < size; ++i) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", bits[i]);
    text += digits;
  }
  return text.empty() ? "-" : text;
}

void print_frame(Dwfl* session, Dwarf_Addr address, bool is_exact) {
  const Dwarf_Addr asked = is_exact || address == 0 ? address : address - 1;  // a return address stands behind its call
  Dwfl_Module* module = dwfl_addrmodule(session, asked);
  if (!module) {
    std::printf("-\t-\t0x%llx\t-\t-\n", static_cast<unsigned long long>(address));
    return;
  }
  GElf_Addr bias = 0;
  const bool has_file = dwfl_module_getelf(module, &bias) != nullptr;
  Dwarf_Addr start = 0;
  const char* path = dwfl_module_info(module, nullptr, &start, nullptr, nullptr, nullptr, nullptr, nullptr);
  const char* name = dwfl_module_addrname(module, asked);
  Dwfl_Line* line = dwfl_module_getsrc(module, asked);
  int number = 0;
  const char* file = line ? dwfl_lineinfo(line, nullptr, &number, nullptr, nullptr, nullptr) : nullptr;
  std::printf("%s\t%s\t0x%llx\t%s\t%s\n", path ? path : "-", build_id_of(module).c_str(),
              static_cast<unsigned long long>(address - (has_file ? bias : start)), name ? readable(name).c_str() : "-",
              file ? (std::string(file) + ":" + std::to_string(number)).c_str() : "-");
}

struct Walk {
  Dwfl* session;
  unsigned frames = 0;
};

int on_frame(Dwfl_Frame* frame, void* argument) {
  auto& walk = *static_cast<Walk*>(argument);
  Dwarf_Addr address = 0;
  bool is_exact = false;
  if (!dwfl_frame_pc(frame, &address, &is_exact)) return DWARF_CB_ABORT;
  print_frame(walk.session, address, is_exact || walk.frames == 0);
  return ++walk.frames < kMostFrames ? DWARF_CB_OK : DWARF_CB_ABORT;
}

bool report_modules(Dwfl* session, std::string& maps) {
  const std::unique_ptr<FILE, int (*)(FILE*)> text(::fmemopen(maps.data(), maps.size(), "r"), std::fclose);
  dwfl_report_begin(session);
  const bool reported = text && dwfl_linux_proc_maps_report(session, text.get()) == 0;
  return dwfl_report_end(session, nullptr, nullptr) == 0 && reported;
}

Dwarf_Addr instruction_of(const EvidenceHeader& header) {
  user_regs_struct machine;
  std::memcpy(&machine, header.registers.data(), sizeof machine);
#if defined(__x86_64__)
  return machine.rip;
#elif defined(__aarch64__)
  return machine.pc;
#endif
}

}  // namespace

int print_frames(int fd) {
  auto evidence = parsed(read_all(fd));
  if (!evidence) {
    std::fputs("mapiguard-symbols: what stands on standard input is no evidence of a death\n", stderr);
    return kNoEvidence;
  }
  const EvidenceHeader& header = evidence->header;
  std::printf("signal\t%d\t%d\t0x%llx\n", header.signal, header.si_code, static_cast<unsigned long long>(header.fault_address));
  const std::unique_ptr<Dwfl, void (*)(Dwfl*)> session(dwfl_begin(&kFiles), dwfl_end);
  if (!session || evidence->maps.empty() || !report_modules(session.get(), evidence->maps)) return kNothingToTell;
  Walk walk{session.get()};
  const bool attached = dwfl_attach_state(session.get(), nullptr, kThread, &kThreads, &*evidence);
  if (attached) dwfl_getthread_frames(session.get(), kThread, on_frame, &walk);
  if (walk.frames == 0) print_frame(session.get(), instruction_of(header), true);  // at least where it was
  return 0;
}

}  // namespace mapiguard
