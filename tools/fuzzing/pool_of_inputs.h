// Pool of inputs: what mutants are made of: the corpus that was given, and mutants that did what none before had done.
//
// Thread promise: from many threads.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <unordered_set>
#include <vector>

#include "tools/fuzzing/mutator.h"

namespace mapiguard {

class PoolOfInputs {
 public:
  struct Entry {
    std::string name;  // where it is from: a path, or "mutant of …"
    ByteString bytes;
  };
  using Held = std::shared_ptr<const Entry>;

  void add(std::string name, ByteString bytes);
  // Whether any of them is new; they are remembered.
  bool is_news(const std::vector<std::uint64_t>& features);
  // One to change, and another to take parts from. Late comers are chosen more often: they reached what is new.
  std::pair<Held, Held> parents(std::mt19937_64& dice) const;
  std::size_t size() const;
  std::size_t features() const;

 private:
  Held one(std::mt19937_64& dice) const;

  mutable std::mutex mutex_;
  std::vector<Held> entries_;
  std::unordered_set<std::uint64_t> features_;
};

}  // namespace mapiguard
