// Settings that change while a Ledger or a Guard has the state directory open, and those that come from a registry.
#include <gmock/gmock.h>

#include "tests/guardian/guard_fixture.h"
#include "tests/support/ledger_fixture.h"

namespace mapiguard {
namespace {

using ::testing::ElementsAre;
using testing::GuardFixture;
using ::testing::IsEmpty;
using testing::LedgerTest;
using ::testing::MatchesRegex;

std::vector<std::string> in_words(const Result<std::vector<SettingChange>>& changes) {
  EXPECT_TRUE(changes) << changes.error().message;
  std::vector<std::string> words;
  if (changes)
    for (const SettingChange& change : *changes)
      words.push_back(change.name + ": " + change.before + " -> " + change.after);
  return words;
}

class SettingsReloadTest : public GuardFixture {};

TEST_F(SettingsReloadTest, ReloadSaysWhatOthersHaveSetMeanwhile) {
  const auto guard = open(options_for("echo"));
  ASSERT_TRUE(guard);
  EXPECT_THAT(in_words(guard->reload_settings()), IsEmpty());
  const auto other = ledger();
  ASSERT_TRUE(other->set_setting("PoisonThreshold", "4"));
  ASSERT_TRUE(other->unset_setting("Track Duplicates"));  // which is 1 either way
  ASSERT_TRUE(other->set_setting("Mapiguard\\Durable", "1"));
  EXPECT_THAT(in_words(guard->reload_settings()), ElementsAre("PoisonThreshold: 2 -> 4", "Mapiguard\\Durable: 0 -> 1"));
  EXPECT_THAT(in_words(guard->reload_settings()), IsEmpty());
}

TEST_F(SettingsReloadTest, GuardThatBecameDurableAndVolatileAgainGoesOn) {
  const auto guard = open(options_for("echo"));
  ASSERT_TRUE(guard);
  for (const char* durable : {"1", "0", "1"}) {
    ASSERT_TRUE(ledger()->set_setting("Mapiguard\\Durable", durable));
    EXPECT_EQ(in_words(guard->reload_settings()).size(), 1u);
    EXPECT_EQ(convert(*guard, "a message").outcome, Outcome::converted);
  }
}

TEST_F(SettingsReloadTest, ThresholdThatWasReloadedHoldsForTheNextDeath) {
  const auto guard = open(options_for("segv"));
  ASSERT_TRUE(guard);
  ASSERT_TRUE(ledger()->set_setting("PoisonThreshold", "0"));
  EXPECT_EQ(in_words(guard->reload_settings()).size(), 1u);
  EXPECT_EQ(convert(*guard, "a killer").outcome, Outcome::blocked);
}

TEST_F(LedgerTest, OwnChangesAreNotToldByTheReload) {
  ASSERT_TRUE(ledger_->set_setting("PoisonThreshold", "4"));
  EXPECT_THAT(in_words(ledger_->reload_settings()), IsEmpty());
}

TEST_F(LedgerTest, ImportOfSeveralSettingsIsAllOrNothing) {
  const auto value = [&](const char* name) { return ledger_->setting(name)->value; };
  EXPECT_FALSE(
      ledger_->import_settings({{"PoisonThreshold", "9"}, {"Track Duplicates", std::nullopt}, {"Nonsense", "1"}}));
  EXPECT_FALSE(ledger_->import_settings({{"PoisonThreshold", "9"}, {"PoisonIDs", "a"}}));
  EXPECT_FALSE(ledger_->import_settings({{"PoisonThreshold", "9"}, {"Mapiguard\\Era", "soon"}}));
  EXPECT_EQ(value("PoisonThreshold"), "2");
  EXPECT_EQ(ledger_->setting("Track Duplicates")->origin, "set");
  EXPECT_TRUE(ledger_->events({.event_id = 509, .since = {}})->empty());
  ASSERT_TRUE(ledger_->import_settings({{"PoisonThreshold", "9"}, {"Track Duplicates", std::nullopt}}));
  EXPECT_EQ(ledger_->setting("PoisonThreshold")->origin, "imported");
  EXPECT_EQ(ledger_->setting("Track Duplicates")->origin, "default");
  EXPECT_EQ(ledger_->events({.event_id = 509, .since = {}})->size(), 2u);
}

TEST_F(LedgerTest, NamesInARegistryAreMadeOnceAndKept) {
  const auto first = ledger_->registry_names();
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_THAT(first->server, MatchesRegex("[A-Z0-9-]+"));
  EXPECT_THAT(first->mailbox_guid, MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
  EXPECT_NE(first->mailbox_guid, first->public_guid);
  reopen();
  const auto again = ledger_->registry_names();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->server, first->server);
  EXPECT_EQ(again->mailbox_guid, first->mailbox_guid);
  EXPECT_EQ(again->public_guid, first->public_guid);
}

}  // namespace
}  // namespace mapiguard
