// libFuzzer's hooks for targets that read messages: structure-aware mutation and crossover. A third of the mutants are
// libFuzzer's own, so that bytes which no tree has are tried as well. MAPIGUARD_PLAIN_MUTATION=1 in the environment
// switches the hooks off, to compare.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

#include "fuzz/mutation/mutate.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace {

using mapiguard::Bytes;

bool is_plain() {
  static const char* wish = std::getenv("MAPIGUARD_PLAIN_MUTATION");
  static const bool plain = wish && std::string_view(wish) != "0" && *wish != '\0';
  return plain;
}

Bytes view(const std::uint8_t* data, std::size_t size) { return {reinterpret_cast<const std::byte*>(data), size}; }

std::size_t put(const std::vector<std::byte>& mutant, std::uint8_t* to, std::size_t most) {
  const std::size_t size = mutant.size() < most ? mutant.size() : most;
  if (size > 0) std::memcpy(to, mutant.data(), size);
  return size;
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  if (is_plain() || seed % 3 == 0) return LLVMFuzzerMutate(data, size, max_size);
  return put(mapiguard::mutation::mutate(view(data, size), seed, max_size), data, max_size);
}

// Size 0 tells libFuzzer to choose another mutation.
extern "C" std::size_t LLVMFuzzerCustomCrossOver(const std::uint8_t* base, std::size_t base_size,
                                                 const std::uint8_t* donor, std::size_t donor_size, std::uint8_t* out,
                                                 std::size_t max_out_size, unsigned seed) {
  // libFuzzer asks for a crossover every other time; two parents to take apart cost twice, and most gains are mutations.
  if (is_plain() || seed % 4 != 0) return 0;
  return put(mapiguard::mutation::crossover(view(base, base_size), view(donor, donor_size), seed, max_out_size), out,
             max_out_size);
}
