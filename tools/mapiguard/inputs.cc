#include "tools/mapiguard/inputs.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>

#include "base/env.h"
#include "guardian/lanes.h"
#include "tools/mapiguard/stop_signals.h"

namespace mapiguard {
namespace {

constexpr std::size_t kStreamPiece = 1u << 16;

std::unexpected<Error> cannot(const char* what, const std::string& path, int reason) {
  return fail(ErrorCode::cannot_open, std::string("cannot ") + what + " '" + path + "': " + std::strerror(reason));
}

FileKey key_of(const struct stat& status) { return {status.st_dev, status.st_ino}; }

std::string base_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// One folder given, walked without recursion: a hostile tree is deeper than any stack.
class FolderWalk {
 public:
  FolderWalk(std::string root, const OwnPaths& own, std::vector<Input>& inputs)
      : root_(std::move(root)), own_(own), inputs_(inputs) {}

  void run() {
    const std::size_t before = inputs_.size();
    pending_.emplace_back();
    while (!pending_.empty()) {
      const std::string folder = std::move(pending_.back());
      pending_.pop_back();
      read(folder);
    }
    const auto begin = inputs_.begin() + static_cast<std::ptrdiff_t>(before);
    std::sort(begin, inputs_.end(), [](const Input& a, const Input& b) { return a.name < b.name; });
    if (inputs_.size() == before) add_trouble("", {ErrorCode::cannot_open, "no files in '" + root_ + "'", ""});
  }

 private:
  std::string path_of(const std::string& name) const {
    if (name.empty()) return root_;
    return root_.ends_with('/') ? root_ + name : root_ + "/" + name;
  }

  void add_trouble(const std::string& folder, Error error) {
    inputs_.push_back({path_of(folder), folder, {}, std::move(error)});
  }

  void read(const std::string& folder) {
    const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | (folder.empty() ? 0 : O_NOFOLLOW);
    const int fd = ::open(path_of(folder).c_str(), flags);
    struct stat status {};
    if (fd < 0 || ::fstat(fd, &status) != 0) return add_trouble(folder, cannot("open", path_of(folder), errno).error());
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(fd), ::closedir);
    if (!stream) return add_trouble(folder, cannot("read", path_of(folder), errno).error());
    if (!folder.empty() && own_.has(key_of(status))) return;
    errno = 0;
    while (const dirent* entry = ::readdir(stream.get())) {
      take(folder, *entry, fd, status.st_dev);
      errno = 0;
    }
    if (errno != 0) add_trouble(folder, cannot("read", path_of(folder), errno).error());
  }

  void take(const std::string& folder, const dirent& entry, int fd, dev_t device) {
    const std::string_view own = entry.d_name;
    if (own == "." || own == "..") return;
    unsigned char type = entry.d_type;
    struct stat status {};
    if (type == DT_UNKNOWN && ::fstatat(fd, entry.d_name, &status, AT_SYMLINK_NOFOLLOW) == 0)
      type = S_ISDIR(status.st_mode) ? DT_DIR : S_ISREG(status.st_mode) ? DT_REG : DT_UNKNOWN;
    std::string name = folder.empty() ? std::string(own) : folder + "/" + std::string(own);
    const FileKey key{device, entry.d_ino};
    if (type == DT_DIR)
      pending_.push_back(std::move(name));
    else if (type == DT_REG && !is_temporary_name(own) && !own_.has(key))
      inputs_.push_back({path_of(name), std::move(name), key, std::nullopt});
  }

  std::string root_;
  const OwnPaths& own_;
  std::vector<Input>& inputs_;
  std::vector<std::string> pending_;  // names below the root
};

std::string without_slashes(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

Result<void> read_to_end(int fd, const std::string& path, Spool& spool) {
  std::array<std::byte, kStreamPiece> piece;
  for (;;) {
    std::array<pollfd, 2> ready = {pollfd{fd, POLLIN, 0}, pollfd{StopSignals::fd(), POLLIN, 0}};
    if (::poll(ready.data(), ready.size(), -1) < 0 && errno != EINTR) return cannot("read", path, errno);
    if (StopSignals::received()) return std::unexpected(stopping_error());
    if (ready[0].revents == 0) continue;
    const ssize_t got = ::read(fd, piece.data(), piece.size());
    if (got == 0) return {};
    if (got < 0 && errno != EINTR && errno != EAGAIN) return cannot("read", path, errno);
    if (got < 0) continue;
    if (auto added = spool.add(Bytes(piece).first(static_cast<std::size_t>(got))); !added) return added;
  }
}

Result<OpenInput> spooled(int fd, const std::string& path, const std::string& spool_dir) {
  OpenInput open;
  open.stream.emplace(spool_dir);
  if (auto read = read_to_end(fd, path, *open.stream); !read) return std::unexpected(read.error());
  return open;
}

}  // namespace

std::optional<FileKey> file_key(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return key_of(status);
}

Result<InputList> expand_inputs(const std::vector<std::string>& given, const OwnPaths& own) {
  InputList list;
  if (std::count(given.begin(), given.end(), "-") > 1)
    return fail(ErrorCode::usage, "standard input can be read only once");
  for (const std::string& path : given) {
    struct stat status {};
    const bool is_known = path != "-" && ::stat(path.c_str(), &status) == 0;
    if (is_known && S_ISDIR(status.st_mode)) {
      if (own.output == key_of(status))
        return fail(ErrorCode::usage, "the output folder '" + path + "' is the input", "give another folder with -o");
      list.has_folder = true;
      FolderWalk(without_slashes(path), own, list.inputs).run();
    } else {
      const std::string name = path == "-" ? "stdin" : base_name(path);
      list.inputs.push_back({path, name, is_known ? key_of(status) : FileKey{}, std::nullopt});
    }
  }
  return list;
}

// O_NONBLOCK so that a FIFO nobody writes to does not hold us where a signal cannot reach us; regular files ignore it.
Result<OpenInput> open_input(const Input& input, const std::string& spool_dir) {
  if (input.trouble) return std::unexpected(*input.trouble);
  if (input.is_stdin()) return spooled(STDIN_FILENO, "standard input", spool_dir);
  OpenInput open;
  open.file = UniqueFd(::open(input.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat status {};
  if (!open.file || ::fstat(open.file.get(), &status) != 0) return cannot("open", input.path, errno);
  if (S_ISDIR(status.st_mode)) return cannot("read", input.path, EISDIR);
  if (S_ISREG(status.st_mode)) return open;
  return spooled(open.file.get(), input.path, spool_dir);
}

}  // namespace mapiguard
