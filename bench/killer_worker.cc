// A worker for benchmarks that does as the message says: "kill …" crashes, "grow …" keeps 200 MB, all else is echoed.
#include <cstring>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "guardian/nursery.h"

namespace {

constexpr std::size_t kLarge = 200 << 20;

mapiguard::Result<mapiguard::Report> obey(std::span<const std::byte> input, const mapiguard::ConvertOptions&, mapiguard::OutputSink& out) {
  static std::vector<char> kept;
  const std::string_view message = mapiguard::as_chars(input);
  if (message.starts_with("kill")) {
    volatile char* volatile nothing = nullptr;
    *nothing = 1;
  }
  if (message.starts_with("grow")) kept.assign(kLarge, 'x');
  if (!out.write(input)) return mapiguard::fail(mapiguard::ErrorCode::io, "the output could not be written");
  return mapiguard::Report{};
}

}  // namespace

int main() { return mapiguard::run_nursery({.convert = obey}); }
