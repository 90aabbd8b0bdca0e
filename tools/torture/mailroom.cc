#include "tools/torture/mailroom.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <list>

#include "base/env.h"
#include "base/try.h"
#include "persist/settings_table.h"
#include "tools/torture/hunter.h"

namespace mapiguard::torture {
namespace {

namespace fs = std::filesystem;
using SteadyClock = std::chrono::steady_clock;

constexpr int kSlice = 20;                             // milliseconds between looks at a child
constexpr std::chrono::seconds kMostOfARun{300};       // then it hangs
constexpr int kStopPatience = 15'000;                  // milliseconds, after SIGTERM
constexpr unsigned kMostStrikes = 24;                  // of one killer
constexpr int kOk = 0, kBlocked = 69, kTryAgain = 75;  // exit codes of convert that a storm may bring

double seconds_since(SteadyClock::time_point began) {
  return std::chrono::duration<double>(SteadyClock::now() - began).count();
}

Result<void> write_file(const std::string& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary);
  file << bytes;
  file.close();
  if (file) return {};
  return fail(ErrorCode::io, "cannot write '" + path + "'");
}

std::optional<Digest> digest_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  return sha256(as_bytes(bytes));
}

bool is_among(int status, std::initializer_list<int> exits) {
  return WIFEXITED(status) && std::ranges::find(exits, WEXITSTATUS(status)) != exits.end();
}

}  // namespace

Mailroom::Mailroom(const Plan& plan, bool commanded, std::string folder, std::string room, Findings& findings,
                   Figures& figures)
    : plan_(plan),
      commanded_(commanded),
      folder_(std::move(folder)),
      room_(std::move(room)),
      inbox_(folder_ + "/in"),
      condemned_(folder_ + "/condemned"),
      outbox_(room_ + "/out"),
      state_(room_ + "/state"),
      report_(folder_ + "/report.jsonl"),
      errors_(folder_ + "/errors"),
      findings_(findings),
      figures_(figures) {}

Result<void> Mailroom::receive(std::uint64_t first, std::size_t count, std::uint64_t seed) {
  seed_ = seed;
  waiting_.clear();
  delivered_.clear();
  innocents_ = 0;
  for (const std::string& made : {inbox_, condemned_}) MAPIGUARD_TRY(posix_env().make_dir(made, 0700));
  const auto parts = deal(commanded_ ? plan_.mix : Mix(), count, seed, first / count);
  for (std::size_t i = 0; i < count; ++i) {
    auto message =
        commanded_ ? Result<Message>(make_order(first + i, plan_.seed, parts[i])) : make_mail(first + i, plan_.seed);
    if (!message) return std::unexpected(message.error());
    MAPIGUARD_TRY(write_file(in(message->name), message->bytes));
    if (message->is_killer())
      roster_.add(*message);
    else
      ++innocents_;
    waiting_[message->name] = {message->fault, message->expected, hex(message->sha256()), false};
  }
  figures_.messages += count;
  figures_.killers += count - innocents_;
  return {};
}

// -- runs
// ------------------------------------------------------------------------------------------------------------------

// Until it has ended, with a kill on the way where one is due.
Result<void> Mailroom::attend(Child& child, const Weather& weather, bool& killed) {
  const auto began = SteadyClock::now();
  Hunter hunter(child.pid(), weather.worker_kills, seed_ + figures_.runs);
  while (!child.wait(kSlice)) {
    if (plan_.is_stopped()) {
      child.kill(SIGTERM);
      if (!child.wait(kStopPatience)) child.kill(SIGKILL);
      return interrupted();
    }
    if (weather.kill_after && !killed && seconds_since(began) >= *weather.kill_after) {
      killed = true;
      child.kill(SIGKILL);
    }
    if (SteadyClock::now() - began > kMostOfARun) {
      findings_.check(Promise::lost, false, "a run did not end within five minutes");
      child.kill(SIGKILL);
      killed = true;
    }
  }
  figures_.worker_kills += hunter.end();
  return {};
}

void Mailroom::check_ending(int status, const Weather& weather) {
  if (weather.disk_is_full && !is_among(status, {kOk, kBlocked, kTryAgain})) ++figures_.failed_runs;
  const bool right = weather.disk_is_full ? WIFEXITED(status) : is_among(status, {kOk, kBlocked, kTryAgain});
  findings_.check(Promise::sound, right, "a run ended with " + describe_status(status) + ": " + tail_of(errors_));
}

