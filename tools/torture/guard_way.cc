#include "tools/torture/guard_way.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/try.h"
#include "tools/torture/figures.h"
#include "tools/torture/findings.h"
#include "tools/torture/hunter.h"
#include "tools/torture/messages.h"
#include "tools/torture/processes.h"
#include "tools/torture/roster.h"

namespace mapiguard::torture {
namespace {

constexpr unsigned kMostCalls = 24;  // of one message: died and held ones come again
constexpr std::chrono::milliseconds kRest{20};
constexpr std::size_t kRoundsToTell = 4;
constexpr double kMemoryGrowth = 1.05, kDescriptorGrowth = 1.25;
constexpr long kMemorySlackKib = 8192;  // SQLite's caches fill as the record grows
constexpr long kDescriptorSlack = 32;

// Counts commits: a caller must get one output, whole.
class OnceSink final : public ResultSink {
 public:
  bool write(std::span<const std::byte> bytes) override {
    hash_.add(bytes);
    ++(commits_ > 0 ? late_ : writes_);
    return true;
  }
  Result<void> commit() override {
    if (++commits_ == 1) digest_ = hash_.finish();
    return {};
  }
  unsigned commits() const { return commits_; }
  bool is_whole(const Digest& expected) const { return commits_ == 1 && late_ == 0 && digest_ == expected; }

 private:
  Sha256 hash_;
  Digest digest_{};
  unsigned commits_ = 0, writes_ = 0, late_ = 0;
};

using Guards = std::vector<std::unique_ptr<Guard>>;

class GuardWay final : public Way {
 public:
  GuardWay(const Plan& plan, bool commanded)
      : plan_(plan),
        commanded_(commanded),
        findings_(commanded ? "Guard with a converter" : "Guard"),
        folder_(plan.folder + (commanded ? "/guard-converter" : "/guard")) {}

  Result<void> round(std::uint64_t first, std::size_t count) override;
  void close() override { guards_.clear(); }
  Result<void> finish() override;
  const Findings& findings() const override { return findings_; }
  const Figures& figures() const override { return figures_; }

 private:
  struct Batch {
    std::uint64_t first;
    std::vector<Part> parts;
    bool in_peace;
  };

  Result<Guards> open(const std::string& state_dir) const;
  Result<void> in_peace(const Batch& batch);
  Result<void> all_at_once(const Guards& guards, const Batch& batch, const std::string& state_dir);
  void work(const Guards& guards, const Batch& batch, Ledger& ledger, std::atomic<std::size_t>& next);
  void settle(Guard& guard, const Message& message, const Batch& batch, Ledger& ledger);
  bool is_settled(const Message& message, const Conversion& done, const OnceSink& sink, const Batch& batch,
                  Ledger& ledger);
  void refuse_again(Guard& guard, const Message& message);
  void release(const Message& message, const Conversion& done, Ledger& ledger);
  void weigh();
  void compare_halves(std::vector<long>& values, double times, long slack, const std::string& unit);

