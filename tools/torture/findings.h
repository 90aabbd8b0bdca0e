// Findings: what became of the promises on one way through mapiguard, as rows.
//
// Thread promise: check() and the like from any thread.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace mapiguard::torture {

enum class Promise : std::uint8_t { lost, duplicated, charged, blocked, view, delayed, processes, growth, sound };
inline constexpr std::size_t kPromises = 9;
constexpr std::string_view name_of(Promise promise) {
  constexpr std::array<std::string_view, kPromises> kNames = {
      "no message lost",          "nothing duplicated",     "no innocent charged",    "every killer blocked",
      "at most ten in PoisonIDs", "neighbours not delayed", "no process left behind", "no growth",
      "state directory sound"};
  return kNames[static_cast<std::size_t>(promise)];
}

struct Row {
  std::string promise, way, result, detail;  // result: "ok", "broken" or "skipped"
  std::uint64_t checked = 0, broken = 0;
};
std::string json_of(const Row& row);

class Findings {
 public:
  explicit Findings(std::string way) : way_(std::move(way)) {}

  // One look at a promise; the sentence says how it is broken. True when it holds.
  bool check(Promise promise, bool holds, std::string_view broken);
  void checked(Promise promise, std::uint64_t times);  // so many looks that found nothing
  void skip(Promise promise, std::string why);         // the row says so, unless something was checked all the same
  void note(Promise promise, std::string detail);      // for the row; the last one counts

  const std::string& way() const { return way_; }
  std::uint64_t broken() const;
  std::vector<Row> rows() const;  // of the promises that were looked at

 private:
  struct Look {
    std::uint64_t checked = 0, broken = 0;
    std::vector<std::string> examples;
    std::string note, skipped;
  };
  Look& of(Promise promise) { return looks_[static_cast<std::size_t>(promise)]; }

  std::string way_;
  mutable std::mutex mutex_;
  std::array<Look, kPromises> looks_;
};

}  // namespace mapiguard::torture