Result<void> Mailroom::run(const Weather& weather) {
  ConvertCall call{
      state_, inbox_, outbox_, report_, errors_, commanded_, weather.isolation, std::nullopt, weather.file_limit};
  const auto before = children_of_process(::getpid());
  std::error_code absent;
  fs::remove(report_, absent);
  auto child = call.start(plan_);
  if (!child) return std::unexpected(child.error());
  bool killed = false;
  MAPIGUARD_TRY(attend(*child, weather, killed));
  ++figures_.runs;
  const int status = child->wait(0).value_or(0);
  if (killed && WIFSIGNALED(status))
    ++figures_.supervisor_kills;
  else
    check_ending(status, weather);
  const auto orphans = take_orphans(before);
  findings_.check(Promise::processes, orphans.empty(),
                  orphans.empty() ? "" : std::to_string(orphans.size()) + " outlived a run: " + orphans.front());
  note_report(read_report(report_), figures_.stormy);
  harvest();
  return weather.disk_is_full ? Result<void>() : look_at_record();
}

Result<double> Mailroom::run_quietly() {
  const std::string quiet = folder_ + "/quiet";
  fs::remove_all(quiet);
  MAPIGUARD_TRY(posix_env().make_dir(quiet + "/in", 0700));
  for (const auto& [name, waiting] : waiting_)
    if (waiting.fault == Fault::none) fs::create_hard_link(in(name), quiet + "/in/" + name);
  const ConvertCall call{folder_ + "/quiet-state",
                         quiet + "/in",
                         quiet + "/out",
                         report_,
                         errors_,
                         commanded_,
                         "message",
                         std::nullopt,
                         0};
  const auto began = SteadyClock::now();
  auto child = call.start(plan_);
  if (!child) return std::unexpected(child.error());
  bool killed = false;
  MAPIGUARD_TRY(attend(*child, {}, killed));
  const double took = seconds_since(began);
  const int status = child->wait(0).value_or(0);
  findings_.check(Promise::lost, is_among(status, {kOk}),
                  "a run without any fault ended with " + describe_status(status) + ": " + tail_of(errors_));
  note_report(read_report(report_), figures_.quiet);
  for (const auto& [name, waiting] : waiting_)
    if (waiting.fault == Fault::none)
      findings_.check(Promise::lost, digest_of(quiet + "/out/" + name + ".eml") == waiting.expected,
                      name + " is not what it must become, in peace");
  fs::remove_all(quiet);
  return took;
}

void Mailroom::note_report(const std::vector<ReportLine>& lines, Latencies& latencies) {
  for (const ReportLine& line : lines) {
    const auto found = waiting_.find(line.name);
    if (found == waiting_.end()) continue;
    if (line.exit == 73 || line.exit == 74) ++figures_.refused_writes;
    if (is_killer(found->second.fault)) continue;
    findings_.check(
        Promise::charged, line.crashes == 0 && line.outcome != "died" && line.outcome != "blocked",
        line.name + " is " + line.outcome + " (" + line.death + ") with " + std::to_string(line.crashes) + " charges");
    if (found->second.fault == Fault::none && line.outcome == "converted") latencies.add(line.milliseconds);
  }
}

// -- what came of it
// -------------------------------------------------------------------------------------------------------

void Mailroom::harvest() {
  for (auto next = waiting_.begin(); next != waiting_.end();) {
    const auto entry = next++;
    const auto& [name, waiting] = *entry;
    const auto digest = digest_of(out(name));
    if (!digest) continue;
    if (is_killer(waiting.fault)) {
      findings_.check(Promise::blocked, false, name + " has an output");
      continue;
    }
    findings_.check(Promise::lost, *digest == waiting.expected,
                    "the output of " + name + " is not whole, or another's");
    --innocents_;
    std::error_code kept;
    fs::remove(in(name), kept);
    delivered_.insert(waiting_.extract(entry));
  }
}

