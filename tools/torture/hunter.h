// Hunter: kills workers from outside while they convert, at random, by SIGKILL and SIGSEGV. Nobody may be charged for
// it.
//
// Thread promise: made and ended by one thread; it has one of its own.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <thread>

namespace mapiguard::torture {

class Hunter {
 public:
  // Workers below `root`, at most so many.
  Hunter(pid_t root, std::uint64_t most, std::uint64_t seed);
  ~Hunter();

  std::uint64_t end();  // how many it killed

 private:
  void hunt(pid_t root, std::uint64_t most, std::uint64_t seed);

  std::atomic<bool> over_{false};
  std::atomic<std::uint64_t> killed_{0};
  std::thread thread_;
};

}  // namespace mapiguard::torture
