#include "tools/fuzzing/pool_of_inputs.h"

#include <algorithm>
#include <utility>

namespace mapiguard {

void PoolOfInputs::add(std::string name, ByteString bytes) {
  auto entry = std::make_shared<const Entry>(Entry{std::move(name), std::move(bytes)});
  const std::lock_guard lock(mutex_);
  entries_.push_back(std::move(entry));
}

bool PoolOfInputs::is_news(const std::vector<std::uint64_t>& features) {
  constexpr std::size_t kMostFeatures = 1 << 22;  // a target that makes up words without end is not remembered for ever
  const std::lock_guard lock(mutex_);
  bool any = false;
  for (const std::uint64_t feature : features)
    if (features_.size() < kMostFeatures) any |= features_.insert(feature).second;
  return any;
}

PoolOfInputs::Held PoolOfInputs::one(std::mt19937_64& dice) const {
  const std::size_t late = std::max<std::size_t>(1, entries_.size() / 4);
  const std::size_t from = dice() % 2 == 0 ? entries_.size() - late : 0;
  return entries_[from + dice() % (entries_.size() - from)];
}

std::pair<PoolOfInputs::Held, PoolOfInputs::Held> PoolOfInputs::parents(std::mt19937_64& dice) const {
  const std::lock_guard lock(mutex_);
  return {one(dice), one(dice)};
}

std::size_t PoolOfInputs::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

std::size_t PoolOfInputs::features() const {
  const std::lock_guard lock(mutex_);
  return features_.size();
}

}  // namespace mapiguard
