// Brood: what a nursery forks: sandboxed workers of our own converter, or keepers of an external command.
//
// Thread promise: of the single-threaded nursery.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "guardian/descriptor.h"
#include "guardian/wire.h"
#include "guardian/worker.h"
#include <mapiguard/guard.h>
#include <mapiguard/result.h>

namespace mapiguard {

class Brood {
 public:
  virtual ~Brood() = default;

  // What must be there before the fork. Errors: told to the supervisor, nothing is forked.
  virtual Result<void> prepare(const NurseryOrder& order) = 0;
  // In the forked process; never returns.
  [[noreturn]] virtual void become(const NurseryOrder& order, Received& received) = 0;
  // In the nursery: forked as `pid`, or not (0).
  virtual void forked(const NurseryOrder& order, pid_t pid) = 0;
  // The process has been reaped. It may be one that the brood started for itself.
  virtual void ended(pid_t pid) = 0;
  // Without it nothing can be forked any more (pid 1 of the workers' namespace).
  virtual bool is_vital(pid_t pid) const = 0;
  // The supervisor has hung up.
  virtual void farewell() = 0;
};

struct Nest {
  std::unique_ptr<Brood> brood;
  std::vector<SandboxLayer> layers;
};

// Each gives up what the nursery need not keep, once and for ever, and tells how far this host let it.
// Errors: internal, with the reason why no process can be forked safely.
Result<Nest> nest_of_workers(const NurseryOrder& config, const Skills& skills, pid_t supervisor);
Result<Nest> nest_of_keepers(const NurseryOrder& config, pid_t supervisor);

}  // namespace mapiguard
