#include "guardian/lockdown.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "guardian/limits.h"

namespace mapiguard {
namespace {

constexpr uid_t kNobody = 65534;  // Debian's nobody and nogroup
constexpr std::uint32_t bit(int capability) { return 1u << capability; }
constexpr std::uint32_t kNamespaceCapabilities = bit(CAP_SYS_ADMIN) | bit(CAP_SYS_CHROOT);

std::string because(std::string_view what) { return std::string(what) + ": " + std::strerror(errno); }

bool set_capabilities(std::uint32_t effective, std::uint32_t permitted) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {{effective, permitted, 0}, {0, 0, 0}};
  return ::syscall(SYS_capset, &header, data) == 0;
}

std::uint32_t permitted_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  return ::syscall(SYS_capget, &header, data) == 0 ? data[0].permitted : 0;
}

bool write_file(const char* path, const std::string& text) {
  const UniqueFd file(::open(path, O_WRONLY | O_CLOEXEC));
  return file && ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

// The user keeps its own id inside: nobody becomes root anywhere.
bool map_identity(uid_t user, gid_t group) {
  const auto onto_itself = [](unsigned id) { return std::to_string(id) + " " + std::to_string(id) + " 1"; };
  write_file("/proc/self/setgroups", "deny");  // needed before gid_map for one without capabilities outside
  return write_file("/proc/self/uid_map", onto_itself(user)) && write_file("/proc/self/gid_map", onto_itself(group));
}

// An empty file system becomes the root, and the old one is let go.
bool pivot_into_nothing() {
  for (const char* place : {"/tmp", "/run", "/var", "/dev", "/proc", "/mnt"}) {
    if (::mount("none", place, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0555,size=4k,nr_inodes=2") != 0) continue;
    const bool inside = ::chdir(place) == 0;
    const bool pivoted = inside && ::syscall(SYS_pivot_root, ".", ".") == 0 && ::umount2(".", MNT_DETACH) == 0;
    // In a plain chroot the root is no mount that could be exchanged.
    if (!pivoted && !(inside && ::chroot(".") == 0)) return false;
    return ::chdir("/") == 0 &&
           ::mount(nullptr, "/", nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) == 0;
  }
  return false;
}

SandboxLayer enter_mount_namespace() {
  SandboxLayer layer{"mount namespace", false, {}};
  if (::unshare(CLONE_NEWNS) != 0)
    layer.detail = because("unshare");
  else if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    layer.detail = because("its mounts could not be made its own");
  else if (!pivot_into_nothing())
    layer.detail = because("its root could not be emptied");
  else
    layer = {"mount namespace", true, "empty root, read only"};
  return layer;
}

bool set_mount(const char* path, std::uint64_t set, std::uint64_t clear, unsigned flags) {
  mount_attr attributes{};
  attributes.attr_set = set;
  attributes.attr_clr = clear;
  return ::syscall(SYS_mount_setattr, AT_FDCWD, path, flags, &attributes, sizeof attributes) == 0;
}

// All mounts of a namespace of its own; the scratch folder becomes a mount so that it can differ.
SandboxLayer make_mounts_read_only(const char* scratch) {
  SandboxLayer layer{kReadOnlyLayer, false, {}};
  if (::unshare(CLONE_NEWNS) != 0)
    layer.detail = because("unshare");
  else if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    layer.detail = because("its mounts could not be made its own");
  else if (::mount(scratch, scratch, nullptr, MS_BIND, nullptr) != 0)
    layer.detail = because("its scratch folder could not be mounted");
  else if (!set_mount("/", MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID, 0, AT_RECURSIVE))
    layer.detail = because("its mounts could not be made read-only");
  else if (!set_mount(scratch, 0, MOUNT_ATTR_RDONLY, 0))
    layer.detail = because("its scratch folder could not be made writable");
  else
    layer = {kReadOnlyLayer, true, "all but its scratch folder"};
  return layer;
}

SandboxLayer mount_own_proc() {
  const bool mounted = ::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) == 0;
  return {"own /proc", mounted, mounted ? std::string() : because("mount")};
}

SandboxLayer enter_namespace(const char* name, int flag) {
  const bool entered = ::unshare(flag) == 0;
  return {name, entered, entered ? std::string() : because("unshare")};
}

void limit(__rlimit_resource resource, rlim_t soft, rlim_t hard) {
  rlimit now;
  if (::getrlimit(resource, &now) == 0 && now.rlim_max < hard) hard = now.rlim_max;  // an ordinary user cannot raise it
  const rlimit wanted{soft < hard ? soft : hard, hard};
  ::setrlimit(resource, &wanted);
}

}  // namespace

Result<void> become_nobody() {
  if (::geteuid() != 0 && ::getuid() != 0) return {};
  ::prctl(PR_SET_KEEPCAPS, 1);
  if (::setgroups(0, nullptr) != 0 || ::setresgid(kNobody, kNobody, kNobody) != 0 || ::setresuid(kNobody, kNobody, kNobody) != 0)
    return fail(ErrorCode::internal, because("the nursery could not become the user nobody"));
  ::prctl(PR_SET_KEEPCAPS, 0);
  set_capabilities(0, permitted_capabilities() & kNamespaceCapabilities);
  return {};
}

SandboxLayer enter_user_namespace() {
  const uid_t user = ::geteuid();
  const gid_t group = ::getegid();
  ::prctl(PR_SET_DUMPABLE, 1);  // a process that changed its user may not write its own /proc/self/uid_map otherwise
  SandboxLayer layer{"user namespace", ::unshare(CLONE_NEWUSER) == 0, {}};
  if (!layer.active)
    layer.detail = because("unshare");
  else if (!map_identity(user, group))
    layer.detail = because("without a name for its user");
  ::prctl(PR_SET_DUMPABLE, 0);
  if (!layer.active) {  // the other namespaces can be had by one who was root
    const std::uint32_t left = permitted_capabilities() & kNamespaceCapabilities;
    set_capabilities(left, left);
  }
  return layer;
}

std::vector<SandboxLayer> enter_namespaces() {
  std::vector<SandboxLayer> layers;
  layers.push_back(enter_user_namespace());
  layers.push_back(enter_mount_namespace());
  layers.push_back(enter_namespace("network namespace", CLONE_NEWNET));
  layers.push_back(enter_namespace("ipc namespace", CLONE_NEWIPC));
  layers.push_back(enter_namespace("uts namespace", CLONE_NEWUTS));
  layers.push_back(enter_namespace("pid namespace", CLONE_NEWPID));
  drop_capabilities();
  return layers;
}

std::vector<SandboxLayer> enclose_command(const std::string& scratch) {
  std::vector<SandboxLayer> layers;
  layers.push_back(make_mounts_read_only(scratch.c_str()));
  if (!layers.front().active) {
    layers.push_back(restrict_writing({}));
    layers.back().detail += ", instead of read-only mounts";
  }
  layers.push_back(enter_namespace("network namespace", CLONE_NEWNET));
  layers.push_back(enter_namespace("ipc namespace", CLONE_NEWIPC));
  layers.push_back(enter_namespace("uts namespace", CLONE_NEWUTS));
  if (layers.front().active && ::getpid() == 1) layers.push_back(mount_own_proc());
  return layers;
}

bool is_active(const std::vector<SandboxLayer>& layers, std::string_view name) {
  return std::ranges::any_of(layers, [&](const SandboxLayer& layer) { return layer.active && layer.name == name; });
}

SandboxLayer limit_resources(std::uint64_t memory_bytes) {
  limit(RLIMIT_CORE, 0, 0);
  limit(RLIMIT_MEMLOCK, 0, 0);
  limit(RLIMIT_MSGQUEUE, 0, 0);
#if MAPIGUARD_SANITIZED
  // LOOSENED FOR SANITIZERS ALONE: their shadow memory is terabytes of private mappings.
  return {"resource limits", false, "built with sanitizers: memory is not limited (" + std::to_string(memory_bytes) + " asked)"};
#else
  limit(RLIMIT_DATA, memory_bytes, memory_bytes);
  return {"resource limits", true, "memory, CPU, file size, descriptors, no core dumps"};
#endif
}

void drop_capabilities() {
  // The bounding set may stay: no_new_privs keeps anything from being gained of it.
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  set_capabilities(0, 0);
  ::prctl(PR_SET_DUMPABLE, 0);
}

bool set_no_new_privileges() { return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0; }

bool die_with_parent(pid_t parent) {
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return false;
  const pid_t now = ::getppid();
  return now == parent || now == 0;  // 0: it is outside our pid namespace, whose init dies with it
}

void limit_command(std::uint64_t memory_bytes, std::uint32_t cpu_seconds, std::uint64_t file_bytes) {
  limit(RLIMIT_CORE, 0, 0);
  limit(RLIMIT_DATA, memory_bytes, memory_bytes);
  // Only the soft limit: at the hard one the kernel's SIGKILL would look like somebody else's.
  limit(RLIMIT_CPU, cpu_seconds, RLIM_INFINITY);
  limit(RLIMIT_FSIZE, file_bytes, file_bytes);
  limit(RLIMIT_NPROC, kCommandProcesses, kCommandProcesses);
}

void limit_worker(std::uint32_t cpu_seconds, std::uint64_t file_bytes) {
  // The hard limit leaves room to move the soft one when the worker is used again.
  limit(RLIMIT_CPU, cpu_seconds, RLIM_INFINITY);
  limit(RLIMIT_FSIZE, file_bytes, file_bytes);
  limit(RLIMIT_NOFILE, kWorkerFiles, kWorkerFiles);  // not in the nursery: descriptors on their way count for the sender
}

}  // namespace mapiguard
