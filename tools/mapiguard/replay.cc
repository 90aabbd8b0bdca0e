#include "tools/mapiguard/replay.h"

#include <stdlib.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "tools/mapiguard/stop_signals.h"

namespace mapiguard {
namespace {

// mkdtemp() gives mode 0700, as a state directory must have.
class ThrowAwayState {
 public:
  ThrowAwayState() {
    std::error_code none;
    const auto temporary = std::filesystem::temp_directory_path(none);
    path_ = (none ? std::filesystem::path("/tmp") : temporary) / "mapiguard-replay-XXXXXX";
    if (::mkdtemp(path_.data()) == nullptr) error_ = errno;
  }
  ThrowAwayState(const ThrowAwayState&) = delete;
  ThrowAwayState& operator=(const ThrowAwayState&) = delete;
  ~ThrowAwayState() {
    std::error_code ignored;  // what is left lies in /tmp, where the system removes it
    if (error_ == 0) std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }
  int error() const { return error_; }

 private:
  std::string path_;
  int error_ = 0;
};

class Discard final : public ResultSink {
 public:
  bool write(Bytes) override { return true; }
};

}  // namespace

Result<Conversion> replay(const Spool& message, GuardOptions options) {
  const ThrowAwayState state;
  if (state.error() != 0)
    return fail(ErrorCode::io, "cannot create '" + state.path() + "': " + std::strerror(state.error()));
  options.state_dir = state.path();
  options.workers = 1;
  options.replay = false;  // one death is enough to know
  const auto guard = Guard::open(std::move(options));
  if (!guard) return std::unexpected(guard.error());
  const OnStopSignal stop([&] { (*guard)->stop(); });
  Discard sink;
  if (message.in_memory()) return (*guard)->convert(message.memory(), {}, {}, sink);
  const auto file = message.rewound_file();
  if (!file) return std::unexpected(file.error());
  return (*guard)->convert_file(*file, {}, {}, sink);
}

}  // namespace mapiguard
