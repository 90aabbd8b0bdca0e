// The guard's road, in the order of its words: charge → dispatch → verdict → policy → act → acquit.
#include <mapiguard/guard.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "base/try.h"
#include "guardian/breaker.h"
#include "guardian/crash_report.h"
#include "guardian/lanes.h"
#include "guardian/ledger.h"
#include "guardian/parole.h"
#include "guardian/policy.h"
#include "guardian/pool.h"
#include "guardian/snapshot.h"
#include "persist/inflight.h"
#include <mapiguard/version.h>

namespace mapiguard {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::uint64_t kOutputPerInputByte = 4;
constexpr std::chrono::milliseconds kParolePatience{1000};
constexpr std::uint64_t kOutputFloor = 64ull << 20;

// What is being converted, for the length of one convert() call.
struct Case {
  const Snapshot& snapshot;
  const Envelope& envelope;
  const ConvertOptions& options;
  ResultSink& out;
  Identity identity;
  Standing standing;
  unsigned attempt = 0;
  unsigned retries_left = 0;
  std::optional<Verdict> charged_for{};  // the first charged death in this call
  unsigned charges = 0;                 // in this call
  bool alone = false;                   // the next attempt must be
  bool timed_out_alone_before = false;
  Conversion result;
};

Conversion failed(Conversion conversion, Outcome outcome, Error error) {
  conversion.outcome = outcome;
  conversion.error = std::move(error);
  return conversion;
}

// What transactions have made due, ours or those of a supervisor that died after its own. A failure here loses nothing:
// outbox and events are rows, taken up again at the next decision or start.
void catch_up(Ledger& ledger) {
  (void)ledger.deliver_outbox_soon();
  (void)ledger.export_events();
}

Error blocked_error(const Identity& identity) {
  return {ErrorCode::blocked, "the message is blocked as poison: it killed its worker more often than PoisonThreshold allows",
          "see 'mapiguard poison show " + hex(identity.sha256).substr(0, 16) + "'; 'mapiguard poison release' lets it be tried again"};
}

Error held_error(const Identity& identity) {
  return {ErrorCode::try_again, "the message is held: its worker was killed three times in a row by something unexplained",
          "see 'mapiguard poison show " + hex(identity.sha256).substr(0, 16) + "'; 'mapiguard poison release' lets it be tried again"};
}

Error died_error(const Verdict& verdict) {
  return {ErrorCode::try_again, "the worker died while it converted the message: " + verdict.detail, "another try is allowed"};
}

}  // namespace

class Guard::Impl {
 public:
  static Result<std::unique_ptr<Impl>> open(GuardOptions options);
  ~Impl() {
    parole_.end(kParolePatience);
    pool_->stop();
  }

  Conversion convert(Result<Snapshot> snapshot, const Envelope& envelope, const ConvertOptions& options, ResultSink& out);
  void stop() {
    lanes_.stop();
    pool_->stop();
  }
  std::vector<SandboxLayer> sandbox() const { return pool_->layers(); }
  Result<std::vector<SettingChange>> reload_settings();
  const std::string& state_dir() const { return state_dir_; }

 private:
  Impl(GuardOptions options, std::string state_dir, std::unique_ptr<Ledger> ledger, std::unique_ptr<InflightTable> inflight,
       std::unique_ptr<Pool> pool, std::size_t lanes)
      : options_(std::move(options)),
        state_dir_(std::move(state_dir)),
        ledger_(std::move(ledger)),
        inflight_(std::move(inflight)),
        pool_(std::move(pool)),
        lanes_(lanes),
        digests_(state_dir_),
        breaker_(*ledger_, *pool_, options_, build()),
        parole_(*ledger_, *pool_, digests_, options_, build()) {}

  Conversion run(Case& c);
  Conversion attempts(Case& c, std::size_t lane);
  Attempt dispatch(Case& c, std::size_t lane);
  Conversion accept(Case& c, const Attempt& attempt);
  Conversion refuse(Case& c, Error error);
  bool is_our_fault(Case& c, const Attempt& attempt);
  bool is_tried_again(Case& c) const;
  Result<void> acquit(const Case& c);
  Result<Decision> sentence(Case& c, const Attempt& attempt);
  void act(const Decision& decision);
  std::uint64_t output_limit(std::uint64_t input) const {
    return options_.output_bytes ? options_.output_bytes : kOutputPerInputByte * input + kOutputFloor;
  }
  double lock_patience() const { return (options_.retries + 4.0) * (options_.timeout_seconds + 1.0) + kLedgerWaitSeconds; }
  std::string build() const { return options_.converter ? "external:" + options_.converter->argv.front() : kBuildId; }

  GuardOptions options_;
  std::string state_dir_;
  std::unique_ptr<Ledger> ledger_;
  std::unique_ptr<InflightTable> inflight_;
  std::unique_ptr<Pool> pool_;
  Lanes lanes_;
  DigestLocks digests_;
  Breaker breaker_;
  Parole parole_;  // the last: its thread uses the others
};

