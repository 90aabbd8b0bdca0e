#include "tools/torture/camp.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string_view>

#include "base/text.h"

namespace mapiguard::torture {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "torture.", kSharedPrefix = "mapiguard-torture.";
constexpr std::time_t kYoung = 60;  // seconds: a folder may not be locked yet

std::optional<UniqueFd> lock_folder(const std::string& path) {
  UniqueFd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder || ::flock(folder.get(), LOCK_EX | LOCK_NB) != 0) return std::nullopt;
  return folder;
}

// Folders of ours that nobody holds.
void sweep(const std::string& base, std::string_view prefix) {
  std::error_code failed;
  for (fs::directory_iterator entry(base, failed), end; !failed && entry != end; entry.increment(failed)) {
    struct stat status {};
    const std::string path = entry->path().string();
    if (!entry->path().filename().string().starts_with(prefix) || ::lstat(path.c_str(), &status) != 0) continue;
    if (!S_ISDIR(status.st_mode) || status.st_uid != ::geteuid() || ::time(nullptr) - status.st_mtime < kYoung)
      continue;
    std::error_code kept;
    if (lock_folder(path)) fs::remove_all(path, kept);
  }
}

struct Folder {
  std::string path;
  UniqueFd lock;
};
Result<Folder> make_folder(const std::string& base, std::string_view prefix) {
  sweep(base, prefix);
  std::string path = base + "/" + std::string(prefix) + "XXXXXX";
  if (::mkdtemp(path.data()) != nullptr)
    if (auto lock = lock_folder(path)) return Folder{std::move(path), std::move(*lock)};
  return fail(ErrorCode::config, "cannot make a folder in '" + displayable(base) + "': " + std::strerror(errno),
              "name another one with --state");
}

// Root's commands run as nobody.
bool is_for_everybody(const fs::path& program) {
  struct stat status {};
  for (fs::path at = program; ::stat(at.c_str(), &status) == 0 && (status.st_mode & S_IXOTH); at = at.parent_path())
    if (at == at.root_path()) return true;
  return false;
}

bool is_executable_there(const std::string& folder) {
  struct statvfs disk {};
  return ::statvfs(folder.c_str(), &disk) == 0 && !(disk.f_flag & ST_NOEXEC);
}

}  // namespace

Result<Camp> Camp::pitch(const std::string& state_dir) {
  Camp camp;
  std::error_code failed;
  camp.program_ = fs::read_symlink("/proc/self/exe", failed).string();
  if (failed) return fail(ErrorCode::internal, "the program cannot be found: " + failed.message(), "is /proc mounted?");
  auto folder = make_folder(state_dir, kPrefix);
  if (!folder) return std::unexpected(folder.error());
  camp.folder_ = std::move(folder->path);
  camp.lock_ = std::move(folder->lock);
  camp.find_converter();
  return camp;
}

void Camp::find_converter() {
  if (::geteuid() != 0 || is_for_everybody(program_)) {
    converter_ = program_;
    return;
  }
  std::error_code failed;
  const std::string base = fs::temp_directory_path(failed).string();
  auto folder = failed ? Result<Folder>(fail(ErrorCode::config, failed.message())) : make_folder(base, kSharedPrefix);
  if (!folder) {
    trouble_ = folder.error().message;
    return;
  }
  shared_ = std::move(folder->path);
  shared_lock_ = std::move(folder->lock);
  const std::string copy = shared_ + "/mapiguard";
  if (::chmod(shared_.c_str(), 0755) == 0 && fs::copy_file(program_, copy, failed) &&
      ::chmod(copy.c_str(), 0755) == 0 && is_executable_there(shared_))
    converter_ = copy;
  else
    trouble_ =
        "the user nobody can reach neither '" + displayable(program_) + "' nor a copy in '" + displayable(base) + "'";
}

Camp::~Camp() {
  std::error_code kept;  // the next torture removes what is left
  if (lock_) fs::remove_all(folder_, kept);
  if (shared_lock_) fs::remove_all(shared_, kept);
}

}  // namespace mapiguard::torture
