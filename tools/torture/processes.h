// Processes: those that torture starts, those below it, and what they weigh.
//
// Thread promise: Child belongs to one thread, which must outlive it: with that thread the child is killed. The rest
// are pure reads.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <mapiguard/result.h>
#include "guardian/descriptor.h"

namespace mapiguard::torture {

class Child {
 public:
  struct Setting {
    std::vector<std::string> argv;  // argv[0] is a path
    std::string output, errors;     // files for standard output and standard error; "" = /dev/null
    std::uint64_t file_limit = 0;   // RLIMIT_FSIZE with SIGXFSZ ignored, so that writing fails; 0 = none
  };
  // Errors: internal.
  static Result<Child> start(const Setting& setting);
  Child(Child&&) noexcept = default;
  Child& operator=(Child&&) = delete;
  ~Child();  // kills and reaps

  pid_t pid() const { return pid_; }
  void kill(int signal) const;
  // The wait status, or nullopt when it still runs after so long.
  std::optional<int> wait(int milliseconds);

 private:
  Child(pid_t pid, UniqueFd handle) : pid_(pid), handle_(std::move(handle)) {}
  pid_t pid_;
  UniqueFd handle_;
  std::optional<int> status_;
};

// "exit code 75", "SIGKILL".
std::string describe_status(int status);

std::vector<pid_t> children_of_process(pid_t pid);  // of all its threads
std::vector<pid_t> descendants_of(pid_t pid);
// A worker proper: named so and under a system call filter.
bool is_worker(pid_t pid);
bool is_zombie_or_gone(pid_t pid);
std::string name_of_process(pid_t pid);
long resident_kib(const std::string& pid);  // "self" is one, too; 0 = not known
std::size_t count_descriptors(const std::string& pid);

// Children of ours that were not there `before`, after up to some seconds in which they may end; reaps what has ended
// and kills what has not. Their names: what was left behind.
std::vector<std::string> take_orphans(const std::vector<pid_t>& before);

}  // namespace mapiguard::torture
