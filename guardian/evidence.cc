#include "guardian/evidence.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <string>
#include <vector>

#include "guardian/descriptor.h"

namespace mapiguard {
namespace {

constexpr std::size_t kMostStack = 1 << 20;  // a recursion shows in far less
constexpr std::size_t kMostMaps = 1 << 20;

bool is_fault(int signal) {
  constexpr std::array kFaults{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS, SIGXCPU};
  return std::ranges::find(kFaults, signal) != kFaults.end();
}

std::string maps_of(pid_t pid) {
  const UniqueFd file(::open(("/proc/" + std::to_string(pid) + "/maps").c_str(), O_RDONLY | O_CLOEXEC));
  std::string maps;
  char piece[4096];
  for (ssize_t got; file && maps.size() < kMostMaps && (got = ::read(file.get(), piece, sizeof piece)) > 0;)
    maps.append(piece, static_cast<std::size_t>(got));
  return maps;
}

// From `address` upwards, as far as it is mapped.
std::vector<char> memory_of(pid_t pid, std::uint64_t address) {
  constexpr std::size_t kPage = 4096;
  std::vector<char> memory(kMostStack);
  std::size_t filled = 0;
  while (filled < memory.size()) {
    const std::size_t to_page_end = kPage - (address + filled) % kPage;
    iovec ours{memory.data() + filled, std::min(to_page_end, memory.size() - filled)};
    iovec theirs{reinterpret_cast<void*>(address + filled), ours.iov_len};
    const ssize_t got = ::process_vm_readv(pid, &ours, 1, &theirs, 1, 0);
    if (got <= 0) break;
    filled += static_cast<std::size_t>(got);
  }
  memory.resize(filled);
  return memory;
}

std::uint64_t stack_pointer(const user_regs_struct& registers) {
#if defined(__x86_64__)
  return registers.rsp;
#elif defined(__aarch64__)
  return registers.sp;
#endif
}

bool read_registers(pid_t pid, EvidenceHeader& header, std::uint64_t& stack) {
  user_regs_struct registers{};
  static_assert(sizeof registers <= sizeof header.registers);
  iovec buffer{&registers, sizeof registers};
  if (::ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &buffer) != 0) return false;
  std::memcpy(header.registers.data(), &registers, buffer.iov_len);
  header.registers_bytes = buffer.iov_len;
  stack = stack_pointer(registers);
  return true;
}

}  // namespace

void ask_to_be_traced() { ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr); }

void Witness::look(pid_t pid) {
  siginfo_t info{};
  EvidenceHeader header{};
  header.magic = kEvidenceMagic;
  if (::ptrace(PTRACE_GETSIGINFO, pid, nullptr, &info) != 0 || !read_registers(pid, header, header.stack_address)) return;
  header.signal = info.si_signo;
  header.si_code = info.si_code;
  if (info.si_code > 0) header.fault_address = reinterpret_cast<std::uintptr_t>(info.si_addr);
  const std::string maps = maps_of(pid);
  const std::vector<char> stack = memory_of(pid, header.stack_address);
  header.maps_bytes = maps.size();
  header.stack_bytes = stack.size();
  iovec pieces[] = {{&header, sizeof header},
                    {const_cast<char*>(maps.data()), maps.size()},
                    {const_cast<char*>(stack.data()), stack.size()}};
  has_looked_ = ::pwritev(evidence_, pieces, std::size(pieces), 0) > 0;
}

void Witness::let_go_on(pid_t pid, int status) {
  const int signal = WSTOPSIG(status), event = status >> 16;
  if (!is_started_ && pid == command_ && signal == SIGTRAP) {  // exec
    is_started_ = true;
    ::ptrace(PTRACE_SETOPTIONS, pid, nullptr, PTRACE_O_TRACEEXEC | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL);
    ::ptrace(PTRACE_CONT, pid, nullptr, nullptr);
    return;
  }
  // A new thread stands still with a SIGSTOP that nobody sent.
  const bool is_event = event != 0 || (pid != command_ && signal == SIGSTOP);
  // The last fault is the one that ends it: a program may handle others.
  if (!is_event && is_fault(signal)) look(pid);
  ::ptrace(PTRACE_CONT, pid, nullptr, is_event ? nullptr : reinterpret_cast<void*>(static_cast<std::intptr_t>(signal)));
}

}  // namespace mapiguard
