#include "tools/fuzzing/campaign.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <thread>
#include <utility>

#include "base/text.h"
#include "tools/mapiguard/stop_signals.h"

namespace mapiguard {
namespace {

constexpr unsigned kMutantsAtOnce = 16;
constexpr unsigned kFirstExamined = 30;      // deaths of a command that are always looked at closely; then …
constexpr double kExaminingShare = 0.25;     // … as many as this share of the time allows
constexpr unsigned kMutatorDeathsTold = 5;
constexpr std::chrono::seconds kSaveEach{5}, kLogEach{10};
constexpr std::chrono::milliseconds kTerminalEach{200};

std::string percent(std::uint64_t part, std::uint64_t whole) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %%", whole == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole));
  return text;
}

std::string clock_text(double seconds) {
  const auto whole = static_cast<std::uint64_t>(seconds);
  char text[48];
  std::snprintf(text, sizeof text, "%llu:%02llu:%02llu", static_cast<unsigned long long>(whole / 3600),
                static_cast<unsigned long long>(whole / 60 % 60), static_cast<unsigned long long>(whole % 60));
  return text;
}

}  // namespace

Campaign::Campaign(const CampaignPlan& plan, const Target& target, const Mutator& mutator, Findings& findings, Printer& printer)
    : plan_(plan), target_(target), mutator_(mutator), findings_(findings), printer_(printer), before_(findings.state.seconds),
      runs_before_(findings.state.runs) {}

void Campaign::add(std::string name, ByteString bytes) { given_.push_back({std::move(name), std::move(bytes)}); }

bool Campaign::is_over() const {
  if (over_) return true;
  return plan_.seconds && Clock::now() - began_ >= std::chrono::seconds(*plan_.seconds);
}

void Campaign::end_with(Error error) {
  const std::lock_guard lock(mutex_);
  if (!over_ && !trouble_) trouble_ = std::move(error);
  over_ = true;
  changed_.notify_all();
}

// With the lock held.
void Campaign::note_trouble(Result<void> done) {
  if (done || trouble_) return;
  trouble_ = std::move(done.error());
  over_ = true;
}

Result<void> Campaign::run() {
  const OnStopSignal on_signal([this] {
    over_ = true;
    target_.stop();
    mutator_.stop();
    changed_.notify_all();
  });
  working_ = plan_.jobs;
  std::vector<std::jthread> threads;
  for (unsigned i = 0; i < plan_.jobs; ++i) threads.emplace_back([this] { work(); });
  watch();
  threads.clear();
  printer_.progress("");
  findings_.state.seconds = seconds_so_far();
  if (auto saved = findings_.save(); !saved) return saved;
  if (trouble_) return std::unexpected(std::move(*trouble_));
  return {};
}

// Tells how it goes, and saves the state, while the others work.
void Campaign::watch() {
  const bool at_terminal = ::isatty(STDERR_FILENO) == 1;
  auto told = Clock::now(), saved = told;
  std::unique_lock lock(mutex_);
  while (working_ > 0) {
    changed_.wait_for(lock, kTerminalEach);
    const auto now = Clock::now();
    if (now - saved >= kSaveEach) {
      saved = now;
      findings_.state.seconds = seconds_so_far();
      note_trouble(findings_.save());
    }
    if (at_terminal || now - told >= kLogEach) {
      told = now;
      tell(at_terminal);
    }
  }
}

void Campaign::tell(bool at_terminal) {
  const std::string line = status();
  if (at_terminal)
    printer_.progress(line);
  else
    printer_.say(line);
}

// "12:04  81234 runs (812/s)  converted 71.2 %, damaged 28.1 %  3 groups of 17 deaths  214 inputs"
std::string Campaign::status() const {
  const CampaignState& state = findings_.state;
  const double here = std::chrono::duration<double>(Clock::now() - began_).count();
  const auto rate = static_cast<std::uint64_t>(static_cast<double>(state.runs - runs_before_) / std::max(here, 0.001));
  return clock_text(seconds_so_far()) + "  " + std::to_string(state.runs) + " runs (" + std::to_string(rate) + "/s)  converted " +
         percent(state.converted, state.runs) + ", damaged " + percent(state.damaged, state.runs) + "  " +
         std::to_string(findings_.groups().size()) + " groups of " + std::to_string(state.died) + " deaths  " +
         std::to_string(inputs_.size()) + " inputs";
}

