#include "tools/mapiguard/nearest.h"

#include <algorithm>
#include <cstddef>

#include "base/text.h"

namespace mapiguard {
namespace {

// Longer words are never typed by mistake for one of ours, and the table below grows with the square.
constexpr std::size_t kLongestWord = 64;

// Levenshtein distance, with the exchange of two neighbours as one step.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), now(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0u : 1u)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) now[j] = std::min(now[j], before[j - 2] + 1);
    }
    before.swap(last);
    last.swap(now);
  }
  return last[b.size()];
}

}  // namespace

std::string nearest_word(std::string_view given, const std::vector<std::string>& known) {
  if (given.empty() || given.size() > kLongestWord) return {};
  const std::string word = ascii_lower(given);
  std::size_t best = std::max<std::size_t>(1, word.size() / 3) + 1;
  std::string found;
  for (const std::string& candidate : known) {
    const bool is_start =
        word.size() >= 3 && candidate.size() > word.size() && starts_with_ignoring_case(candidate, word);
    const std::size_t steps = is_start ? 1 : distance(word, ascii_lower(candidate));
    if (steps < best) {
      best = steps;
      found = candidate;
    }
  }
  return found;
}

}  // namespace mapiguard
