#include "tools/mapiguard/registry_source.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/env.h"
#include "base/text.h"
#include "guardian/errand.h"
#include "guardian/nursery_link.h"
#include "tools/registry/read_errand.h"
#include "tools/registry/reg_text.h"
#include "tools/registry/registry_wire.h"

namespace mapiguard {
namespace {

constexpr char kHiveProgram[] = "mapiguard-hive";
constexpr std::size_t kMostHiveBytes = 512u << 20;
constexpr std::uint32_t kSeconds = 60;

Result<std::string> hive_program() {
  for (const std::string& place : program_places(kHiveProgram))
    if (::access(place.c_str(), X_OK) == 0) return place;
  return fail(ErrorCode::internal, std::string("the program ") + kHiveProgram +
                                       ", which reads hives, is not beside this one, nor in libexec");
}

Result<GuardOptions> options_for(RegistrySource source) {
  GuardOptions options;
  options.workers = 1;
  options.timeout_seconds = kSeconds;
  if (source == RegistrySource::reg_text) return options;
  auto program = hive_program();
  if (!program) return std::unexpected(std::move(program.error()));
  options.converter = ExternalConverter{{std::move(*program)}, {}};
  return options;
}

Error death(const std::string& path, const Verdict& verdict) {
  return {ErrorCode::not_a_message, "the process that read '" + displayable(path) + "' died of it: " + verdict.detail,
          "the file is damaged, or made to do harm; nothing of it was used"};
}

Result<Registry> failed(const std::string& path, Error error) {
  if (error.code == ErrorCode::not_a_message || error.code == ErrorCode::internal)
    error.message = "'" + displayable(path) + "': " + error.message;
  return std::unexpected(std::move(error));
}

Result<std::string> standard_input(std::size_t most) {
  std::string text;
  std::array<char, 1 << 16> piece;
  for (;;) {
    const ssize_t got = ::read(STDIN_FILENO, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0)
      return fail(ErrorCode::cannot_open, std::string("cannot read standard input: ") + std::strerror(errno));
    if (got == 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(got));
    if (text.size() > most)
      return fail(ErrorCode::cannot_open, "there is more on standard input than such a file can hold");
  }
}

}  // namespace

Result<std::string> contents_of(const std::string& path, std::size_t most) {
  if (path == "-") return standard_input(most);
  auto text = read_whole(posix_env(), path, most);
  if (!text) return fail(ErrorCode::cannot_open, text.error().message, text.error().hint);
  return text;
}

Result<Registry> read_registry(RegistrySource source, const std::string& path) {
  const bool is_text = source == RegistrySource::reg_text;
  const auto file = contents_of(path, is_text ? kMostRegTextBytes : kMostHiveBytes);
  if (!file) return std::unexpected(file.error());
  auto options = options_for(source);
  if (!options) return std::unexpected(std::move(options.error()));
  const auto errands = Errands::open(std::move(*options));
  if (!errands) return std::unexpected(errands.error());
  const auto answer =
      (*errands)->run(is_text ? kReadRegErrand : std::string_view(), "", as_bytes(*file), kMostRegistryBytes);
  if (answer.death) return std::unexpected(death(path, *answer.death));
  if (!answer.output)
    return failed(path, answer.error.value_or(Error{ErrorCode::internal, "the reader gave no answer", ""}));
  auto registry = registry_from_wire(as_bytes(*answer.output));
  if (!registry) return failed(path, std::move(registry.error()));
  return registry;
}

}  // namespace mapiguard
