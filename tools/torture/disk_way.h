// Disk way: `mapiguard convert` while the disk with its state directory and its outputs is full, and when there is room
// again.
//
// It runs in a process of its own (`mapiguard torture-disk`), in a mount namespace with a small file system, which
// takes a user namespace where we are not root. Where neither can be had, a limit on the size of files stands for the
// full disk.
//
// Thread promise: of a single-threaded process, until run_disk_way() starts others.
#pragma once

#include <string>

#include "tools/torture/plan.h"

namespace mapiguard::torture {

// What the process prints: {"rows": […], "figures": {…}}, or {"error": "…"}.
std::string run_disk_way(const Plan& plan, std::size_t count);

}  // namespace mapiguard::torture