Result<void> Mailroom::look_at_record() {
  const auto ledger = Ledger::open(state_);
  if (!findings_.check(Promise::sound, ledger.has_value(), ledger ? "" : "cannot be opened: " + ledger.error().message))
    return {};
  MAPIGUARD_TRY((*ledger)->settle());
  const auto released = release_held(**ledger, roster_);
  if (!released) return std::unexpected(released.error());
  figures_.released += *released;
  const auto threshold = (*ledger)->setting(setting::kPoisonThreshold);
  if (!threshold) return std::unexpected(threshold.error());
  for (auto& [name, waiting] : waiting_) {
    if (!is_killer(waiting.fault) || waiting.condemned) continue;
    const auto row = (*ledger)->find_poison("sha256:" + waiting.sha256);
    if (!row || row->crashes < std::stoul(threshold->value)) continue;
    waiting.condemned = true;
    fs::rename(in(name), condemned_ + "/" + name);
  }
  return {};
}

std::size_t Mailroom::killers_waiting() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      waiting_, [](const auto& entry) { return is_killer(entry.second.fault) && !entry.second.condemned; }));
}

// -- strikes
// ---------------------------------------------------------------------------------------------------------------

struct Mailroom::Strike {
  std::string name, sha256, path;
  std::optional<Child> child{};
  unsigned tries = 0;
  bool blocked = false;
};

// Looks at one killer; true when there is nothing more to do for it.
Result<bool> Mailroom::step(Strike& strike) {
  const std::string errors = folder_ + "/errors-" + strike.name;
  if (!strike.child) {
    const ConvertCall call{state_,     strike.path, out(strike.name),         "", errors,
                           commanded_, "message",   envelope_of(strike.name), 0};
    auto child = call.start(plan_);
    if (!child) return std::unexpected(child.error());
    strike.child.emplace(std::move(*child));
    ++strike.tries;
    ++figures_.runs;
  }
  const auto status = strike.child->wait(kSlice / 4);
  if (!status) return false;
  strike.child.reset();
  if (is_among(*status, {kBlocked})) {
    if (strike.blocked) roster_.note_refused(strike.sha256);
    return std::exchange(strike.blocked, true);
  }
  findings_.check(Promise::blocked, is_among(*status, {kTryAgain}) && !strike.blocked,
                  strike.name + " ended with " + describe_status(*status) + ": " + tail_of(errors));
  if (is_among(*status, {kTryAgain})) MAPIGUARD_TRY(look_at_record());  // it may be held
  return strike.tries >= kMostStrikes || strike.blocked;
}

Result<void> Mailroom::strike() {
  const auto before = children_of_process(::getpid());
  std::list<Strike> waiting, under_way;
  for (auto& [name, message] : waiting_) {
    if (!is_killer(message.fault)) continue;
    if (!std::exchange(message.condemned, true)) fs::rename(in(name), condemned_ + "/" + name);
    waiting.push_back({name, message.sha256, condemned_ + "/" + name});
  }
  while (!waiting.empty() || !under_way.empty()) {
    if (plan_.is_stopped()) return interrupted();
    while (!waiting.empty() && under_way.size() < plan_.jobs)
      under_way.splice(under_way.end(), waiting, waiting.begin());
    for (auto next = under_way.begin(); next != under_way.end();) {
      const auto done = step(*next);
      if (!done) return std::unexpected(done.error());
      next = *done ? under_way.erase(next) : std::next(next);
    }
  }
  const auto orphans = take_orphans(before);
  findings_.check(Promise::processes, orphans.empty(),
                  orphans.empty() ? "" : std::to_string(orphans.size()) + " outlived a run: " + orphans.front());
  return {};
}

Result<void> Mailroom::close() {
  harvest();
  for (const auto& [name, waiting] : waiting_)
    if (!is_killer(waiting.fault)) findings_.check(Promise::lost, false, name + " was never converted");
  std::error_code absent;
  for (fs::directory_iterator entry(outbox_, absent), end; !absent && entry != end; entry.increment(absent)) {
    const std::string name = entry->path().filename().string();
    const std::string stem = name.substr(0, name.size() - std::min<std::size_t>(name.size(), 4));
    findings_.check(Promise::duplicated, delivered_.contains(stem), "'" + name + "' is left among the outputs");
  }
  for (const auto& [name, waiting] : delivered_)
    findings_.check(Promise::lost, digest_of(out(name)) == waiting.expected,
                    "the output of " + name + " changed or went later on");
  for (const std::string& done : {inbox_, condemned_, outbox_}) fs::remove_all(done, absent);
  return {};
}

}  // namespace mapiguard::torture
