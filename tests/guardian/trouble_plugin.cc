// A plug-in that does what its input says. It counts like one that clang has instrumented.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>

extern "C" void __sanitizer_cov_8bit_counters_init(std::uint8_t* start, std::uint8_t* stop);

namespace {

std::uint8_t g_counters[16];
[[gnu::constructor]] void announce() { __sanitizer_cov_8bit_counters_init(g_counters, g_counters + sizeof g_counters); }

volatile char* volatile g_nothing = nullptr;

[[gnu::noinline]] void write_to_nothing() {
  *g_nothing = 1;
  g_counters[15] = 1;
}
[[gnu::noinline]] void one_way() {
  write_to_nothing();
  ++g_counters[14];
}
[[gnu::noinline]] void another_way() {
  write_to_nothing();
  ++g_counters[13];
}

}  // namespace

extern "C" [[gnu::visibility("default")]] int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  g_counters[0] = 1;
  if (input.starts_with("crash")) one_way();
  if (input.starts_with("again")) another_way();
  if (input.starts_with("abort")) std::abort();
  if (input.starts_with("loop"))
    while (g_counters[0]) g_nothing = nullptr;
  if (input.starts_with("over") && reinterpret_cast<const volatile char*>(data)[size] == 'x') g_counters[1] = 1;
  if (input.starts_with("many")) g_counters[2] = 40;
  if (input.starts_with("refuse")) return -1;
  return 0;
}