void Campaign::work() {
  std::uint64_t seed;
  {
    const std::lock_guard lock(mutex_);
    seed = plan_.seed.value_or(0) + findings_.state.next_seed;
    findings_.state.next_seed += 1;
  }
  std::mt19937_64 dice(seed);
  run_given();
  while (!is_over() && inputs_.size() > 0) mutate_and_run(dice);
  const std::lock_guard lock(mutex_);
  --working_;
  changed_.notify_all();
}

void Campaign::run_given() {
  for (std::size_t i = next_given_++; i < given_.size() && !is_over(); i = next_given_++) {
    try_one(given_[i].bytes, given_[i].name, true);
    if (given_[i].bytes.size() <= plan_.max_size) inputs_.add(given_[i].name, given_[i].bytes);
  }
}

void Campaign::mutate_and_run(std::mt19937_64& dice) {
  const auto [base, donor] = inputs_.parents(dice);
  const std::uint64_t seed = dice();
  auto mutants = mutator_.mutants(base->bytes, donor->bytes, seed, kMutantsAtOnce, plan_.max_size);
  if (!mutants && mutants.error().code != ErrorCode::not_a_message) return end_with(mutants.error());
  if (!mutants) {
    const std::lock_guard lock(mutex_);
    if (++mutator_deaths_ > kMutatorDeathsTold) return;
    printer_.say(displayable(base->name) + ": " + mutants.error().message + "; other inputs go on");
    note_trouble(findings_.keep_mutator_death(base->bytes, donor->bytes, seed));
    return;
  }
  for (const ByteString& mutant : *mutants) {
    if (is_over()) return;
    try_one(mutant, base->name, false);
  }
}

void Campaign::try_one(Bytes input, const std::string& made_from, bool is_given) {
  TargetRun run = target_.run(input, {});
  if (run.kind == TargetRun::Kind::failed) {
    if (!over_) end_with(run.error.value_or(Error{}));
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    CampaignState& state = findings_.state;
    ++state.runs;
    state.converted += run.kind == TargetRun::Kind::converted;
    state.damaged += run.kind == TargetRun::Kind::damaged;
    state.died += run.kind == TargetRun::Kind::died;
  }
  if (run.kind == TargetRun::Kind::died) return on_death(std::move(run), input, made_from);
  if (!inputs_.is_news(run.features) || is_given) return;
  inputs_.add(made_from, ByteString(input.begin(), input.end()));
  const std::lock_guard lock(mutex_);
  note_trouble(findings_.keep_input(input));
}

// A command's death costs another run and a walk of its stack: not all are looked at.
bool Campaign::may_examine() {
  const std::lock_guard lock(mutex_);
  const double elapsed = std::chrono::duration<double>(Clock::now() - began_).count() * plan_.jobs;
  if (examined_ >= kFirstExamined && examining_seconds_ > kExaminingShare * elapsed) return false;
  ++examined_;
  return true;
}

void Campaign::look_closely(TargetRun& run, Bytes input) {
  const auto start = Clock::now();
  TargetRun again = target_.run(input, {.alone = true, .examine = true});
  const std::lock_guard lock(mutex_);
  examining_seconds_ += std::chrono::duration<double>(Clock::now() - start).count();
  // One that dies otherwise when it is looked at, or not at all, is told as it was seen first.
  if (again.death && again.death->verdict.death == run.death->verdict.death && !again.death->group.empty()) run = std::move(again);
}

unsigned Campaign::seen_again(const TargetDeath& death, Bytes input) const {
  unsigned times = 0;
  for (unsigned i = 0; i < kRunsAgain; ++i) {
    const TargetRun again = target_.run(input, {.alone = true, .examine = target_.is_command()});
    times += again.death && again.death->group == death.group;
  }
  return times;
}

void Campaign::on_death(TargetRun run, Bytes input, const std::string& made_from) {
  if (run.death->group.empty() && may_examine()) look_closely(run, input);
  {
    const std::lock_guard lock(mutex_);
    if (run.death->group.empty()) {
      ++findings_.state.unexamined;
      return;
    }
    findings_.count(run.death->group);
    if (!findings_.wants(run.death->group, input.size())) return;
  }
  if (!target_.is_command()) look_closely(run, input);  // with names of functions
  const unsigned again = seen_again(*run.death, input);
  const std::lock_guard lock(mutex_);
  if (over_ && again == 0) return;  // it was asked to end meanwhile
  const bool is_new = !findings_.groups().contains(run.death->group);
  note_trouble(findings_.keep(*run.death, input, made_from, run.milliseconds, again));
  if (is_new) {
    const std::string& place = findings_.groups().at(run.death->group).place;
    printer_.say("new: " + run.death->group + ": " + run.death->verdict.detail + (place.empty() ? "" : ", in " + place));
  }
}

}  // namespace mapiguard
