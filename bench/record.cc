// What does the record before work cost: filling and clearing a row of the in-flight table, which survives kill -9; beside
// it, for scale, a pwrite of as many bytes and a pwrite with fdatasync. And the durable table, which survives a loss of
// power: a message's share with 32 callers, in turns with one caller's fdatasync.
//   record FOLDER
#include <fcntl.h>
#include <unistd.h>

#include <barrier>
#include <cstdlib>
#include <thread>

#include "bench/measure.h"
#include "persist/inflight.h"

namespace mapiguard::bench {
namespace {

constexpr int kRecords = 1'000'000, kWrites = 100'000, kSyncs = 200;
constexpr int kCallers = 32, kDurableEach = 50, kTurns = 7;
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

// Microseconds a message, with all callers at work from one start to one end.
double durable_turn(InflightTable& table, const Digest& digest) {
  std::barrier start(kCallers + 1);
  std::vector<std::jthread> callers;
  for (std::size_t row = 0; row < kCallers; ++row)
    callers.emplace_back([&, row] {
      start.arrive_and_wait();
      for (std::uint32_t i = 1; i <= kDurableEach; ++i) {
        keep(table.fill(row, digest, kId, i, false, "0123456789ab", 1).has_value());
        table.clear(row);
      }
    });
  start.arrive_and_wait();
  const double began = wall_seconds();
  callers.clear();  // waits for them
  return (wall_seconds() - began) * 1e6 / (kCallers * kDurableEach);
}

double lone_turn(int file, const std::string& row) {
  constexpr int kTimes = 50;
  const double began = wall_seconds();
  for (int i = 0; i < kTimes; ++i) {
    keep(::pwrite(file, row.data(), row.size(), 0));
    keep(::fdatasync(file));
  }
  return (wall_seconds() - began) * 1e6 / kTimes;
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
  auto durable = InflightTable::create(folder, kCallers, true);
  if (!durable) {
    std::fprintf(stderr, "%s\n", durable.error().message.c_str());
    return EXIT_FAILURE;
  }
  std::vector<double> shared, lone;
  for (int turn = 0; turn < kTurns; ++turn) {
    lone.push_back(lone_turn(file, row));
    shared.push_back(durable_turn(**durable, digest));
  }
  json.add("durable_us", shared);
  json.add("lone_us", lone);
  json.print();
  ::close(file);
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace mapiguard::bench

int main(int argc, char** argv) { return argc == 2 ? mapiguard::bench::run(argv[1]) : EXIT_FAILURE; }
