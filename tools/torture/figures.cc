#include "tools/torture/figures.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/json_text.h"

namespace mapiguard::torture {
namespace {

// Generous, so that a loaded host does not make it break: what it is to find is a message that waits for a killer's
// time limit, or for all killers one after another.
constexpr double kTimes = 10, kPlusMilliseconds = 250;

std::string in_digits(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.2f", value);
  return text;
}

std::string json_of(const Latencies& latencies) {
  return JsonObject()
      .number("messages", latencies.count())
      .raw("p50_ms", in_digits(latencies.percentile(50)))
      .raw("p99_ms", in_digits(latencies.percentile(99)))
      .raw("max_ms", in_digits(latencies.percentile(100)))
      .str();
}

}  // namespace

double Latencies::percentile(double percent) const {
  if (values_.empty()) return 0;
  std::vector<float> sorted = values_;
  const auto rank = static_cast<std::size_t>(std::ceil(percent / 100 * static_cast<double>(sorted.size())));
  const auto place = sorted.begin() + static_cast<std::ptrdiff_t>(std::max<std::size_t>(rank, 1) - 1);
  std::ranges::nth_element(sorted, place);
  return *place;
}

std::string Figures::json(const std::string& way) const {
  JsonObject object;
  object.text("way", way)
      .number("messages", messages)
      .number("killers", killers)
      .number("runs", runs)
      .number("worker_kills", worker_kills)
      .number("supervisor_kills", supervisor_kills)
      .number("released", released)
      .number("refused_writes", refused_writes)
      .number("failed_runs", failed_runs)
      .raw("quiet", json_of(quiet))
      .raw("under_faults", json_of(stormy));
  if (resident_last_kib > 0)
    object.number("resident_first_kib", resident_first_kib).number("resident_last_kib", resident_last_kib);
  return object.str();
}

void compare_latencies(const Figures& figures, Findings& findings) {
  if (figures.quiet.count() == 0 || figures.stormy.count() == 0) return;
  const double quiet = figures.quiet.percentile(99), stormy = figures.stormy.percentile(99);
  const double bound = kTimes * quiet + kPlusMilliseconds;
  findings.note(Promise::delayed, "p99 " + in_digits(quiet) + " ms in peace, " + in_digits(stormy) +
                                      " ms under faults, at most " + in_digits(bound) + " allowed");
  findings.checked(Promise::delayed, figures.stormy.count() - 1);
  findings.check(Promise::delayed, stormy <= bound, "innocent messages waited");
}

}  // namespace mapiguard::torture