Result<std::unique_ptr<Guard::Impl>> Guard::Impl::open(GuardOptions options) {
  if (options.workers == 0) options.workers = std::max(1u, std::thread::hardware_concurrency());
  options.depth = options.isolation == Isolation::worker ? std::max(1u, options.depth) : 1;
  auto state_dir = open_state_dir(options.state_dir);
  if (!state_dir) return std::unexpected(state_dir.error());
  options.state_dir = *state_dir;
  auto pool = Pool::launch(options);  // it gets ready while the ledger is opened
  if (!pool) return std::unexpected(std::move(pool.error()));
  auto ledger = Ledger::open(*state_dir);
  if (!ledger) return std::unexpected(ledger.error());
  if (auto settled = (*ledger)->settle(); !settled) return std::unexpected(settled.error());
  catch_up(**ledger);
  const std::size_t lanes = std::size_t{options.workers} * options.depth;
  auto inflight = InflightTable::create(*state_dir, lanes, (*ledger)->is_durable());
  if (!inflight) return std::unexpected(inflight.error());
  if (auto ready = (*pool)->await_ready(); !ready) return std::unexpected(std::move(ready.error()));
  return std::unique_ptr<Impl>(new Impl(std::move(options), std::move(*state_dir), std::move(*ledger), std::move(*inflight),
                                        std::move(*pool), lanes));
}

Conversion Guard::Impl::convert(Result<Snapshot> snapshot, const Envelope& envelope, const ConvertOptions& options, ResultSink& out) {
  const auto began = SteadyClock::now();
  if (!snapshot) return failed({}, Outcome::error, snapshot.error());
  Case c{.snapshot = *snapshot, .envelope = envelope, .options = options, .out = out, .identity = {}, .standing = {}, .result = {}};
  c.identity = {snapshot->sha256(), envelope.message_id};
  c.result.sha256 = hex(c.identity.sha256);
  c.result.bytes_in = snapshot->size();
  c.retries_left = options_.retries;
  Conversion result = run(c);
  result.milliseconds = std::chrono::duration<double, std::milli>(SteadyClock::now() - began).count();
  return result;
}

Conversion Guard::Impl::run(Case& c) {
  const auto lane = lanes_.take();
  if (!lane) return failed(std::move(c.result), Outcome::error, stopping_error());
  const auto lock = digests_.take(c.identity.sha256, lock_patience());
  if (!lock) return failed(std::move(c.result), Outcome::error, lock.error());
  const auto standing = ledger_->standing(c.identity);
  if (!standing) return failed(std::move(c.result), Outcome::error, standing.error());
  c.standing = *standing;
  c.alone = standing->run_alone || !standing->is_clean();
  c.result.crashes = standing->crashes;
  if (standing->blocked) return failed(std::move(c.result), Outcome::blocked, blocked_error(c.identity));
  if (standing->held) return failed(std::move(c.result), Outcome::held, held_error(c.identity));
  if (!breaker_.lets_pass()) return failed(std::move(c.result), Outcome::held, Breaker::error(build()));
  return attempts(c, lane->index());
}

// One attempt after another, until the message is converted, refused, or its worker's deaths say stop. Ends: each uncharged
// death alone counts towards the hold, and each charged one draws on the retries.
Conversion Guard::Impl::attempts(Case& c, std::size_t lane) {
  for (;;) {
    const Attempt attempt = dispatch(c, lane);
    c.result.stderr_tail = attempt.stderr_tail;
    if (!attempt.ending) {
      Conversion done = attempt.failure       ? failed(std::move(c.result), Outcome::error, *attempt.failure)
                        : attempt.reply->has_value() ? accept(c, attempt)
                                                     : refuse(c, attempt.reply->error());
      inflight_->clear(lane);
      return done;
    }
    if (is_our_fault(c, attempt)) {
      inflight_->clear(lane);
      return failed(std::move(c.result), Outcome::held, Breaker::error(build()));
    }
    const auto decision = sentence(c, attempt);
    inflight_->clear(lane);
    if (!decision) return failed(std::move(c.result), Outcome::error, decision.error());
    act(*decision);
    c.result.crashes = decision->crashes;
    switch (decision->action) {
      case Action::block: return failed(std::move(c.result), Outcome::blocked, blocked_error(c.identity));
      case Action::hold: return failed(std::move(c.result), Outcome::held, held_error(c.identity));
      case Action::rerun_alone: c.alone = true; break;
      case Action::charge:
        if (!is_tried_again(c)) return failed(std::move(c.result), Outcome::died, died_error(*c.result.verdict));
        c.alone = true;
    }
  }
}

// The record is in place before a worker gets the first byte.
Attempt Guard::Impl::dispatch(Case& c, std::size_t lane) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto recorded = inflight_->fill(lane, c.identity.sha256, c.identity.message_id, ++c.attempt, c.alone, build(),
                                        std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
  if (!recorded) {
    Attempt none;
    none.failure = recorded.error();
    return none;
  }
  Task task;
  task.message = &c.snapshot;
  task.output_limit = output_limit(c.snapshot.size());
  task.options = c.options;
  task.alone = c.alone;
  return pool_->run(task);
}

