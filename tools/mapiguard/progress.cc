#include "tools/mapiguard/progress.h"

#include <cstdio>

namespace mapiguard {
namespace {

constexpr std::array kBad = {Outcome::damaged, Outcome::died, Outcome::held, Outcome::blocked, Outcome::error};

std::string duration(double seconds) {
  char text[40];
  if (seconds < 90)
    std::snprintf(text, sizeof text, "%.0f s", seconds);
  else if (seconds < 90 * 60)
    std::snprintf(text, sizeof text, "%.0f min", seconds / 60);
  else
    std::snprintf(text, sizeof text, "%.1f h", seconds / 3600);
  return text;
}

const char* word_for(Outcome outcome) { return outcome == Outcome::error ? "failed" : name_of(outcome); }

}  // namespace

std::uint64_t Progress::done() const {
  std::uint64_t sum = 0;
  for (const auto& count : counts_) sum += count.load(std::memory_order_relaxed);
  return sum;
}

std::string Progress::bad_ones(const char* before) const {
  std::string out;
  for (const Outcome outcome : kBad) {
    if (count(outcome) == 0) continue;
    out += before + std::to_string(count(outcome)) + " " + word_for(outcome);
  }
  return out;
}

std::string Progress::line() const {
  const std::uint64_t finished = done();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
  const double rate = seconds > 0 ? static_cast<double>(finished) / seconds : 0;
  char start[120];
  std::snprintf(start, sizeof start, "%llu/%zu (%llu %%)  %.0f/s", static_cast<unsigned long long>(finished), total_,
                static_cast<unsigned long long>(total_ ? finished * 100 / total_ : 100), rate);
  std::string out = start;
  if (rate > 0 && finished < total_) out += "  " + duration(static_cast<double>(total_ - finished) / rate) + " left";
  return out + bad_ones("  ");
}

std::string Progress::summary() const {
  return std::to_string(done()) + " of " + std::to_string(total_) +
         " inputs: " + std::to_string(count(Outcome::converted)) + " converted" + bad_ones(", ");
}

}  // namespace mapiguard
