// Lockdown: what a process gives up, in the order in which it can.
//
//   nursery:  become_nobody → enter_namespaces → (init, landlock, limits) → drop_capabilities → filter
//   worker:   forked from there with all of it, it only narrows the system calls and sets its CPU and file limits
//
//   keeper:   become_nobody → enter_user_namespace (once, in its nursery) → enclose_command (in the command's init) →
//             limit_command → drop_capabilities
//
// Thread promise: of the single-threaded calling process; nothing here can be undone.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "guardian/sandbox.h"
#include <mapiguard/guard.h>
#include <mapiguard/result.h>

namespace mapiguard {

// Root becomes nobody, without supplementary groups. CAP_SYS_ADMIN is kept for enter_namespaces() alone, which on hosts without
// user namespaces needs it. Others stay who they are. Errors: internal.
Result<void> become_nobody();

// User, mount (an empty, read-only root), network, ipc, uts and pid namespaces, each as far as this host gives it; the layer
// says why not. After it every capability is gone.
std::vector<SandboxLayer> enter_namespaces();

// The first step of it alone; capabilities inside are kept, for the keepers that are forked from here.
SandboxLayer enter_user_namespace();

// Around an external command: its own mounts, all read-only but `scratch`; no network; ipc and uts of its own; a /proc that
// shows its own pid namespace. To be called in the first process of that namespace.
std::vector<SandboxLayer> enclose_command(const std::string& scratch);
inline constexpr char kReadOnlyLayer[] = "read-only file system";
bool is_active(const std::vector<SandboxLayer>& layers, std::string_view name);

// RLIMITs that nursery and workers share: memory (RLIMIT_DATA), no core dumps (they would hold mail), few descriptors.
SandboxLayer limit_resources(std::uint64_t memory_bytes);

void drop_capabilities();
bool set_no_new_privileges();
// Dies with the parent; false when it has died already (its id is no longer `parent`).
bool die_with_parent(pid_t parent);

// The limits of one worker, before its filter is installed.
void limit_worker(std::uint32_t cpu_seconds, std::uint64_t file_bytes);
// The limits of an external command.
void limit_command(std::uint64_t memory_bytes, std::uint32_t cpu_seconds, std::uint64_t file_bytes);

}  // namespace mapiguard
