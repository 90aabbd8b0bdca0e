// Figures: what was done and measured on one way.
//
// Thread promise: note_latency() from any thread; the rest from one.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "tools/torture/findings.h"

namespace mapiguard::torture {

// Milliseconds that innocent messages took.
class Latencies {
 public:
  void add(double milliseconds) {
    const std::lock_guard lock(mutex_);
    values_.push_back(static_cast<float>(milliseconds));
  }
  std::size_t count() const { return values_.size(); }
  double percentile(double percent) const;  // 0 when there are none

 private:
  std::mutex mutex_;
  std::vector<float> values_;
};

struct Figures {
  std::uint64_t messages = 0, killers = 0, runs = 0;
  std::uint64_t worker_kills = 0, supervisor_kills = 0, released = 0, refused_writes = 0, failed_runs = 0;
  long resident_first_kib = 0, resident_last_kib = 0;
  Latencies quiet, stormy;

  std::string json(const std::string& way) const;
};

// The 99th percentile under faults against that of the same messages in peace.
void compare_latencies(const Figures& figures, Findings& findings);

}  // namespace mapiguard::torture
