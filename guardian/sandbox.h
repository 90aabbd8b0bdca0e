// Sandbox: what a worker, the nursery, and an external command may do, built once and applied with few system calls.
//
// Nothing is allowed that is not in the table of sandbox.cc; every loosening is a row there with its reason.
// Thread promise: plain values; building and applying belong to one (single-threaded) process.
#pragma once

#include <linux/filter.h>

#include <cstddef>
#include <string>
#include <vector>

#include "guardian/descriptor.h"
#include <mapiguard/guard.h>
#include <mapiguard/result.h>

namespace mapiguard {

// A seccomp program ready to be installed. Calls outside it raise SIGSYS (TRAP: the handler keeps the number).
class SystemCallFilter {
 public:
  // What a converter needs: memory, its socket, its output.
  static Result<SystemCallFilter> for_worker();
  // What the nursery needs once it has warmed up: also to fork, to reap, to signal its workers.
  static Result<SystemCallFilter> for_nursery();

  // On the calling process, for ever; no_new_privs must be set. False with errno.
  bool install();

 private:
  explicit SystemCallFilter(std::vector<sock_filter> program);
  std::vector<sock_filter> program_;
  std::vector<std::size_t> own_process_;  // instructions that compare with the process's own id
};

// Landlock with no right at all: no path can be opened, no TCP port bound or connected, no process outside signalled.
// Inherited by fork, so once in the nursery is enough. Tells how far this kernel went.
SandboxLayer restrict_paths();

// Landlock for an external command where mounts cannot be made read-only: writing only beneath `scratch` and to devices.
// With "" only tells whether it could be had.
SandboxLayer restrict_writing(const std::string& scratch);

}  // namespace mapiguard
