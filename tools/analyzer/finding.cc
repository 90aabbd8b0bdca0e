#include "tools/analyzer/finding.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace mapiguard {

std::size_t count_of(const Analysis& analysis, Category category) {
  return static_cast<std::size_t>(std::ranges::count_if(analysis.findings, [&](const Finding& finding) {
    return finding.category == category && finding.change != Change::gone;
  }));
}

int exit_code_of(const Analysis& analysis) {
  if (count_of(analysis, Category::error) > 0) return 2;
  return count_of(analysis, Category::warning) > 0 ? 1 : 0;
}

std::string value_in_words(std::string_view text) {
  const auto value = nlohmann::json::parse(text, nullptr, false);
  if (value.is_discarded() || value.is_null()) return "absent";
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) return std::string(text);
  std::string words;
  for (const auto& each : value)
    if (each.is_string()) words += (words.empty() ? "" : ", ") + each.get<std::string>();
  return words;
}

}  // namespace mapiguard
