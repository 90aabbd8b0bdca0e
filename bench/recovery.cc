// How soon does the next message go on after a worker's death, and what do killers cost their neighbours?
//   recovery STATE_DIR KILLER_WORKER
#include <atomic>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>

#include "bench/measure.h"
#include "guardian/pool.h"
#include "guardian/snapshot.h"
#include <mapiguard/guard.h>

namespace mapiguard::bench {
namespace {

constexpr int kDeaths = 300, kLargeDeaths = 40;
constexpr int kMessages = 3000;

GuardOptions options_for(const std::string& state, const std::string& worker, Isolation isolation) {
  GuardOptions options;
  options.state_dir = state;
  options.worker_path = worker;
  options.isolation = isolation;
  options.replay = false;
  return options;
}

template <class T>
T or_exit(Result<T> result) {
  if (result) return std::move(*result);
  std::fprintf(stderr, "%s\n", result.error().message.c_str());
  std::exit(EXIT_FAILURE);
}

Attempt run(Pool& pool, const std::string& text) {
  const auto snapshot = or_exit(Snapshot::of_bytes(std::as_bytes(std::span(text)), "/tmp"));
  Task task;
  task.message = &snapshot;
  task.output_limit = 64 << 20;
  return pool.run(task);
}

void expect(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "recovery: %s\n", what);
  std::exit(EXIT_FAILURE);
}

// From the dispatch of the killer to the reply to the message after it, in one worker after another.
std::vector<double> after_small_deaths(const std::string& state, const std::string& worker) {
  GuardOptions options = options_for(state, worker, Isolation::worker);
  options.workers = 1;
  const auto pool = or_exit(Pool::start(options));
  std::vector<double> microseconds;
  for (int i = 0; i < kDeaths; ++i) {
    expect(run(*pool, "warm").reply.has_value(), "a message was not converted");
    const double began = wall_seconds();
    expect(run(*pool, "kill").ending.has_value(), "a killer did not kill");
    expect(run(*pool, "next").reply.has_value(), "the message after a death was not converted");
    microseconds.push_back((wall_seconds() - began) * 1e6);
  }
  return microseconds;
}

// The same where the dying worker holds 200 MB, for a caller that does not wait for its end.
std::vector<double> after_large_deaths(const std::string& state, const std::string& worker) {
  GuardOptions options = options_for(state, worker, Isolation::worker);
  options.workers = 1;
  const auto pool = or_exit(Pool::start(options));
  std::vector<double> microseconds;
  for (int i = 0; i < kLargeDeaths; ++i) {
    expect(run(*pool, "grow").reply.has_value(), "a message was not converted");
    const double began = wall_seconds();
    std::thread killer([&] { expect(run(*pool, "kill").ending.has_value(), "a killer did not kill"); });
    std::this_thread::sleep_for(std::chrono::microseconds(500));  // the killer is under way
    expect(run(*pool, "next").reply.has_value(), "the message beside a death was not converted");
    microseconds.push_back((wall_seconds() - began) * 1e6);
    killer.join();
  }
  return microseconds;
}

class Nowhere final : public ResultSink {
 public:
  bool write(std::span<const std::byte>) override { return true; }
};

// Messages a second with so many killers in a hundred, each of which dies once.
double rate_with_killers(const std::string& state, const std::string& worker, int percent) {
  const auto guard = or_exit(Guard::open(options_for(state, worker, Isolation::message)));
  std::atomic<int> next = 0;
  const double began = wall_seconds();
  const auto call = [&] {
    for (int i = next++; i < kMessages; i = next++) {
      const bool kills = i % 100 < percent;
      const std::string message = (kills ? "kill " : "live ") + std::to_string(i);
      Nowhere sink;
      const auto done = guard->convert(std::as_bytes(std::span(message)), {}, {}, sink);
      expect(done.outcome == (kills ? Outcome::died : Outcome::converted), "a message ended otherwise than it should");
    }
  };
  std::vector<std::thread> callers;
  for (unsigned i = 0; i < std::max(1u, std::thread::hardware_concurrency()); ++i) callers.emplace_back(call);
  for (std::thread& caller : callers) caller.join();
  return kMessages / (wall_seconds() - began);
}

double percentile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

int run_all(const std::string& state, const std::string& worker) {
  const auto small = after_small_deaths(state + "/small", worker);
  const auto large = after_large_deaths(state + "/large", worker);
  JsonSeries json;
  json.add("small_us", {percentile(small, 0.5), percentile(small, 0.99)});
  json.add("large_us", {percentile(large, 0.5), percentile(large, 0.99)});
  for (const int percent : {0, 1, 10})
    json.add("rate_" + std::to_string(percent), {rate_with_killers(state + "/rate-" + std::to_string(percent), worker, percent)});
  json.print();
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace mapiguard::bench

int main(int argc, char** argv) { return argc == 3 ? mapiguard::bench::run_all(argv[1], argv[2]) : EXIT_FAILURE; }
