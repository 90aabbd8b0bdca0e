// soak MESSAGES STATE WORKER [KILLERS_PER_MILLE=10] [THREADS=2]: so many different messages through one Guard in one
// process, and what its memory and descriptors do meanwhile. Every killer must be blocked by its one call (the replay
// charges it three times), every other message converted; from a tenth of the run to its end the supervisor, the
// nursery and the number of descriptors must not grow. Exit 0 when all that is so.
//
// The worker is the tests' own (escape_worker.cc), which does what a message says.
#include <mapiguard/guard.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace mapiguard;
namespace fs = std::filesystem;

// Deaths that take no time limit; ten kinds.
constexpr std::array kDeaths{"crashed",           "crashed.fpe",    "crashed.ill",       "aborted",
                             "aborted.exception", "stack_overflow", "sandbox_violation", "sandbox_violation.fork",
                             "illegal_exit",      "bad_reply"};
constexpr unsigned kParts = 10;  // of the run, looked at after each
constexpr double kGrowth = 1.05;
constexpr long kSlackKiB = 4096;  // SQLite's page caches fill as the ledger grows: 2 MiB, for each of two connections
// Of every worker that dies the shared memory is kept to be used again: two descriptors for each of the few alive at
// once.
constexpr std::size_t kDescriptorSlack = 16;

class CountingSink final : public ResultSink {
 public:
  bool write(std::span<const std::byte> bytes) override {
    text_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return true;
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

struct Look {
  long supervisor_kib, supervisor_own_kib, nursery_kib;  // own: without the memory it shares with workers and files
  std::size_t descriptors, nursery_descriptors;
};

long status_kib(const std::string& pid, const std::string& field) {
  std::ifstream status("/proc/" + pid + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(field)) return std::atol(line.c_str() + field.size());
  return 0;
}

std::size_t count_descriptors(const std::string& pid) {
  std::error_code gone;
  const fs::directory_iterator entries("/proc/" + pid + "/fd", gone);
  return gone ? 0 : static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

// Our only child that is no worker; it may have been replaced since the last look.
std::string nursery() {
  for (const auto& task : fs::directory_iterator("/proc/self/task")) {
    std::ifstream children(task.path() / "children");
    for (std::string pid; children >> pid;) {
      std::ifstream name("/proc/" + pid + "/comm");
      std::string comm;
      if (std::getline(name, comm) && comm.starts_with("mapiguard-nurse")) return pid;
    }
  }
  return "0";
}

Look look() {
  const std::string child = nursery();
  return {status_kib("self", "VmRSS:"), status_kib("self", "RssAnon:"), status_kib(child, "VmRSS:"),
          count_descriptors("self"), count_descriptors(child)};
}

struct Tally {
  std::atomic<std::size_t> converted = 0, blocked = 0, wrong = 0;
};

void complain(Tally& tally, std::size_t number, const Conversion& done) {
  if (tally.wrong++ < 10)
    std::fprintf(stderr, "message %zu: %s, %u charges: %s\n", number, name_of(done.outcome), done.crashes,
                 done.error ? done.error->message.c_str() : "");
}

void convert_one(Guard& guard, std::size_t number, unsigned per_mille, Tally& tally) {
  const std::size_t every = 1000 / std::max(1u, per_mille);
  const bool kills = per_mille > 0 && number % every == every - 1;
  const std::string unique = "\nmessage " + std::to_string(number);
  const std::string body = unique.substr(1) + std::string(number % 3000, 'x');
  const std::string text =
      kills ? std::string("plant ") + kDeaths[number / every % kDeaths.size()] + unique : "echo\n" + body;
  CountingSink sink;
  const Conversion done = guard.convert(std::as_bytes(std::span(text)), {}, {}, sink);
  const bool right = kills ? done.outcome == Outcome::blocked && done.crashes == 3
                           : done.outcome == Outcome::converted && sink.text() == body;
  if (!right) return complain(tally, number, done);
  ++(kills ? tally.blocked : tally.converted);
}

void convert_part(Guard& guard, std::size_t from, std::size_t to, unsigned threads, unsigned per_mille, Tally& tally) {
  std::atomic<std::size_t> next = from;
  std::vector<std::thread> callers;
  for (unsigned i = 0; i < threads; ++i)
    callers.emplace_back([&] {
      for (std::size_t number = next++; number < to; number = next++) convert_one(guard, number, per_mille, tally);
    });
  for (auto& caller : callers) caller.join();
}

bool is_flat(long first, long last) {
  return last <= static_cast<long>(static_cast<double>(first) * kGrowth) + kSlackKiB;
}

bool is_flat(const Look& first, const Look& last) {
  return is_flat(first.supervisor_kib, last.supervisor_kib) && is_flat(first.nursery_kib, last.nursery_kib) &&
         last.descriptors <= first.descriptors + kDescriptorSlack &&
         last.nursery_descriptors <= first.nursery_descriptors + kDescriptorSlack;
}

void print(const Look& seen, unsigned part, std::size_t count, const Tally& tally) {
  std::printf(
      "{\"scenario\": \"soak\", \"point\": \"%u %% of %zu\", \"converted\": %zu, \"blocked\": %zu, \"wrong\": %zu, "
      "\"supervisor_kib\": %ld, \"supervisor_own_kib\": %ld, \"nursery_kib\": %ld, \"descriptors\": %zu, "
      "\"nursery_descriptors\": %zu}\n",
      part * 100 / kParts, count, tally.converted.load(), tally.blocked.load(), tally.wrong.load(), seen.supervisor_kib,
      seen.supervisor_own_kib, seen.nursery_kib, seen.descriptors, seen.nursery_descriptors);
  std::fflush(stdout);
}

int soak(GuardOptions options, std::size_t count, unsigned per_mille, unsigned threads) {
  auto guard = Guard::open(std::move(options));
  if (!guard) {
    std::fprintf(stderr, "%s\n", guard.error().message.c_str());
    return 70;
  }
  Tally tally;
  std::vector<Look> looks;
  for (unsigned part = 1; part <= kParts; ++part) {
    convert_part(**guard, count * (part - 1) / kParts, count * part / kParts, threads, per_mille, tally);
    looks.push_back(look());
    print(looks.back(), part, count, tally);
  }
  const bool flat = is_flat(looks.front(), looks.back());
  const bool whole = tally.wrong == 0 && tally.converted + tally.blocked == count;
  std::printf(
      "{\"scenario\": \"soak\", \"point\": \"whole run\", \"result\": \"%s\", \"detail\": \"%zu messages, %zu "
      "converted, %zu killers "
      "blocked by one call each after three charges, %zu otherwise; memory and descriptors %s\"}\n",
      flat && whole ? "ok" : "broken", count, tally.converted.load(), tally.blocked.load(), tally.wrong.load(),
      flat ? "flat" : "GREW");
  return flat && whole ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fputs("usage: soak MESSAGES STATE WORKER [KILLERS_PER_MILLE] [THREADS]\n", stderr);
    return 64;
  }
  GuardOptions options;
  options.state_dir = argv[2];
  options.worker_path = argv[3];
  options.isolation = Isolation::worker;
  options.memory_bytes = 256ull << 20;
  const unsigned per_mille = argc > 4 ? static_cast<unsigned>(std::atoi(argv[4])) : 10;
  const unsigned threads = argc > 5 ? static_cast<unsigned>(std::atoi(argv[5])) : 2;
  options.workers = threads;
  return soak(std::move(options), static_cast<std::size_t>(std::atoll(argv[1])), per_mille, threads);
}
