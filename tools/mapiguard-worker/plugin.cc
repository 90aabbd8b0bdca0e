#include "tools/mapiguard-worker/plugin.h"

#include <dlfcn.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "tools/mapiguard-worker/coverage.h"

namespace mapiguard {
namespace {

using TestOneInput = int (*)(const std::uint8_t* data, std::size_t size);
using Initialize = int (*)(int* argc, char*** argv);

TestOneInput g_test = nullptr;

std::string_view hint_about(std::string_view loader) {
  if (loader.find("__asan") != loader.npos || loader.find("__msan") != loader.npos || loader.find("__ubsan") != loader.npos)
    return "it is built with a sanitizer, whose runtime must come before the program; build it with -fsanitize=fuzzer-no-link alone";
  return "a plug-in is made by: clang++ -shared -fPIC -fsanitize=fuzzer-no-link target.cc … -o target.so";
}

// Copies of inputs that end where a page begins that nobody may touch: reading past the end is a crash.
class GuardedInput {
 public:
  const std::uint8_t* put(Bytes input) {
    const std::size_t wanted = (input.size() + kPage - 1) / kPage * kPage;
    if ((!memory_ || wanted > room_) && !grow(std::max({wanted, 2 * room_, kPage}))) return nullptr;
    std::uint8_t* begin = memory_ + room_ - input.size();
    std::copy(input.begin(), input.end(), reinterpret_cast<std::byte*>(begin));
    return begin;
  }

 private:
  static constexpr std::size_t kPage = 4096;
  bool grow(std::size_t room) {
    void* fresh = ::mmap(nullptr, room + kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (fresh == MAP_FAILED) return false;
    if (memory_) ::munmap(memory_, room_ + kPage);
    memory_ = static_cast<std::uint8_t*>(fresh);
    room_ = room;
    return ::mprotect(memory_ + room, kPage, PROT_NONE) == 0;
  }
  std::uint8_t* memory_ = nullptr;
  std::size_t room_ = 0;
};

GuardedInput g_input;

}  // namespace

Result<void> load_plugin(const std::string& path) {
  void* const library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    const std::string why = ::dlerror();
    return fail(ErrorCode::cannot_open, "the plug-in cannot be loaded: " + why + "; " + std::string(hint_about(why)));
  }
  g_test = reinterpret_cast<TestOneInput>(::dlsym(library, "LLVMFuzzerTestOneInput"));
  if (!g_test) return fail(ErrorCode::cannot_open, "the plug-in exports no function LLVMFuzzerTestOneInput");
  if (const auto initialize = reinterpret_cast<Initialize>(::dlsym(library, "LLVMFuzzerInitialize"))) {
    static char name[] = "plugin";
    static char* arguments[] = {name, nullptr};
    int count = 1;
    char** vector = arguments;
    initialize(&count, &vector);
  }
  return {};
}

Result<void> run_plugin(Bytes input, std::string_view, OutputSink& out) {
  if (!g_test) return fail(ErrorCode::io, "no plug-in is loaded");
  const std::uint8_t* data = g_input.put(input);
  if (!data) return fail(ErrorCode::io, "no memory for the input");
  coverage::forget();
  // -1: the target does not want this input kept, whatever it reached.
  if (g_test(data, input.size()) == -1) return {};
  const std::vector<std::uint32_t> features = coverage::news();
  if (!out.write(std::as_bytes(std::span(features)))) return fail(ErrorCode::io, "the features do not fit");
  return {};
}

}  // namespace mapiguard