  const Plan& plan_;
  bool commanded_;
  Findings findings_;
  Figures figures_;
  Roster roster_;
  std::string folder_;
  Guards guards_;
  std::vector<pid_t> children_before_;
  std::vector<long> resident_, descriptors_;  // after each round
  std::mutex trouble_mutex_;
  std::optional<Error> trouble_;
};

// One of each isolation; they share the state directory.
Result<Guards> GuardWay::open(const std::string& state_dir) const {
  Guards guards;
  for (const Isolation isolation : {Isolation::message, Isolation::worker}) {
    if (commanded_ && isolation == Isolation::worker) continue;  // a command serves one message
    GuardOptions options = plan_.guard_options(state_dir, commanded_);
    options.isolation = isolation;
    auto guard = Guard::open(std::move(options));
    if (!guard) return std::unexpected(guard.error());
    guards.push_back(std::move(*guard));
  }
  return guards;
}

Result<void> GuardWay::round(std::uint64_t first, std::size_t count) {
  if (!commanded_) {
    first *= kBuiltInTimes;
    count *= kBuiltInTimes;
  }
  const Batch batch{first, deal(commanded_ ? plan_.mix : Mix(), count, plan_.seed + first, first / count), false};
  MAPIGUARD_TRY(in_peace({first, batch.parts, true}));
  if (guards_.empty()) {
    children_before_ = children_of_process(::getpid());
    auto opened = open(folder_ + "/state");
    if (!opened) return std::unexpected(opened.error());
    guards_ = std::move(*opened);
  }
  Hunter hunter(::getpid(), commanded_ ? 0 : plan_.mix.count(Fault::worker_kill, count), plan_.seed + first);
  MAPIGUARD_TRY(all_at_once(guards_, batch, folder_ + "/state"));
  figures_.worker_kills += hunter.end();
  figures_.messages += count;
  figures_.killers = roster_.size();
  ++figures_.runs;
  weigh();
  return {};
}

// The innocent messages alone, by Guards of their own: what is fast, and that Guards that are closed leave nothing.
Result<void> GuardWay::in_peace(const Batch& batch) {
  const auto before = children_of_process(::getpid());
  const std::size_t descriptors = count_descriptors("self");
  {
    auto guards = open(folder_ + "/quiet-state");
    if (!guards) return std::unexpected(guards.error());
    MAPIGUARD_TRY(all_at_once(*guards, batch, folder_ + "/quiet-state"));
  }
  const auto orphans = take_orphans(before);
  findings_.check(Promise::processes, orphans.empty(), orphans.empty() ? "" : orphans.front() + " outlived its Guard");
  const std::size_t after = count_descriptors("self");
  findings_.check(Promise::growth, after <= descriptors,
                  std::to_string(after - descriptors) + " descriptors are left of Guards that were closed");
  return {};
}

Result<void> GuardWay::all_at_once(const Guards& guards, const Batch& batch, const std::string& state_dir) {
  const auto ledger = Ledger::open(state_dir);
  if (!ledger) return std::unexpected(ledger.error());
  std::atomic<std::size_t> next = 0;
  std::atomic<unsigned> working = plan_.jobs;
  std::vector<std::jthread> threads;
  for (unsigned i = 0; i < plan_.jobs; ++i)
    threads.emplace_back([&] {
      work(guards, batch, **ledger, next);
      --working;
    });
  while (working > 0 && !plan_.is_stopped()) std::this_thread::sleep_for(kRest);
  if (plan_.is_stopped())
    for (const auto& guard : guards) guard->stop();
  threads.clear();
  if (plan_.is_stopped()) return interrupted();
  const std::lock_guard lock(trouble_mutex_);
  return trouble_ ? Result<void>(std::unexpected(*trouble_)) : Result<void>();
}

void GuardWay::work(const Guards& guards, const Batch& batch, Ledger& ledger, std::atomic<std::size_t>& next) {
  for (std::size_t i; !plan_.is_stopped() && (i = next++) < batch.parts.size();) {
    const Part& part = batch.parts[i];
    if (batch.in_peace && part.fault != Fault::none) continue;
    const auto message = commanded_ ? Result<Message>(make_order(batch.first + i, plan_.seed, part))
                                    : make_mail(batch.first + i, plan_.seed);
    if (!message) {
      const std::lock_guard lock(trouble_mutex_);
      trouble_ = message.error();
      return;
    }
    if (message->is_killer()) roster_.add(*message);
    settle(*guards[i % guards.size()], *message, batch, ledger);
  }
}

// Again and again, until it is converted or blocked.
void GuardWay::settle(Guard& guard, const Message& message, const Batch& batch, Ledger& ledger) {
  for (unsigned call = 0; call < kMostCalls; ++call) {
    OnceSink sink;
    const Conversion done = guard.convert(as_bytes(message.bytes), envelope_of(message.name), {}, sink);
    if (plan_.is_stopped()) return;
    findings_.check(Promise::duplicated, sink.commits() == (done.outcome == Outcome::converted ? 1u : 0u),
                    message.name + ": " + std::to_string(sink.commits()) + " commits of one that is " +
                        mapiguard::name_of(done.outcome));
    if (is_settled(message, done, sink, batch, ledger)) {
      if (done.outcome == Outcome::blocked) refuse_again(guard, message);
      return;
    }
    if (done.outcome != Outcome::died) std::this_thread::sleep_for(kRest);
  }
  findings_.check(message.is_killer() ? Promise::blocked : Promise::lost, false, message.name + " came to no end");
}

bool GuardWay::is_settled(const Message& message, const Conversion& done, const OnceSink& sink, const Batch& batch,
                          Ledger& ledger) {
  if (!message.is_killer())
    findings_.check(Promise::charged,
                    done.crashes == 0 && done.outcome != Outcome::died && done.outcome != Outcome::blocked,
                    message.name + " is " + mapiguard::name_of(done.outcome) + " with " + std::to_string(done.crashes) +
                        " charges");
  switch (done.outcome) {
    case Outcome::converted:
      if (message.is_killer())
        findings_.check(Promise::blocked, false, message.name + " has an output");
      else
        findings_.check(Promise::lost, sink.is_whole(message.expected),
                        "the output of " + message.name + " is not whole, or another's");
      if (message.fault == Fault::none) (batch.in_peace ? figures_.quiet : figures_.stormy).add(done.milliseconds);
      return true;
    case Outcome::blocked: return true;
    case Outcome::damaged:
      findings_.check(message.is_killer() ? Promise::blocked : Promise::lost, false,
                      message.name + " is called damaged");
      return true;
    case Outcome::held: release(message, done, ledger); return false;
    case Outcome::died:
    case Outcome::error: break;
  }
  return false;
}

void GuardWay::refuse_again(Guard& guard, const Message& message) {
  OnceSink sink;
  const Conversion again = guard.convert(as_bytes(message.bytes), envelope_of(message.name), {}, sink);
  if (again.outcome == Outcome::blocked && !again.verdict) roster_.note_refused(hex(message.sha256()));
}

void GuardWay::release(const Message& message, const Conversion& done, Ledger& ledger) {
  const std::string sha256 = hex(message.sha256());
  if (!ledger.release("sha256:" + sha256)) return;
  roster_.note_released(sha256, done.crashes);
  const std::lock_guard lock(trouble_mutex_);
  ++figures_.released;
}

// What this process holds after each round.
void GuardWay::weigh() {
  resident_.push_back(resident_kib("self"));
  descriptors_.push_back(static_cast<long>(count_descriptors("self")));
}

// The most of the second half of the rounds against the most of the first: what is kept to be used again (shared memory
// of workers that died) comes to an end, what leaks does not.
void GuardWay::compare_halves(std::vector<long>& values, double times, long slack, const std::string& unit) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  const long first = *std::max_element(values.begin(), middle), second = *std::max_element(middle, values.end());
  findings_.check(Promise::growth, second <= static_cast<long>(static_cast<double>(first) * times) + slack,
                  unit + " grew from " + std::to_string(first) + " to " + std::to_string(second));
}

Result<void> GuardWay::finish() {
  const auto orphans = take_orphans(children_before_);
  findings_.check(Promise::processes, orphans.empty(), orphans.empty() ? "" : orphans.front() + " outlived its Guard");
  if (resident_.size() >= kRoundsToTell) {
    compare_halves(resident_, kMemoryGrowth, kMemorySlackKib, "memory (KiB)");
    compare_halves(descriptors_, kDescriptorGrowth, kDescriptorSlack, "descriptors");
    figures_.resident_first_kib = resident_.front();
    figures_.resident_last_kib = resident_.back();
    findings_.note(Promise::growth, "memory " + std::to_string(resident_.front()) + " KiB after the first round, " +
                                        std::to_string(resident_.back()) + " KiB after the last; descriptors " +
                                        std::to_string(descriptors_.front()) + ", " +
                                        std::to_string(descriptors_.back()));
  } else {
    findings_.note(Promise::growth, "after closing alone: what is open is watched from the fourth round of a soak on");
  }
  compare_latencies(figures_, findings_);
  return examine_record(folder_ + "/state", roster_, findings_);
}

}  // namespace

std::unique_ptr<Way> make_guard_way(const Plan& plan, bool commanded) {
  return std::make_unique<GuardWay>(plan, commanded);
}

}  // namespace mapiguard::torture
