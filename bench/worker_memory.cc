// How much memory does a worker need for a message with a large attachment, beyond the mapped input: its peak after the
// message, less its peak after a small one, less the input.
//   worker_memory STATE_DIR WORKER SMALL LARGE
#include <unistd.h>

#include <cstdlib>

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

// The greatest peak among our workers, and what of it is the process's own (not mapped from a file or memfd).
std::uint64_t peak() {
  std::uint64_t most = 0;
  for (const auto& [pid, stat] : tree_of(getpid()))
    if (pid != getpid()) most = std::max(most, status_bytes(pid, "VmHWM"));
  return most;
}

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
  bool fine = convert(small);
  const auto idle = static_cast<double>(peak());
  fine = convert(large) && fine;
  const auto after = static_cast<double>(peak());
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
