// What the guard does about builds: the breaker when one is sick, parole when a new one comes.
#include <chrono>
#include <functional>
#include <thread>

#include "guardian/canaries.h"
#include "tests/guardian/guard_fixture.h"
#include <mapiguard/version.h>

namespace mapiguard {
namespace {

using BuildsTest = testing::GuardFixture;

std::string killer(int number) { return "killer " + std::to_string(number); }

// -- breaker ------------------------------------------------------------------------------------------------------------

TEST_F(BuildsTest, SickBuildChargesFewAndTakesTheirChargesBack) {
  auto guard = open(options_for_worker("sick-worker"));
  unsigned died = 0, held = 0;
  for (int i = 0; i < 20; ++i) {
    const Conversion done = convert(*guard, killer(i));
    died += done.outcome == Outcome::died;
    held += done.outcome == Outcome::held;
    EXPECT_EQ(done.exit_code(), 75);
  }
  EXPECT_EQ(died, 7u) << "the eighth alike makes it ask the canaries";
  EXPECT_EQ(held, 13u);
  auto book = ledger();
  EXPECT_EQ(book->events({.event_id = 511, .since = {}})->size(), 1u) << "one event";
  const auto view = book->poison_view();
  EXPECT_EQ(view->suspects, 0u) << "the seven are innocent, too";
  EXPECT_TRUE(*book->breaker(kBuildId));
  for (const auto& fact : book->health())
    EXPECT_EQ(fact.ok, fact.name != "breaker") << fact.name << ": " << fact.detail;
}

TEST_F(BuildsTest, BlockedVictimsOfASickBuildAreFreeAgain) {
  auto options = options_for_worker("sick-worker");
  options.replay = true;  // each is blocked in one call
  auto guard = open(std::move(options));
  for (int i = 0; i < 12; ++i) convert(*guard, killer(i));
  const auto view = ledger()->poison_view();
  EXPECT_TRUE(view->poison_ids.empty()) << view->poison_ids.size();
}

TEST_F(BuildsTest, BreakerClosesWhenTheCanariesLive) {
  {
    auto guard = open(options_for_worker("sick-worker"));
    for (int i = 0; i < 9; ++i) convert(*guard, killer(i));
    ASSERT_TRUE(*ledger()->breaker(kBuildId));
  }
  auto guard = open(options_for_worker("trying-worker"));
  EXPECT_EQ(convert(*guard, "echo\nx").outcome, Outcome::converted);
  EXPECT_FALSE(*ledger()->breaker(kBuildId));
  EXPECT_EQ(ledger()->events({.event_id = 512, .since = {}})->size(), 1u);
}

TEST_F(BuildsTest, ManyKillersOfOneKindAreChargedWhileTheCanariesLive) {
  auto guard = open(options_for_worker("trying-worker"));
  for (int i = 0; i < 20; ++i) {
    const Conversion done = convert(*guard, "plant crashed\n" + std::to_string(i));
    EXPECT_EQ(done.outcome, Outcome::died) << i;
    EXPECT_EQ(done.crashes, 1u);
  }
  EXPECT_EQ(ledger()->poison_view()->suspects, 20u);
}

TEST_F(BuildsTest, ExternalCommandsHaveNoBreaker) {
  auto guard = open(options_for("segv"));
  for (int i = 0; i < 12; ++i) EXPECT_EQ(convert(*guard, killer(i)).outcome, Outcome::died);
}

TEST_F(BuildsTest, EveryCanaryIsConvertedByThisBuild) {
  auto options = options_for_worker("mapiguard-worker");
  auto guard = open(std::move(options));
  ASSERT_GE(canaries().size(), 5u);
  for (const Canary& canary : canaries()) {
    testing::MemorySink sink;
    EXPECT_EQ(guard->convert(canary.message, {}, {}, sink).outcome, Outcome::converted) << canary.name;
    EXPECT_FALSE(sink.text.empty()) << canary.name;
  }
}

// -- parole ---------------------------------------------------------------------------------------------------------------

// Blocks `message` as another build would have.
void convict(Ledger& ledger, const std::string& message, const std::string& build, const std::string& id = {}) {
  const auto bytes = std::as_bytes(std::span(message.data(), message.size()));
  const Identity identity{sha256(bytes), id};
  Death death;
  death.verdict.death = DeathClass::crashed;
  death.build = build;
  death.alone = true;
  for (int i = 0; i < 3; ++i)
    ASSERT_TRUE(ledger.record_death(identity, {}, death, [&](const std::function<Result<void>(std::span<const std::byte>)>& write) { return write(bytes); }));
}

bool becomes_true(const std::function<bool()>& condition) {
  for (int i = 0; i < 500 && !condition(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  return condition();
}

TEST_F(BuildsTest, NewBuildReleasesWhatItConvertsAndJudgesTheRest) {
  auto book = ledger();
  convict(*book, "echo\nharmless by now", "0.0.9-old");
  convict(*book, "plant crashed", "0.0.9-old");
  convict(*book, "echo\njudged by this build", kBuildId);
  const auto guard = open(options_for_worker("trying-worker"));
  EXPECT_TRUE(becomes_true([&] { return book->parole_candidates(kBuildId)->empty(); }));
  EXPECT_EQ(book->blocked_rows()->size(), 2u);
  EXPECT_EQ(book->events({.event_id = 513, .since = {}})->size(), 1u);
  EXPECT_EQ(book->events({.event_id = 9680, .since = {}})->size(), 9u) << "nobody is charged for it";
}

TEST_F(BuildsTest, CopiesOfAParoledMessageAreFreeWithIt) {
  auto book = ledger();
  const std::string first = "echo\none copy", second = "echo\nanother copy";
  for (const std::string& message : {first, second}) convict(*book, message, "0.0.9-old", "<same@example.org>");
  const auto guard = open(options_for_worker("trying-worker"));
  EXPECT_TRUE(becomes_true([&] { return book->blocked_rows()->empty(); }));
  Envelope envelope;
  envelope.message_id = "<same@example.org>";
  EXPECT_EQ(convert(*guard, second, envelope).outcome, Outcome::converted);
}

TEST_F(BuildsTest, ParoleIsLeftToTheAdministratorWhenTheSettingSaysSo) {
  auto book = ledger();
  convict(*book, "echo\nharmless by now", "0.0.9-old");
  ASSERT_TRUE(book->set_setting("Mapiguard\\Retry On New Build", "0"));
  const auto guard = open(options_for_worker("trying-worker"));
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  EXPECT_EQ(book->blocked_rows()->size(), 1u);
}

TEST_F(BuildsTest, VerdictsOnExternalCommandsAreNotParoled) {
  auto book = ledger();
  convict(*book, "echo\nharmless", "external:/usr/bin/tnef");
  EXPECT_TRUE(book->parole_candidates(kBuildId)->empty());
}

}  // namespace
}  // namespace mapiguard
