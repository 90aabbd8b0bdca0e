// An ordinary main for a fuzz target: replays the files and folders given, so that fuzzers are built and run with every
// test run, without libFuzzer. Each input is also tried truncated and with bytes flipped, the same ones every time.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
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
constexpr std::chrono::seconds kCorpusTime(20);

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

Input content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void replay_file(const std::filesystem::path& path) {
  const Input input = content_of(path);
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

// Messages that others wrote, where this machine has some: as they are, as many as the time allows.
void replay_corpus(std::chrono::seconds most) {
  const char* corpus = std::getenv("MAPIGUARD_CORPUS");
  if (!corpus || *corpus == '\0') {
    std::printf("MAPIGUARD_CORPUS is not set: its files are skipped\n");
    return;
  }
  const auto end = std::chrono::steady_clock::now() + most;
  std::size_t skipped = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(std::filesystem::path(corpus) / "files")) {
    if (!entry.is_regular_file()) continue;
    if (std::chrono::steady_clock::now() < end)
      run(content_of(entry.path()));
    else
      ++skipped;
  }
  if (skipped > 0) std::printf("%zu files of MAPIGUARD_CORPUS skipped: the time was over\n", skipped);
}

}  // namespace

int main(int argc, char** argv) {
  run({});
  for (int i = 1; i < argc; ++i) replay(argv[i]);
  replay_corpus(kCorpusTime);
  std::printf("%zu inputs replayed\n", replayed);
  return 0;
}
