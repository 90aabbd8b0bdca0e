#include "tools/torture/findings.h"

#include "base/json_text.h"
#include "base/text.h"

namespace mapiguard::torture {
namespace {
constexpr std::size_t kExamples = 3;  // of what is broken; the rest is counted
}

std::string json_of(const Row& row) {
  return JsonObject()
      .text("promise", row.promise)
      .text("way", row.way)
      .number("checked", row.checked)
      .number("broken", row.broken)
      .text("result", row.result)
      .text("detail", displayable(row.detail))
      .str();
}

bool Findings::check(Promise promise, bool holds, std::string_view broken) {
  const std::lock_guard lock(mutex_);
  Look& look = of(promise);
  ++look.checked;
  if (holds) return true;
  ++look.broken;
  if (look.examples.size() < kExamples) look.examples.emplace_back(broken);
  return false;
}

void Findings::checked(Promise promise, std::uint64_t times) {
  const std::lock_guard lock(mutex_);
  of(promise).checked += times;
}

void Findings::skip(Promise promise, std::string why) {
  const std::lock_guard lock(mutex_);
  of(promise).skipped = std::move(why);
}

void Findings::note(Promise promise, std::string detail) {
  const std::lock_guard lock(mutex_);
  of(promise).note = std::move(detail);
}

std::uint64_t Findings::broken() const {
  const std::lock_guard lock(mutex_);
  std::uint64_t sum = 0;
  for (const Look& look : looks_) sum += look.broken;
  return sum;
}

std::vector<Row> Findings::rows() const {
  const std::lock_guard lock(mutex_);
  std::vector<Row> rows;
  for (std::size_t i = 0; i < kPromises; ++i) {
    const Look& look = looks_[i];
    if (look.checked == 0 && look.skipped.empty()) continue;
    Row row{std::string(name_of(static_cast<Promise>(i))), way_, "ok", look.note, look.checked, look.broken};
    if (look.checked == 0) row.result = "skipped";
    if (look.checked == 0 || (row.detail.empty() && !look.skipped.empty())) row.detail = look.skipped;
    if (look.broken > 0) {
      row.result = "broken";
      std::string sentences;
      for (const std::string& example : look.examples) sentences += (sentences.empty() ? "" : "; ") + example;
      if (look.broken > look.examples.size())
        sentences += "; and " + std::to_string(look.broken - look.examples.size()) + " more";
      row.detail = sentences + (look.note.empty() ? "" : " (" + look.note + ")");
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace mapiguard::torture
