#include "guardian/scratch.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string_view>

namespace mapiguard {
namespace {

constexpr char kPrefix[] = "mapiguard-scratch.";
constexpr time_t kYoung = 60;  // seconds: between making one and locking it nobody may sweep it

using Listing = std::unique_ptr<DIR, decltype([](DIR* listing) { ::closedir(listing); })>;

int open_folder(int at, const char* name) { return ::openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC); }

Listing list(int folder) { return Listing(::fdopendir(open_folder(folder, "."))); }

bool is_dots(std::string_view name) { return name == "." || name == ".."; }

bool is_folder(int at, const char* name) {
  struct stat status;
  return ::fstatat(at, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode);
}

// Whatever mode its maker left; failing, it stays and rmdir says so.
void open_up(int at, const char* name) { (void)!::fchmodat(at, name, 0700, 0); }

// Folders inside folders are moved up to the top one by one: no depth that a command can make exhausts the stack, the
// descriptors or the length of a path.
class Remover {
 public:
  explicit Remover(int top) : top_(top) {}

  void empty_top() {
    for (bool again = true; again;) {
      again = false;
      const Listing entries = list(top_);
      while (const dirent* entry = entries ? ::readdir(entries.get()) : nullptr) {
        if (is_dots(entry->d_name)) continue;
        if (is_folder(top_, entry->d_name)) {
          if (remove_folder(entry->d_name)) again = true;
        } else {
          ::unlinkat(top_, entry->d_name, 0);
        }
      }
    }
  }

 private:
  // Whether something was moved to the top, which then must be listed again.
  bool remove_folder(const char* name) {
    bool moved = false;
    open_up(top_, name);
    const UniqueFd folder(open_folder(top_, name));
    const Listing entries = folder ? list(folder.get()) : nullptr;
    while (const dirent* entry = entries ? ::readdir(entries.get()) : nullptr) {
      if (is_dots(entry->d_name)) continue;
      if (!is_folder(folder.get(), entry->d_name)) {
        ::unlinkat(folder.get(), entry->d_name, 0);
        continue;
      }
      open_up(folder.get(), entry->d_name);
      const std::string above = ".up." + std::to_string(next_++);
      moved |= ::renameat(folder.get(), entry->d_name, top_, above.c_str()) == 0;
    }
    ::unlinkat(top_, name, AT_REMOVEDIR);
    return moved;
  }

  int top_;
  unsigned next_ = 0;
};

bool lock(int folder) { return ::flock(folder, LOCK_EX | LOCK_NB) == 0; }

void sweep_one(int base, const char* name) {
  struct stat status;
  const UniqueFd folder(open_folder(base, name));
  if (!folder || ::fstat(folder.get(), &status) != 0 || status.st_uid != ::geteuid()) return;
  if (::time(nullptr) - status.st_mtime < kYoung || !lock(folder.get())) return;
  Remover(folder.get()).empty_top();
  ::unlinkat(base, name, AT_REMOVEDIR);
}

}  // namespace

std::optional<Scratch> Scratch::make(const std::vector<std::string>& bases) {
  for (const std::string& base : bases) {
    std::string path = base + "/" + kPrefix + "XXXXXX";
    if (base.empty() || !::mkdtemp(path.data())) continue;
    UniqueFd folder(open_folder(AT_FDCWD, path.c_str()));
    if (folder && lock(folder.get())) return Scratch(std::move(path), std::move(folder));
    ::rmdir(path.c_str());
  }
  return std::nullopt;
}

void Scratch::sweep(const std::vector<std::string>& bases) {
  for (const std::string& base : bases) {
    const UniqueFd folder(open_folder(AT_FDCWD, base.c_str()));
    const Listing entries = folder ? list(folder.get()) : nullptr;
    while (const dirent* entry = entries ? ::readdir(entries.get()) : nullptr)
      if (std::string_view(entry->d_name).starts_with(kPrefix)) sweep_one(folder.get(), entry->d_name);
  }
}

bool Scratch::hold_at_least(int number) {
  if (folder_.get() >= number) return true;
  folder_ = UniqueFd(::fcntl(folder_.get(), F_DUPFD_CLOEXEC, number));
  return static_cast<bool>(folder_);
}

void Scratch::remove() const {
  ::fchmod(folder_.get(), 0700);
  Remover(folder_.get()).empty_top();
  ::rmdir(path_.c_str());
}

}  // namespace mapiguard
