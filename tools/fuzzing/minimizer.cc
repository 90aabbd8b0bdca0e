#include "tools/fuzzing/minimizer.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <utility>

#include "base/env.h"
#include "base/try.h"
#include "fuzz/mutation/reduce.h"
#include "tools/fuzzing/test_case.h"
#include "tools/mapiguard/stop_signals.h"

namespace mapiguard {
namespace {

using Clock = std::chrono::steady_clock;

constexpr unsigned kCandidatesAtOnce = 32;
constexpr std::size_t kMostPieces = 16;

class Minimizing {
 public:
  Minimizing(const MinimizerPlan& plan, const Target& target, const Mutator& mutator, Printer& printer)
      : plan_(plan), target_(target), mutator_(mutator), printer_(printer) {}

  Result<Minimized> run(Bytes input);

 private:
  Result<void> see_it_die(Bytes input);
  std::optional<TargetDeath> same_death(Bytes candidate) const;
  std::optional<std::size_t> first_that_dies(const std::vector<Mutator::Candidate>& candidates);
  void cut_pieces();
  Result<bool> one_round();
  bool is_over() const;
  void tell();

  const MinimizerPlan plan_;
  const Target& target_;
  const Mutator& mutator_;
  Printer& printer_;
  const Clock::time_point began_ = Clock::now();
  std::size_t first_size_ = 0;
  Minimized best_;
  std::atomic<bool> stopped_{false};
};

bool Minimizing::is_over() const {
  return stopped_ || (plan_.seconds && Clock::now() - began_ >= std::chrono::seconds(*plan_.seconds));
}

// Most candidates kill nobody: a command's stack is looked at only where the class is right and nothing else tells.
std::optional<TargetDeath> Minimizing::same_death(Bytes candidate) const {
  TargetRun run = target_.run(candidate, {.alone = true});
  if (!run.death || run.death->verdict.death != best_.death.verdict.death) return std::nullopt;
  if (run.death->group.empty()) run = target_.run(candidate, {.alone = true, .examine = true});
  if (!run.death || run.death->verdict.death != best_.death.verdict.death || run.death->group != best_.death.group) return std::nullopt;
  return std::move(run.death);
}

// Twice, so that a death by chance is not chased.
Result<void> Minimizing::see_it_die(Bytes input) {
  TargetRun first = target_.run(input, {.alone = true, .examine = true});
  if (first.kind == TargetRun::Kind::failed) return std::unexpected(first.error.value_or(Error{}));
  if (!first.death)
    return fail(ErrorCode::not_a_message, "nothing dies of it: there is nothing to minimize",
                "give the converter that it killed, with --converter or --plugin, and limits like those it died under");
  best_.death = std::move(*first.death);
  best_.bytes.assign(input.begin(), input.end());
  if (!same_death(input))
    return fail(ErrorCode::not_a_message, "it does not die the same way twice: " + best_.death.verdict.detail,
                "what depends on chance or on time cannot be minimized; a shorter --timeout may help");
  return {};
}

// All are tried at once, as many as there are jobs; the first of them that dies counts, so that the result does not depend on
// which is ready first.
std::optional<std::size_t> Minimizing::first_that_dies(const std::vector<Mutator::Candidate>& candidates) {
  std::atomic<std::size_t> next{0}, found{candidates.size()};
  const auto work = [&] {
    for (std::size_t i = next++; i < candidates.size() && i < found && !is_over(); i = next++) {
      if (!same_death(candidates[i].bytes)) continue;
      for (std::size_t least = found; i < least && !found.compare_exchange_weak(least, i);) continue;
    }
  };
  {
    std::vector<std::jthread> threads;
    for (unsigned i = 1; i < plan_.jobs; ++i) threads.emplace_back(work);
    work();
  }
  best_.tried += std::min<std::size_t>(next, candidates.size());
  return found < candidates.size() ? std::optional<std::size_t>(found) : std::nullopt;
}

// Large pieces of the plain bytes, while that works: where the container is not what kills, it is gone at once.
void Minimizing::cut_pieces() {
  for (std::size_t pieces = 2; pieces <= kMostPieces && !is_over();) {
    const std::size_t length = std::max<std::size_t>(1, best_.bytes.size() / pieces);
    std::vector<Mutator::Candidate> candidates;
    for (std::size_t at = 0; at < best_.bytes.size() && best_.bytes.size() > 1; at += length) {
      ByteString rest(best_.bytes.begin(), best_.bytes.begin() + static_cast<std::ptrdiff_t>(at));
      rest.insert(rest.end(), best_.bytes.begin() + static_cast<std::ptrdiff_t>(std::min(at + length, best_.bytes.size())), best_.bytes.end());
      candidates.push_back({at, std::move(rest)});
    }
    const auto dies = first_that_dies(candidates);
    if (!dies) {
      pieces *= 2;
      continue;
    }
    best_.bytes = std::move(candidates[*dies].bytes);
    ++best_.accepted;
    tell();
  }
}

// True: something was accepted, so another round may find more.
Result<bool> Minimizing::one_round() {
  bool any = false;
  for (std::uint64_t from = 0; !is_over();) {
    auto candidates = mutator_.candidates(best_.bytes, from, kCandidatesAtOnce);
    if (!candidates) return std::unexpected(candidates.error());
    if (candidates->empty()) break;
    const auto dies = first_that_dies(*candidates);
    if (!dies) {
      from = candidates->back().index + 1;
      continue;
    }
    best_.bytes = std::move((*candidates)[*dies].bytes);
    ++best_.accepted;
    any = true;
    from = mutation::resume_at((*candidates)[*dies].index);
    tell();
  }
  return any;
}

void Minimizing::tell() {
  if (::isatty(STDERR_FILENO) != 1) return;
  printer_.progress(std::to_string(first_size_) + " → " + std::to_string(best_.bytes.size()) + " bytes, " + std::to_string(best_.tried) + " tried");
}

Result<Minimized> Minimizing::run(Bytes input) {
  first_size_ = input.size();
  const OnStopSignal on_signal([this] { stopped_ = true; });
  if (auto seen = see_it_die(input); !seen) return std::unexpected(seen.error());
  cut_pieces();
  for (bool more = true; more && !is_over();) {
    const auto round = one_round();
    if (!round) return std::unexpected(round.error());
    more = *round;
  }
  printer_.progress("");
  best_.was_stopped = is_over();
  TargetRun last = target_.run(best_.bytes, {.alone = true, .examine = true});
  if (last.death) best_.death = std::move(*last.death);
  auto words = mutator_.kept_words(input, best_.bytes);
  if (!words) return std::unexpected(words.error());
  best_.kept_words = std::move(*words);
  return std::move(best_);
}

}  // namespace

namespace {

Result<void> write_file(const std::string& path, Bytes bytes) {
  constexpr std::uint32_t kFileMode = 0644;
  auto file = AtomicFile::create(posix_env(), path, kFileMode);
  if (!file) return std::unexpected(file.error());
  MAPIGUARD_TRY(file->write(bytes));
  return file->commit(false);
}

}  // namespace

Result<Minimized> minimize(Bytes input, const MinimizerPlan& plan, const Target& target, const Mutator& mutator, Printer& printer) {
  return Minimizing(plan, target, mutator, printer).run(input);
}

Result<void> write_minimized(const std::string& path, const Minimized& small) {
  MAPIGUARD_TRY(write_file(path, small.bytes));
  MAPIGUARD_TRY(write_file(path + ".seed", small.bytes));
  return write_file(path + ".test.cc", as_bytes(test_case_source(small.bytes, small.death.group, small.death.verdict.detail)));
}

}  // namespace mapiguard
