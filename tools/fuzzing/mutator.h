// Mutator: fuzz/mutation at arm's length. Inputs are untrusted, so they are taken apart in workers.
//
// Thread promise: from many threads.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "guardian/errand.h"

namespace mapiguard {

using ByteString = std::vector<std::byte>;

class Mutator {
 public:
  // Errors: as Errands::open.
  static Result<Mutator> open(const GuardOptions& like, unsigned jobs);

  // Up to `count` mutants of `base`, some with parts of `donor`. Errors: not_a_message when the worker died of it: then
  // another base is to be taken, and the death is a bug of ours.
  Result<std::vector<ByteString>> mutants(Bytes base, Bytes donor, std::uint64_t seed, unsigned count, std::size_t max_size) const;

  struct Candidate {
    std::uint64_t index;
    ByteString bytes;
  };
  // The next candidates from number `from` on, at most `count`; empty = there are no more.
  Result<std::vector<Candidate>> candidates(Bytes input, std::uint64_t from, unsigned count) const;
  // Words of `original` that `reduced` still has.
  Result<std::vector<std::string>> kept_words(Bytes original, Bytes reduced) const;
  void stop() const { errands_->stop(); }

 private:
  explicit Mutator(std::unique_ptr<Errands> errands) : errands_(std::move(errands)) {}
  Result<std::string> ask(std::string_view errand, const std::string& argument, Bytes input) const;
  std::unique_ptr<Errands> errands_;
};

}  // namespace mapiguard
