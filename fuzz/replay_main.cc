// An ordinary main for a fuzz target: replays the files and folders given, so that fuzzers are built and run with every
// test run, without libFuzzer. Each input is also tried truncated and with bytes flipped, the same ones every time.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <system_error>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr int kVariants = 12;                      // of each file
constexpr std::size_t kLargestVaried = 256 << 10;  // larger files are run as they are

using Input = std::vector<std::uint8_t>;

std::size_t replayed = 0;

// From memory of exactly that size, so that a sanitiser sees a read past the end.
void run(const Input& input) {
  const Input exact(input.begin(), input.end());
  LLVMFuzzerTestOneInput(exact.data(), exact.size());
  ++replayed;
}

Input varied(Input input, std::mt19937& dice) {
  if (dice() % 3 == 0) input.resize(dice() % input.size());
  for (unsigned flips = dice() % 8; !input.empty() && flips > 0; --flips)
    input[dice() % input.size()] = static_cast<std::uint8_t>(dice());
  return input;
}

void replay_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const Input input{std::istreambuf_iterator<char>(file), {}};
  std::fprintf(stderr, "%s\n", path.c_str());
  run(input);
  if (input.empty() || input.size() > kLargestVaried) return;
  std::mt19937 dice(static_cast<std::uint32_t>(input.size()));
  for (int i = 0; i < kVariants; ++i) run(varied(input, dice));
}

void replay(const std::filesystem::path& path) {
  std::error_code unreadable;
  if (!std::filesystem::is_directory(path, unreadable)) {
    if (std::filesystem::is_regular_file(path, unreadable)) replay_file(path);
    return;
  }
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path))
    if (entry.is_regular_file()) replay_file(entry.path());
}

}  // namespace

int main(int argc, char** argv) {
  run({});
  for (int i = 1; i < argc; ++i) replay(argv[i]);
  std::printf("%zu inputs replayed\n", replayed);
  return 0;
}
