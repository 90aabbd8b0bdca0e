#include "tools/mapiguard-worker/mutation_errands.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>

#include "fuzz/mutation/mutate.h"
#include "fuzz/mutation/reduce.h"
#include "tools/fuzzing/packed.h"

namespace mapiguard {
namespace {

constexpr std::size_t kEnoughAtOnce = 32 << 20;  // bytes of candidates in one answer
constexpr std::uint64_t kMostTried = 4096;       // numbers without a candidate, before another call goes on

template <std::size_t N>
std::optional<std::array<std::uint64_t, N>> numbers_of(std::string_view text) {
  std::array<std::uint64_t, N> numbers{};
  const char* at = text.data();
  const char* const end = at + text.size();
  for (std::uint64_t& number : numbers) {
    while (at < end && *at == ' ') ++at;
    const auto [stop, error] = std::from_chars(at, end, number);
    if (error != std::errc()) return std::nullopt;
    at = stop;
  }
  return at == end ? std::optional(numbers) : std::nullopt;
}

Result<void> give(const std::string& packed, OutputSink& out) {
  if (out.write(as_bytes(packed))) return {};
  return fail(ErrorCode::io, "the answer is too large");
}

std::unexpected<Error> not_understood() { return fail(ErrorCode::io, "the errand was not understood"); }

}  // namespace

Result<void> mutate_errand(Bytes input, std::string_view argument, OutputSink& out) {
  constexpr std::uint64_t kOneInSoMany = 4;
  const auto parents = unpack(input, 2);
  const auto numbers = numbers_of<3>(argument);
  if (!parents || parents->size() != 2 || !numbers) return not_understood();
  const auto [seed, count, max_size] = *numbers;
  std::string packed;
  for (std::uint64_t i = 0; i < count; ++i) {
    const bool mates = (seed + i) % kOneInSoMany == 0 && !(*parents)[1].empty();
    pack(packed, mates ? mutation::crossover((*parents)[0], (*parents)[1], seed + i, max_size)
                       : mutation::mutate((*parents)[0], seed + i, max_size));
  }
  return give(packed, out);
}

Result<void> reduce_errand(Bytes input, std::string_view argument, OutputSink& out) {
  const auto numbers = numbers_of<2>(argument);
  if (!numbers) return not_understood();
  const auto [from, count] = *numbers;
  const std::uint64_t end = mutation::candidate_count(input);
  std::string packed;
  std::uint64_t made = 0;
  for (std::uint64_t i = from; i < end && made < count && packed.size() < kEnoughAtOnce; ++i) {
    const auto smaller = mutation::candidate(input, i);
    // An empty candidate says how far it has come, when none is found for long.
    const bool is_milestone = !smaller && i - from >= kMostTried && made == 0;
    if (!smaller && !is_milestone) continue;
    pack(packed, as_bytes(std::to_string(i)));
    pack(packed, smaller ? Bytes(*smaller) : Bytes());
    ++made;
    if (is_milestone) break;
  }
  return give(packed, out);
}

Result<void> kept_words_errand(Bytes input, std::string_view, OutputSink& out) {
  const auto both = unpack(input, 2);
  if (!both || both->size() != 2) return not_understood();
  std::string packed;
  for (const std::string& word : mutation::kept_words((*both)[0], (*both)[1])) pack(packed, as_bytes(word));
  return give(packed, out);
}

}  // namespace mapiguard
