#include "tools/torture/convert_way.h"

#include <random>

#include "base/try.h"
#include "tools/torture/mailroom.h"

namespace mapiguard::torture {
namespace {

constexpr unsigned kMoreRuns = 8;    // than kills and charges need: for what was held and comes again
constexpr double kFirstKill = 0.03;  // seconds: by then there is something to kill
constexpr unsigned kFolderCharges =
    3;  // runs that take a killer to the charge before the last, at the default threshold

class ConvertWay final : public Way {
 public:
  ConvertWay(const Plan& plan, bool commanded)
      : plan_(plan),
        commanded_(commanded),
        findings_(commanded ? "convert --converter" : "convert"),
        folder_(plan.folder + (commanded ? "/convert-converter" : "/convert")),
        mailroom_(plan, commanded, folder_, folder_, findings_, figures_) {}

  Result<void> round(std::uint64_t first, std::size_t count) override;
  Result<void> finish() override {
    compare_latencies(figures_, findings_);
    return examine_record(mailroom_.state(), mailroom_.roster(), findings_);
  }
  const Findings& findings() const override { return findings_; }
  const Figures& figures() const override { return figures_; }

 private:
  Result<void> storm(std::size_t count, double took);
  bool is_done() const { return mailroom_.innocents_waiting() == 0 && mailroom_.killers_waiting() == 0; }

  const Plan& plan_;
  bool commanded_;
  Findings findings_;
  Figures figures_;
  std::string folder_;
  Mailroom mailroom_;
  std::mt19937_64 dice_{plan_.seed};
};

Result<void> ConvertWay::round(std::uint64_t first, std::size_t count) {
  if (!commanded_) {
    first *= kBuiltInTimes;
    count *= kBuiltInTimes;
  }
  MAPIGUARD_TRY(mailroom_.receive(first, count, plan_.seed + first));
  const auto took = mailroom_.run_quietly();
  if (!took) return std::unexpected(took.error());
  MAPIGUARD_TRY(storm(count, *took));
  if (commanded_) MAPIGUARD_TRY(mailroom_.strike());
  return mailroom_.close();
}

// Runs until all is done, the first ones killed at random moments. They share what is left, which takes less time
// each time.
Result<void> ConvertWay::storm(std::size_t count, double took) {
  std::size_t supervisor_kills = plan_.mix.count(Fault::supervisor_kill, count);
  // Whoever crashes a command from outside cannot be told from a crash of its own: commands are left alone.
  std::uint64_t worker_kills = commanded_ ? 0 : plan_.mix.count(Fault::worker_kill, count);
  const std::size_t most = supervisor_kills + kFolderCharges + kMoreRuns;
  for (std::size_t run = 0; run < most && !is_done(); ++run) {
    Mailroom::Weather weather;
    weather.isolation = !commanded_ && run % 2 == 1 ? "worker" : "message";
    weather.worker_kills = worker_kills;
    if (supervisor_kills > 0) {
      const double left =
          took * static_cast<double>(mailroom_.waiting()) / static_cast<double>(count * supervisor_kills);
      weather.kill_after = std::uniform_real_distribution(kFirstKill, kFirstKill + left)(dice_);
      --supervisor_kills;
    }
    const std::uint64_t before = figures_.worker_kills;
    MAPIGUARD_TRY(mailroom_.run(weather));
    worker_kills -= figures_.worker_kills - before;
  }
  return {};
}

}  // namespace

std::unique_ptr<Way> make_convert_way(const Plan& plan, bool commanded) {
  return std::make_unique<ConvertWay>(plan, commanded);
}

}  // namespace mapiguard::torture
