// What does the guard cost: CPU of a message converted in this process, by the guard without a sandbox (isolation none:
// copy, SHA-256, ledger and record as always), and under the guard with a fresh worker for each
// message, with one worker for many, and with that worker kept busy eight deep. All processes are counted.
//   sandbox_cost STATE_DIR WORKER MESSAGE…
#include <cstdlib>
#include <memory>
#include <thread>

#include "bench/measure.h"
#include "bench/process_tree.h"
#include <mapiguard/guard.h>

namespace mapiguard::bench {
namespace {

constexpr int kRounds = 7;
constexpr double kRoundSeconds = 1.0;  // CPU; /proc counts in hundredths of a second

class KeepSink final : public ResultSink {
 public:
  bool write(std::span<const std::byte> bytes) override {
    size += bytes.size();
    return true;
  }
  std::uint64_t size = 0;
};

struct Setup {
  std::string name;
  std::unique_ptr<Guard> guard;  // null: in this process
  unsigned callers = 1;
  std::vector<double> microseconds;
};

class Bench {
 public:
  explicit Bench(std::vector<std::string> messages) : messages_(std::move(messages)) {}

  // CPU microseconds a message.
  double round(Setup& setup, std::uint64_t count) {
    const double began = tree_cpu_seconds();
    std::vector<std::thread> callers;
    for (unsigned i = 1; i < setup.callers; ++i) callers.emplace_back([&, i] { share(setup, count / setup.callers, i); });
    share(setup, count / setup.callers, 0);
    for (std::thread& caller : callers) caller.join();
    return (tree_cpu_seconds() - began) * 1e6 / static_cast<double>(count / setup.callers * setup.callers);
  }
  bool failed() const { return failed_; }

 private:
  // Every caller makes its own variants, so that no two messages under way are the same.
  void share(Setup& setup, std::uint64_t count, unsigned caller) {
    for (std::uint64_t n = 0; n < count; ++n) {
      const std::string message = variant(messages_[n % messages_.size()], n * 64 + caller);
      KeepSink sink;
      const bool fine = setup.guard ? setup.guard->convert(as_span(message), {}, {}, sink).outcome == Outcome::converted
                                    : convert(as_span(message), {}, sink).has_value();
      if (!fine || sink.size == 0) failed_ = true;
    }
  }
  static std::span<const std::byte> as_span(const std::string& message) { return std::as_bytes(std::span(message)); }

  std::vector<std::string> messages_;
  bool failed_ = false;
};

std::unique_ptr<Guard> open_guard(const std::string& state, const std::string& worker, Isolation isolation, unsigned depth) {
  GuardOptions options;
  options.state_dir = state + "/" + std::to_string(static_cast<int>(isolation)) + "-" + std::to_string(depth);
  options.worker_path = worker;
  options.workers = 1;
  options.depth = depth;
  options.isolation = isolation;
  auto guard = Guard::open(std::move(options));
  if (!guard) {
    std::fprintf(stderr, "%s\n", guard.error().message.c_str());
    std::exit(EXIT_FAILURE);
  }
  return std::move(*guard);
}

int run(int argc, char** argv) {
  const std::string state = argv[1], worker = argv[2];
  std::vector<std::string> messages;
  for (int i = 3; i < argc; ++i) messages.push_back(read_file(argv[i]));
  Bench bench(std::move(messages));
  prepare_converter();
  std::vector<Setup> setups;
  setups.push_back({"in_process", nullptr, 1, {}});
  setups.push_back({"unguarded", open_guard(state, worker, Isolation::none, 1), 1, {}});
  setups.push_back({"message", open_guard(state, worker, Isolation::message, 1), 1, {}});
  setups.push_back({"worker_depth_1", open_guard(state, worker, Isolation::worker, 1), 1, {}});
  setups.push_back({"worker_depth_8", open_guard(state, worker, Isolation::worker, 8), 8, {}});
  std::vector<std::uint64_t> counts;
  for (Setup& setup : setups) {
    bench.round(setup, 64);  // warm
    counts.push_back(std::max<std::uint64_t>(64, static_cast<std::uint64_t>(kRoundSeconds * 1e6 / std::max(1.0, bench.round(setup, 1024)))));
  }
  for (int round = 0; round < kRounds; ++round)
    for (std::size_t i = 0; i < setups.size(); ++i) setups[i].microseconds.push_back(bench.round(setups[i], counts[i]));
  if (bench.failed()) {
    std::fprintf(stderr, "a message was not converted\n");
    return EXIT_FAILURE;
  }
  JsonSeries json;
  for (const Setup& setup : setups) json.add(setup.name, setup.microseconds);
  json.print();
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace mapiguard::bench

int main(int argc, char** argv) { return argc > 3 ? mapiguard::bench::run(argc, argv) : EXIT_FAILURE; }
