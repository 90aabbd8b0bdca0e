#include "tools/torture/hunter.h"

#include <signal.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <vector>

#include "guardian/process.h"
#include "tools/torture/processes.h"

namespace mapiguard::torture {
namespace {

constexpr unsigned kLeastPause = 1, kMostPause = 15;  // milliseconds between two kills

// One that is running just now, if there is one: it converts. The others may be spares.
pid_t victim_below(pid_t root, std::mt19937_64& dice) {
  std::vector<pid_t> workers;
  for (const pid_t pid : descendants_of(root))
    if (is_worker(pid)) workers.push_back(pid);
  const auto busy = std::ranges::partition(workers, [](pid_t pid) { return state_of(pid) != 'R'; });
  if (!busy.empty()) return busy[dice() % busy.size()];
  return workers.empty() ? 0 : workers[dice() % workers.size()];
}

}  // namespace

Hunter::Hunter(pid_t root, std::uint64_t most, std::uint64_t seed)
    : thread_([this, root, most, seed] { hunt(root, most, seed); }) {}
Hunter::~Hunter() { end(); }

std::uint64_t Hunter::end() {
  over_ = true;
  if (thread_.joinable()) thread_.join();
  return killed_;
}

void Hunter::hunt(pid_t root, std::uint64_t most, std::uint64_t seed) {
  std::mt19937_64 dice(seed);
  while (!over_ && killed_ < most) {
    std::this_thread::sleep_for(std::chrono::milliseconds(kLeastPause + dice() % (kMostPause - kLeastPause)));
    const pid_t victim = victim_below(root, dice);
    if (victim > 0 && !over_ && ::kill(victim, dice() % 2 ? SIGKILL : SIGSEGV) == 0) ++killed_;
  }
}

}  // namespace mapiguard::torture
