// Evidence: what a debugger would see of an external command's death: its registers, what it has mapped, its stack.
//
// Taken by the command's init, its parent, when a fault reaches the command; mapiguard-symbols makes frames of it with the
// unwinding tables of the files named in it. A command that is traced cannot be debugged by itself or others (LeakSanitizer
// for one), so this is done only for one more look at a death that is known already.
//
// Layout, all little-endian: EvidenceHeader, then `maps_bytes` of /proc/PID/maps, then `stack_bytes` of memory beginning at
// `stack_address`. Thread promise: of the single-threaded init.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>

namespace mapiguard {

struct EvidenceHeader {
  std::array<char, 8> magic;
  std::int32_t signal;
  std::int32_t si_code;
  std::uint64_t fault_address;
  std::array<std::uint64_t, 34> registers;  // as PTRACE_GETREGSET gives them (user_regs_struct)
  std::uint64_t registers_bytes;
  std::uint64_t stack_address;
  std::uint64_t stack_bytes;
  std::uint64_t maps_bytes;
};
inline constexpr std::array<char, 8> kEvidenceMagic{'M', 'G', 'E', 'V', 'I', 'D', '0', '1'};

// In the command, before exec. Without effect where tracing is not allowed: then there is no evidence.
void ask_to_be_traced();

class Witness {
 public:
  // evidence: a descriptor to write to, -1 = nothing is traced.
  Witness(pid_t command, int evidence) : command_(command), evidence_(evidence) {}
  // `pid`, the command or a thread of it, stands still with that wait status.
  void let_go_on(pid_t pid, int status);

 private:
  void look(pid_t pid);

  pid_t command_;
  int evidence_;
  bool has_looked_ = false;
  bool is_started_ = false;
};

}  // namespace mapiguard
