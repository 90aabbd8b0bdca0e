// How every benchmark here measures: contenders take turns, round after round, in one process, and each round gives one
// number; run.py takes medians and their ratios. What else the machine does then hits all contenders alike.
//
// Thread promise: for one thread.
#pragma once

#include <time.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mapiguard::bench {

inline double seconds_of(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}
inline double cpu_seconds() { return seconds_of(CLOCK_PROCESS_CPUTIME_ID); }
inline double wall_seconds() { return seconds_of(CLOCK_MONOTONIC); }

// Keeps the compiler from leaving out a computation whose result nobody needs.
template <class T>
void keep(const T& value) {
  asm volatile("" : : "g"(&value) : "memory");
}

struct Contender {
  std::string name;
  std::function<void()> once;       // one operation
  std::vector<double> microseconds;  // CPU of one operation, a number a round
};

// Each round runs every contender for about `round_seconds`, beginning with another one each time.
inline void take_turns(std::vector<Contender>& contenders, int rounds, double round_seconds) {
  std::vector<std::uint64_t> repeats;
  for (Contender& c : contenders) {
    c.once();  // warm
    const double began = cpu_seconds();
    c.once();
    const double once = std::max(cpu_seconds() - began, 1e-8);
    repeats.push_back(std::max<std::uint64_t>(1, static_cast<std::uint64_t>(round_seconds / once)));
  }
  for (int round = 0; round < rounds; ++round)
    for (std::size_t turn = 0; turn < contenders.size(); ++turn) {
      const std::size_t i = (turn + static_cast<std::size_t>(round)) % contenders.size();
      const double began = cpu_seconds();
      for (std::uint64_t n = 0; n < repeats[i]; ++n) contenders[i].once();
      contenders[i].microseconds.push_back((cpu_seconds() - began) * 1e6 / static_cast<double>(repeats[i]));
    }
}

// Prints {"name": [numbers], …} for run.py. Names are ours: no escaping.
class JsonSeries {
 public:
  void add(std::string_view name, const std::vector<double>& values) {
    text_ += (text_.empty() ? "{\"" : ", \"") + std::string(name) + "\": [";
    char number[40];
    for (std::size_t i = 0; i < values.size(); ++i) {
      std::snprintf(number, sizeof number, "%s%.6g", i ? ", " : "", values[i]);
      text_ += number;
    }
    text_ += "]";
  }
  void print() const { std::printf("%s}\n", text_.empty() ? "{" : text_.c_str()); }

 private:
  std::string text_;
};

inline std::string read_file(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The same message with other bytes, as many as are wanted: a trailer that no reader of the format minds, so that no two
// have one digest.
inline std::string variant(const std::string& message, std::uint64_t number) { return message + "variant " + std::to_string(number); }

}  // namespace mapiguard::bench
