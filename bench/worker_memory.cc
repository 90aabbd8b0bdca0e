// How much memory does a worker need for a message with a large attachment, beyond the mapped input: its peak after the
// message, less its peak after a small one, less the input.
//   worker_memory STATE_DIR WORKER SMALL LARGE
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <stop_token>
#include <thread>

#include "bench/measure.h"
#include "bench/process_tree.h"
#include <mapiguard/guard.h>

namespace mapiguard::bench {
namespace {

class KeepSink final : public ResultSink {
 public:
  bool write(std::span<const std::byte> bytes) override {
    size += bytes.size();
    return true;
  }
  std::uint64_t size = 0;
};

// The greatest peak that any of our workers has shown while this lives; a worker may be gone as soon as it has answered.
class Watch {
 public:
  double stop() {
    thread_.request_stop();
    thread_.join();
    return static_cast<double>(most_);
  }

 private:
  void look(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      for (const auto& [pid, stat] : tree_of(getpid()))
        if (pid != getpid()) most_ = std::max(most_, status_bytes(pid, "VmHWM"));
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }
  std::uint64_t most_ = 0;
  std::jthread thread_{[this](const std::stop_token& stop) { look(stop); }};
};

int run(char** argv) {
  GuardOptions options;
  options.state_dir = argv[1];
  options.worker_path = argv[2];
  options.workers = 1;
  options.isolation = Isolation::worker;
  auto guard = Guard::open(std::move(options));
  if (!guard) {
    std::fprintf(stderr, "%s\n", guard.error().message.c_str());
    return EXIT_FAILURE;
  }
  const std::string small = read_file(argv[3]), large = read_file(argv[4]);
  const auto convert = [&](const std::string& message) {
    KeepSink sink;
    return (*guard)->convert(std::as_bytes(std::span(message)), {}, {}, sink).outcome == Outcome::converted && sink.size > 0;
  };
  bool fine = true;
  Watch small_watch;
  for (int i = 0; i < 200; ++i) fine = convert(variant(small, static_cast<std::uint64_t>(i))) && fine;
  const double idle = small_watch.stop();
  Watch large_watch;
  for (int i = 0; i < 5; ++i) fine = convert(variant(large, static_cast<std::uint64_t>(i))) && fine;
  const double after = large_watch.stop();
  if (!fine) {
    std::fprintf(stderr, "a message was not converted\n");
    return EXIT_FAILURE;
  }
  JsonSeries json;
  json.add("idle_bytes", {idle});
  json.add("peak_bytes", {after});
  json.add("input_bytes", {static_cast<double>(large.size())});
  json.print();
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace mapiguard::bench

int main(int argc, char** argv) { return argc == 5 ? mapiguard::bench::run(argv) : EXIT_FAILURE; }
