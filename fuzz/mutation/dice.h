// Dice: numbers that look random and are the same for the same seed on every machine (SplitMix64).
//
// Thread promise: one Dice belongs to one mutation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>

namespace mapiguard::mutation {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
  }
  std::size_t below(std::size_t bound) { return bound < 2 ? 0 : static_cast<std::size_t>(next() % bound); }
  bool one_in(std::size_t n) { return below(n) == 0; }
  // Any number up to the bound, small ones far more often.
  std::size_t small(std::size_t bound) { return below(below(bound) + 1); }

  template <class Choices>
  const auto& pick(const Choices& choices) {
    return choices[below(std::size(choices))];
  }

 private:
  std::uint64_t state_;
};

// A number at which arithmetic on lengths, counts and times goes wrong.
std::uint64_t awkward_number(Dice& dice);

}  // namespace mapiguard::mutation
