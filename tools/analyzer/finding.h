// Finding: what one rule has to say about one value or fact. Analysis: all of them, and what was looked at.
//
// Thread promise: plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mapiguard {

// The kinds of report of Exchange's Best Practices Analyzer, the worst first.
enum class Category : std::uint8_t { error, warning, non_default, best_practice, information };
inline constexpr std::size_t kCategories = 5;
constexpr std::string_view name_of(Category category) {
  constexpr std::string_view kNames[kCategories] = {"error", "warning", "non-default", "best-practice", "information"};
  return kNames[static_cast<std::size_t>(category)];
}

enum class Change : std::uint8_t { none, fresh, changed, gone };
constexpr std::string_view name_of(Change change) {
  constexpr std::string_view kNames[] = {"same", "new", "changed", "gone"};
  return kNames[static_cast<std::size_t>(change)];
}

struct Finding {
  std::string rule;  // "track-duplicates-missing"
  Category category = Category::information;
  std::string setting;  // what was read: the full path of a value, or a fact of the state directory
  std::string value;    // as JSON: null (absent), a number, a text or a list of texts
  std::string title, explanation;
  std::vector<std::string> fix;  // step by step
  std::string server, database;  // "" = no database's
  // Against an earlier report:
  Change change = Change::none;
  std::string value_before;  // of a changed one, as JSON
};

struct Analysis {
  std::string source;                  // "the registry export 'ex1.reg'"
  std::string time;                    // RFC 3339
  std::vector<std::string> databases;  // paths of what was looked at
  std::vector<Finding> findings;       // the worst first, then as the rules stand
  std::optional<std::string> since;    // the earlier report that it was compared with
};

// What there is now; a finding that is gone counts nowhere.
std::size_t count_of(const Analysis& analysis, Category category);
// 2 errors, 1 warnings, 0 neither.
int exit_code_of(const Analysis& analysis);
// A value as a person reads it: "absent", "5", "a, b".
std::string value_in_words(std::string_view json);

std::string report_as_json(const Analysis& analysis);
std::string report_as_text(const Analysis& analysis);
// One page that loads nothing from elsewhere; works without its script.
std::string report_as_html(const Analysis& analysis);

}  // namespace mapiguard