Conversion Guard::Impl::accept(Case& c, const Attempt& attempt) {
  const auto written = attempt.output.give_to([&](std::span<const std::byte> piece) -> Result<void> {
    if (c.out.write(piece)) return {};
    return fail(ErrorCode::io, "the output could not be written");
  });
  if (!written) return failed(std::move(c.result), Outcome::error, written.error());
  if (const auto committed = c.out.commit(); !committed) return failed(std::move(c.result), Outcome::error, committed.error());
  if (const auto acquitted = acquit(c); !acquitted) return failed(std::move(c.result), Outcome::error, acquitted.error());
  c.result.outcome = Outcome::converted;
  c.result.report = **attempt.reply;
  c.result.bytes_out = attempt.output.size();
  c.result.crashes = 0;
  return std::move(c.result);
}

// A death that the breaker knows better than to charge.
bool Guard::Impl::is_our_fault(Case& c, const Attempt& attempt) {
  Verdict verdict = judge(*attempt.ending, options_, c.timed_out_alone_before);
  if (attempt.company || !breaker_.is_tripped_by(verdict)) return false;
  c.result.verdict = std::move(verdict);
  return true;
}

// After a charged death: the replay, or the retries that the caller asked for.
bool Guard::Impl::is_tried_again(Case& c) const {
  ++c.charges;
  if (!c.charged_for) c.charged_for = c.result.verdict;
  if (options_.replay) return is_same_death(*c.charged_for, *c.result.verdict);
  if (c.retries_left == 0) return false;
  --c.retries_left;
  return true;
}

// It was converted, so nothing is held against it any more. A charge of this very call falls back on the worker.
Result<void> Guard::Impl::acquit(const Case& c) {
  if (c.standing.is_clean() && c.attempt == 1) return {};
  MAPIGUARD_TRY(ledger_->acquit(c.identity, c.charged_for ? std::optional(Acquittal{c.charges, *c.charged_for}) : std::nullopt));
  (void)ledger_->export_events();
  return {};
}

// The converter said that this is no message. It said so alive, which is as good as a conversion for the counts.
Conversion Guard::Impl::refuse(Case& c, Error error) {
  if (const auto acquitted = acquit(c); !acquitted) return failed(std::move(c.result), Outcome::error, acquitted.error());
  c.result.crashes = 0;
  const Outcome outcome = error.code == ErrorCode::not_a_message ? Outcome::damaged : Outcome::error;
  return failed(std::move(c.result), outcome, std::move(error));
}

// Verdict, then policy: the ledger decides and writes in one transaction.
Result<Decision> Guard::Impl::sentence(Case& c, const Attempt& attempt) {
  const Ending& ending = *attempt.ending;
  Death death;
  death.verdict = judge(ending, options_, c.timed_out_alone_before);
  c.timed_out_alone_before = ending.timed_out && attempt.alone;
  death.alone = attempt.alone;
  death.company = attempt.company;
  death.attempt = c.attempt;
  death.build = build();
  death.phase = ending.testimony.phase;
  death.found_message_id = ending.testimony.message_id;
  death.crash_report = crash_report(ending, death.verdict, death.build, pool_->modules());
  const auto copy = [&](const std::function<Result<void>(std::span<const std::byte>)>& write) {
    return c.snapshot.give_to(write);
  };
  auto decision = ledger_->record_death(c.identity, c.envelope, death, copy);
  death.verdict.charged = decision && (decision->action == Action::charge || decision->action == Action::block);
  c.result.verdict = std::move(death.verdict);
  return decision;
}

void Guard::Impl::act(const Decision& decision) {
  if (decision.action == Action::block)
    catch_up(*ledger_);
  else
    (void)ledger_->export_events();
}

Result<std::vector<SettingChange>> Guard::Impl::reload_settings() {
  auto changes = ledger_->reload_settings();
  if (!changes) return changes;
  MAPIGUARD_TRY(inflight_->set_durable(ledger_->is_durable()));
  return changes;
}

Guard::Guard(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Guard::~Guard() = default;

Result<std::unique_ptr<Guard>> Guard::open(GuardOptions options) {
  auto impl = Impl::open(std::move(options));
  if (!impl) return std::unexpected(impl.error());
  return std::unique_ptr<Guard>(new Guard(std::move(*impl)));
}

Conversion Guard::convert(std::span<const std::byte> input, const Envelope& envelope, const ConvertOptions& options, ResultSink& out) {
  return impl_->convert(Snapshot::of_bytes(input, impl_->state_dir()), envelope, options, out);
}
Conversion Guard::convert_file(int fd, const Envelope& envelope, const ConvertOptions& options, ResultSink& out) {
  return impl_->convert(Snapshot::of_file(fd, impl_->state_dir()), envelope, options, out);
}
void Guard::stop() { impl_->stop(); }
std::vector<SandboxLayer> Guard::sandbox() const { return impl_->sandbox(); }
Result<std::vector<SettingChange>> Guard::reload_settings() { return impl_->reload_settings(); }

}  // namespace mapiguard
