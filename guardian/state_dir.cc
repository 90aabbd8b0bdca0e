#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>

#include "base/env.h"
#include "base/text.h"
#include "base/try.h"
#include "guardian/ledger.h"

namespace mapiguard {
namespace {

std::unexpected<Error> unusable(const std::string& dir, const std::string& why, std::string hint) {
  return fail(ErrorCode::config, "the state directory '" + displayable(dir) + "' " + why, std::move(hint));
}

// A relative $XDG_STATE_HOME is to be ignored (XDG Base Directory Specification).
std::string absolute_from_environment(const char* name) {
  const char* value = std::getenv(name);
  return value && value[0] == '/' ? value : "";
}

std::string default_dir() {
  if (const char* set = std::getenv("MAPIGUARD_STATE"); set && *set) return set;
  if (::geteuid() == 0) return "/var/lib/mapiguard";
  if (const std::string state = absolute_from_environment("XDG_STATE_HOME"); !state.empty()) return state + "/mapiguard";
  if (const std::string home = absolute_from_environment("HOME"); !home.empty()) return home + "/.local/state/mapiguard";
  return {};
}

Result<void> check_rights(const std::string& dir, const FileInfo& info) {
  if (!info.is_directory) return unusable(dir, "is not a folder", "name another one with --state");
  if (info.owner != ::geteuid())
    return unusable(dir, "belongs to user " + std::to_string(info.owner) + ", and this is user " + std::to_string(::geteuid()),
                    "run as that user, or name another one with --state");
  if (info.mode & 022)
    return unusable(dir, "may be written by others than its owner", "chmod go-w '" + displayable(dir) + "'");
  if (::faccessat(AT_FDCWD, dir.c_str(), R_OK | W_OK | X_OK, AT_EACCESS) != 0)
    return unusable(dir, std::string("cannot be used: ") + std::strerror(errno),
                    errno == EROFS ? "its file system is mounted read only" : "chmod u+rwx '" + displayable(dir) + "'");
  return {};
}

}  // namespace

std::string state_dir_path(std::string_view given) { return given.empty() ? default_dir() : std::string(given); }

Result<std::string> open_state_dir(std::string_view given) {
  const std::string dir = state_dir_path(given);
  if (dir.empty())
    return fail(ErrorCode::config, "no state directory is known: neither MAPIGUARD_STATE nor XDG_STATE_HOME nor HOME is set", "name one with --state");
  if (dir.find('\0') != std::string::npos) return unusable(dir, "has a NUL in its name", "name another one with --state");
  Env& env = posix_env();
  auto info = env.info(dir);
  if (info && !*info) {
    if (const auto made = env.make_dir(dir, 0700); !made)
      return unusable(dir, "cannot be created: " + made.error().message, "name another one with --state");
    info = env.info(dir);
  }
  if (!info) return unusable(dir, "cannot be used: " + info.error().message, "name another one with --state");
  if (!*info) return unusable(dir, "was removed while it was being opened", "try again");
  MAPIGUARD_TRY(check_rights(dir, **info));
  return dir;
}

}  // namespace mapiguard
