#include "tools/mapiguard/write_file.h"

#include "base/env.h"
#include "base/try.h"

namespace mapiguard {

Result<void> write_file(const std::string& path, std::string_view text) {
  auto file = AtomicFile::create(posix_env(), path, 0644);
  if (!file) return std::unexpected(std::move(file.error()));
  MAPIGUARD_TRY(file->write(as_bytes(text)));
  return file->commit(false);
}

}  // namespace mapiguard
