#include "tools/mapiguard/fuzz_options.h"

#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <thread>

#include "base/text.h"

namespace mapiguard {
namespace {

constexpr std::uint32_t kTimeoutSeconds = 5;
constexpr std::uint64_t kMostJobs = 256;

Result<std::string> absolute(const std::string& path) {
  const std::unique_ptr<char, void (*)(void*)> real(::realpath(path.c_str(), nullptr), ::free);
  if (!real || ::access(real.get(), R_OK) != 0)
    return fail(ErrorCode::cannot_open, "the plug-in '" + displayable(path) + "' cannot be opened: " + std::strerror(errno));
  return std::string(real.get());
}

}  // namespace

Result<FuzzRequest> fuzz_request_of(const VerbSpec& verb, const Arguments& arguments) {
  FuzzRequest request;
  auto guard = guard_options_of(verb, arguments);
  if (!guard) return std::unexpected(guard.error());
  request.guard = std::move(*guard);
  if (!arguments.has(kFuzzTimeoutOption.name)) request.guard.timeout_seconds = kTimeoutSeconds;
  const auto jobs = arguments.number("--jobs", 1, kMostJobs);
  if (!jobs) return std::unexpected(jobs.error());
  request.guard.workers = static_cast<unsigned>((*jobs).value_or(std::max(1u, std::thread::hardware_concurrency())));
  request.guard.isolation = request.guard.converter ? Isolation::message : Isolation::worker;
  const auto plugin = arguments.value(kPluginOption.name);
  if (!plugin) return request;
  if (request.guard.converter) return usage_error(verb, "'--converter' and '--plugin' are two targets; give one");
  auto path = absolute(*plugin);
  if (!path) return std::unexpected(path.error());
  request.plugin = std::move(*path);
  return request;
}

}  // namespace mapiguard
