#include "fuzz/mutation/mutate.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "fuzz/mutation/byte_mutation.h"
#include "fuzz/mutation/container.h"
#include "fuzz/mutation/numbers.h"
#include "fuzz/mutation/operations.h"

namespace mapiguard::mutation {
namespace {

constexpr std::size_t kMostOperations = 8, kTriesToFit = 4;
constexpr std::size_t kMostValue = 64 << 10;  // bytes that one value may grow to
constexpr std::size_t kLargestTakenApart = 16
                                           << 20;  // larger inputs are changed as bytes: the copies would take too long

// Weights as they stand in the tables; TNEF's own count for nothing in a .msg.
const Operation& choose(Dice& dice, Format format) {
  const std::array tables = {property_operations(), content_operations(), tree_operations(), tnef_operations()};
  const std::size_t used = format == Format::tnef ? 4 : 3;
  unsigned total = 0;
  for (std::size_t i = 0; i < used; ++i)
    for (const Operation& operation : tables[i]) total += operation.weight;
  std::size_t left = dice.below(total);
  for (std::size_t i = 0; i < used; ++i)
    for (const Operation& operation : tables[i]) {
      if (left < operation.weight) return operation;
      left -= operation.weight;
    }
  return tables[0].front();
}

void apply(Editor& editor, std::size_t operations) {
  for (std::size_t tries = operations * 3; operations > 0 && tries > 0; --tries)
    operations -= choose(editor.dice(), editor.container().format).run(editor);
}

// What a valid container never shows: chains that loop, sizes that lie, an end in the middle.
void break_container(std::string& file, Format format, Dice& dice, std::size_t most) {
  constexpr std::size_t kCfbHeader = 512;
  if (file.size() < 16) return mutate_bytes(file, dice, most);
  const std::size_t choice = dice.below(5);
  if (choice == 0) return file.resize(1 + dice.below(file.size()));
  if (choice == 1 || format == Format::tnef) return mutate_bytes(file, dice, most);
  const auto link =
      static_cast<std::uint32_t>(dice.one_in(2) ? dice.below(file.size() / 512 + 1) : awkward_number(dice));
  if (choice == 2) return set_number(file, 24 + dice.below(kCfbHeader - 24), link);
  // The writer puts the FAT and the directory first: the tables lie in the first sectors.
  const std::size_t sector = 1 + dice.below(std::min<std::size_t>(file.size() / 512, choice == 3 ? 2 : 12));
  set_number(file, sector * 512 + 4 * dice.below(128), link);
}

std::vector<std::byte> as_vector(std::string_view bytes) {
  const Bytes view = as_bytes(bytes);
  return {view.begin(), view.end()};
}

std::vector<std::byte> mutate_plainly(Bytes input, Dice& dice, std::size_t max_size) {
  std::string bytes(as_chars(slice(input, 0, max_size)));
  const std::string before = bytes;
  for (int tries = 0; tries < 8 && bytes == before; ++tries) mutate_bytes(bytes, dice, max_size);
  return as_vector(bytes);
}

std::optional<Container> take_apart(Bytes input) {
  if (input.size() > kLargestTakenApart) return std::nullopt;
  return read_container(input);
}

// nullopt: what came out does not fit, or is what went in.
std::optional<std::vector<std::byte>> finish(const Container& container, Bytes input, Dice& dice,
                                             std::size_t max_size) {
  std::vector<std::byte> out = write_container(container);
  if (dice.one_in(8)) {
    std::string file(as_chars(out));
    break_container(file, container.format, dice, max_size);
    out = as_vector(file);
  }
  if (out.size() > max_size || std::ranges::equal(out, input)) return std::nullopt;
  return out;
}

}  // namespace

std::vector<std::byte> mutate(Bytes input, std::uint64_t seed, std::size_t max_size) {
  Dice dice(seed);
  const auto original = take_apart(input);
  if (!original) return mutate_plainly(input, dice, max_size);
  for (std::size_t tries = 0; tries < kTriesToFit; ++tries) {
    Container container = *original;
    Editor editor(container, dice, std::min(kMostValue, max_size / 2));
    apply(editor, 1 + dice.small(kMostOperations - 1));
    if (auto out = finish(container, input, dice, max_size)) return std::move(*out);
  }
  return mutate_plainly(input, dice, max_size);
}

std::vector<std::byte> crossover(Bytes base, Bytes donor, std::uint64_t seed, std::size_t max_size) {
  constexpr std::size_t kMostParts = 4;
  Dice dice(seed);
  const auto original = take_apart(base);
  auto giver = take_apart(donor);
  for (std::size_t tries = 0; original && giver && tries < kTriesToFit; ++tries) {
    Container container = *original;
    Editor editor(container, dice, std::min(kMostValue, max_size / 2));
    for (std::size_t parts = 1 + dice.below(kMostParts); parts > 0; --parts) transplant(editor, *giver);
    if (auto out = finish(container, base, dice, max_size)) return std::move(*out);
  }
  std::string bytes(as_chars(slice(base, 0, max_size)));
  splice_bytes(bytes, std::string(as_chars(donor)), dice, max_size);
  return as_vector(bytes);
}

}  // namespace mapiguard::mutation
