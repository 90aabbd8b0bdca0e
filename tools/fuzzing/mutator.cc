#include "tools/fuzzing/mutator.h"

#include <charconv>
#include <utility>

#include "base/text.h"
#include "tools/fuzzing/packed.h"

namespace mapiguard {
namespace {

constexpr std::uint64_t kMostOutput = 1ull << 30;
constexpr std::size_t kMostParts = 1 << 16;

std::unexpected<Error> nonsense() { return fail(ErrorCode::internal, "the worker that mutates answers nonsense"); }

ByteString copy_of(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

}  // namespace

Result<Mutator> Mutator::open(const GuardOptions& like, unsigned jobs) {
  GuardOptions options;
  options.worker_path = like.worker_path;
  options.state_dir = like.state_dir;
  options.workers = jobs;
  options.isolation = Isolation::worker;
  options.timeout_seconds = 60;
  auto errands = Errands::open(std::move(options));
  if (!errands) return std::unexpected(errands.error());
  return Mutator(std::move(*errands));
}

Result<std::string> Mutator::ask(std::string_view errand, const std::string& argument, Bytes input) const {
  auto answer = errands_->run(errand, argument, input, kMostOutput);
  if (answer.output) return std::move(*answer.output);
  if (answer.death)
    return fail(ErrorCode::not_a_message, "our own " + std::string(errand) + " died of it (" + std::string(name_of(answer.death->death)) + ")");
  return std::unexpected(answer.error.value_or(Error{}));
}

Result<std::vector<ByteString>> Mutator::mutants(Bytes base, Bytes donor, std::uint64_t seed, unsigned count, std::size_t max_size) const {
  std::string input;
  pack(input, base);
  pack(input, donor);
  const auto output = ask("mutate", std::to_string(seed) + " " + std::to_string(count) + " " + std::to_string(max_size), as_bytes(input));
  if (!output) return std::unexpected(output.error());
  const auto parts = unpack(as_bytes(*output), count);
  if (!parts) return nonsense();
  std::vector<ByteString> mutants;
  for (const Bytes part : *parts) mutants.push_back(copy_of(part));
  return mutants;
}

Result<std::vector<Mutator::Candidate>> Mutator::candidates(Bytes input, std::uint64_t from, unsigned count) const {
  const auto output = ask("reduce", std::to_string(from) + " " + std::to_string(count), input);
  if (!output) return std::unexpected(output.error());
  const auto parts = unpack(as_bytes(*output), kMostParts);
  if (!parts || parts->size() % 2 != 0) return nonsense();
  std::vector<Candidate> candidates;
  for (std::size_t i = 0; i < parts->size(); i += 2) {
    const std::string_view number = as_chars((*parts)[i]);
    std::uint64_t index = 0;
    if (std::from_chars(number.data(), number.data() + number.size(), index).ec != std::errc() || index < from) return nonsense();
    candidates.push_back({index, copy_of((*parts)[i + 1])});
  }
  return candidates;
}

Result<std::vector<std::string>> Mutator::kept_words(Bytes original, Bytes reduced) const {
  std::string input;
  pack(input, original);
  pack(input, reduced);
  const auto output = ask("kept_words", "", as_bytes(input));
  if (!output) return std::unexpected(output.error());
  const auto parts = unpack(as_bytes(*output), kMostParts);
  if (!parts) return nonsense();
  std::vector<std::string> words;
  for (const Bytes part : *parts) words.emplace_back(displayable(as_chars(part)));
  return words;
}

}  // namespace mapiguard
