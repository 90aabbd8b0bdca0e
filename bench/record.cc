// What does the record before work cost: filling and clearing a row of the in-flight table, which survives kill -9; beside
// it, for scale, a pwrite of as many bytes and a pwrite with fdatasync.
//   record FOLDER
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>

#include "bench/measure.h"
#include "persist/inflight.h"

namespace mapiguard::bench {
namespace {

constexpr int kRecords = 1'000'000, kWrites = 100'000, kSyncs = 200;
constexpr std::string_view kId = "<20240517.093000.4711@mail.example.org>";

// Nanoseconds of each call, less what reading the clock costs: median and 99.9th of a thousand, a pair a round.
template <class Once>
std::vector<double> distribution(int calls, Once once) {
  std::vector<double> taken(static_cast<std::size_t>(calls)), empty(taken);
  const auto fill = [](std::vector<double>& into, auto&& operation) {
    for (double& slot : into) {
      const double began = wall_seconds();
      operation();
      slot = (wall_seconds() - began) * 1e9;
    }
    std::sort(into.begin(), into.end());
  };
  fill(empty, [] {});
  fill(taken, once);
  const double clock = empty[empty.size() / 2];
  const auto at = [&](double part) { return std::max(0.0, taken[static_cast<std::size_t>(part * (static_cast<double>(calls) - 1))] - clock); };
  return {at(0.5), at(0.999)};
}

int run(const char* folder) {
  auto table = InflightTable::create(folder, 8);
  if (!table) {
    std::fprintf(stderr, "%s\n", table.error().message.c_str());
    return EXIT_FAILURE;
  }
  const Digest digest = sha256({});
  const int file = ::open((std::string(folder) + "/record").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  const std::string row(1200, 'r');
  std::uint32_t attempt = 0;
  const auto write = [&] { keep(::pwrite(file, row.data(), row.size(), 0)); };
  JsonSeries json;
  json.add("fill_clear_ns", distribution(kRecords, [&] {
             ++attempt;
             (*table)->fill(attempt % 8, digest, kId, attempt, false, "0123456789ab", 1);
             (*table)->clear(attempt % 8);
           }));
  json.add("pwrite_ns", distribution(kWrites, write));
  json.add("fdatasync_ns", distribution(kSyncs, [&] {
             write();
             keep(::fdatasync(file));
           }));
  json.print();
  ::close(file);
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace mapiguard::bench

int main(int argc, char** argv) { return argc == 2 ? mapiguard::bench::run(argv[1]) : EXIT_FAILURE; }
