#include "guardian/ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "tests/support/faulty_env.h"
#include "tests/support/ledger_fixture.h"

namespace mapiguard {
namespace {

using nlohmann::json;
using testing::bytes_source;
using testing::content_of;
using testing::death_of;
using ::testing::ElementsAre;
using testing::envelope_from;
using ::testing::HasSubstr;
using testing::identity_of;
using ::testing::IsEmpty;
using testing::LedgerTest;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

std::vector<std::string> names_of(const PoisonView& view) {
  std::vector<std::string> names;
  for (const PoisonRow& row : view.poison_ids) names.push_back(row.message_id);
  return names;
}

std::string digest_name(const std::string& bytes) { return "sha256:" + hex(identity_of(bytes).sha256); }

// -- charges and blocks ---------------------------------------------------------------------------------------------

TEST_F(LedgerTest, ThirdChargeBlocksAtThresholdTwo) {
  EXPECT_TRUE(standing("poison").is_clean());
  EXPECT_EQ(die("poison").action, Action::charge);
  EXPECT_EQ(die("poison").action, Action::charge);
  EXPECT_FALSE(standing("poison").blocked);
  const Decision third = die("poison");
  EXPECT_EQ(third.action, Action::block);
  EXPECT_EQ(third.crashes, 3u);
  EXPECT_TRUE(standing("poison").blocked);
  EXPECT_THAT(events(9680), SizeIs(3));
  EXPECT_THAT(events(9681), SizeIs(1));
  EXPECT_EQ(content_of(state("quarantine/" + hex(identity_of("poison").sha256) + ".bin")), "poison");
}

TEST_F(LedgerTest, ThresholdZeroBlocksAtTheFirstDeath) {
  set("poisonthreshold", "0");
  EXPECT_EQ(die("poison").action, Action::block);
  EXPECT_TRUE(standing("poison").blocked);
}

TEST_F(LedgerTest, SuccessClearsTheCount) {
  die("flaky");
  die("flaky");
  ASSERT_TRUE(ledger_->acquit(identity_of("flaky")));
  EXPECT_TRUE(standing("flaky").is_clean());
  EXPECT_EQ(die("flaky").crashes, 1u);
}

TEST_F(LedgerTest, SuccessDoesNotUnblock) {
  for (int i = 0; i < 3; ++i) die("poison");
  ASSERT_TRUE(ledger_->acquit(identity_of("poison")));
  EXPECT_TRUE(standing("poison").blocked);
}

TEST_F(LedgerTest, DecisionsSurviveReopening) {
  for (int i = 0; i < 3; ++i) {
    die("poison");
    reopen();
  }
  EXPECT_TRUE(standing("poison").blocked);
  EXPECT_EQ(standing("poison").crashes, 3u);
}

TEST_F(LedgerTest, DeathInCompanyIsNotChargedAndRunsAloneNextTime) {
  Death death = death_of(DeathClass::crashed);
  death.company = true;
  const auto decision = ledger_->record_death(identity_of("one of many"), {}, death, {});
  ASSERT_TRUE(decision);
  EXPECT_EQ(decision->action, Action::rerun_alone);
  EXPECT_TRUE(standing("one of many").run_alone);
  EXPECT_EQ(standing("one of many").crashes, 0u);
  EXPECT_THAT(events(), IsEmpty());
  EXPECT_THAT(view().poison_ids, IsEmpty());
  EXPECT_EQ(view().suspects, 0u);
}

TEST_F(LedgerTest, ThreeUnexplainedDeathsInARowAloneHoldTheMessage) {
  EXPECT_EQ(die("victim", DeathClass::unexplained_kill, false).action, Action::rerun_alone);
  EXPECT_EQ(die("victim", DeathClass::unexplained_kill, true).action, Action::rerun_alone);
  EXPECT_EQ(die("victim", DeathClass::killed_by_operator, true).action, Action::rerun_alone);
  EXPECT_EQ(die("victim", DeathClass::unexplained_kill, true).action, Action::hold);
  EXPECT_TRUE(standing("victim").held);
  EXPECT_THAT(events(9680), IsEmpty());
  const auto held = events(502);
  ASSERT_THAT(held, SizeIs(1));
  EXPECT_EQ(held[0].severity, "warning");
  EXPECT_EQ(held[0].source, "mapiguard");
  ASSERT_THAT(view().held, SizeIs(1));
  EXPECT_EQ(view().held[0].death_class, "unexplained_kill");
  ASSERT_TRUE(ledger_->release(digest_name("victim")));
  EXPECT_TRUE(standing("victim").is_clean());
}

TEST_F(LedgerTest, ChargeInBetweenEndsTheRowOfUnexplainedDeaths) {
  die("victim", DeathClass::unexplained_kill, true);
  die("victim", DeathClass::unexplained_kill, true);
  die("victim", DeathClass::crashed, true);
  EXPECT_EQ(standing("victim").uncharged_alone, 0u);
  EXPECT_EQ(die("victim", DeathClass::unexplained_kill, true).action, Action::rerun_alone);
}

TEST_F(LedgerTest, UnexplainedDeathsAreChargedWhenTheAdministratorWantsIt) {
  set("Mapiguard\\Charge Unexplained Deaths", "1");
  die("victim", DeathClass::unexplained_kill, true);
  die("victim", DeathClass::unexplained_kill, true);
  EXPECT_EQ(die("victim", DeathClass::unexplained_kill, true).action, Action::charge);
  EXPECT_EQ(standing("victim").crashes, 1u);
  EXPECT_EQ(standing("victim").uncharged_alone, 0u);
}

// -- trusted IDs ------------------------------------------------------------------------------------------------------

Envelope with_id(const std::string& message_id) {
  Envelope envelope;
  envelope.message_id = message_id;
  return envelope;
}

TEST_F(LedgerTest, BlockedTrustedIdBlocksItsOtherCopies) {
  for (int i = 0; i < 3; ++i) die("poison", DeathClass::crashed, false, with_id("<p@x.org>"));
  EXPECT_TRUE(standing("another copy", "<p@x.org>").blocked);
  EXPECT_FALSE(standing("another copy").blocked);
  EXPECT_FALSE(standing("another copy", "<P@x.org>").blocked) << "IDs are compared byte by byte";
  EXPECT_TRUE(standing("poison").blocked) << "its digest is known, too";
  ASSERT_TRUE(ledger_->release("<p@x.org>"));
  EXPECT_FALSE(standing("another copy", "<p@x.org>").blocked);
  EXPECT_FALSE(standing("poison").blocked);
}

TEST_F(LedgerTest, CopiesOfOneTrustedIdAreCountedTogether) {
  die("copy 1", DeathClass::crashed, false, with_id("<p@x.org>"));
  die("copy 2", DeathClass::crashed, false, with_id("<p@x.org>"));
  const Decision third = die("copy 3", DeathClass::crashed, false, with_id("<p@x.org>"));
  EXPECT_EQ(third.action, Action::block);
  EXPECT_EQ(third.crashes, 3u);
  ASSERT_THAT(view().poison_ids, SizeIs(1)) << "one message";
  EXPECT_EQ(view().poison_ids[0].crashes, 3u);
  EXPECT_TRUE(view().poison_ids[0].has_copy);
  EXPECT_THAT(events(9681), SizeIs(1));
}

TEST_F(LedgerTest, DeathOfACopyOfABlockedMessageIsChargedButBlocksOnlyOnce) {
  for (int i = 0; i < 3; ++i) die("copy 1", DeathClass::crashed, false, with_id("<p@x.org>"));
  EXPECT_EQ(die("copy 2", DeathClass::crashed, false, with_id("<p@x.org>")).action, Action::block);
  EXPECT_THAT(events(9680), SizeIs(4));
  EXPECT_THAT(events(9681), SizeIs(1));
}

TEST_F(LedgerTest, SuccessOfAnotherMessageWithTheSameIdClearsNobodyElse) {
  die("poison", DeathClass::crashed, false, with_id("<same@x.org>"));
  die("poison", DeathClass::crashed, false, with_id("<same@x.org>"));
  ASSERT_TRUE(ledger_->acquit(identity_of("innocent", "<same@x.org>")));
  EXPECT_EQ(die("poison", DeathClass::crashed, false, with_id("<same@x.org>")).action, Action::block);
}

TEST_F(LedgerTest, HostileMessageIdsAreKeptApartAndShownSafely) {
  const std::string huge(100'000, 'x'), odd = std::string("<\x1B[31m\r\nX: y\xFF\0>", 15);
  for (const std::string& id : {huge + "1", huge + "2", odd}) {
    die("bytes of " + std::to_string(id.size()) + id.substr(id.size() - 1), DeathClass::crashed, false, with_id(id));
    EXPECT_EQ(standing("some other bytes", id).crashes, 1u);
  }
  EXPECT_EQ(standing("some other bytes", huge).crashes, 0u);
  for (const PoisonRow& row : view().poison_ids) {
    EXPECT_LE(row.message_id.size(), 998u);
    EXPECT_EQ(displayable(row.message_id), row.message_id);
  }
  for (const EventRow& event : events()) {
    EXPECT_EQ(displayable(event.params[2]), event.params[2]);
    EXPECT_TRUE(json::accept(event.ext));
    EXPECT_THAT(event.text, Not(HasSubstr("\x1B")));
  }
  const auto shown = ledger_->find_poison(displayable(odd));
  ASSERT_TRUE(shown) << "what is shown can be typed";
  EXPECT_EQ(shown->message_id, ledger_->find_poison(odd)->message_id);
  const auto both = ledger_->find_poison(displayable(huge + "1"));
  ASSERT_FALSE(both) << "two IDs that are shown alike";
  EXPECT_EQ(both.error().code, ErrorCode::usage);
}

TEST_F(LedgerTest, WhatAWorkerSaysIsShownSafely) {
  Death death = death_of(DeathClass::crashed);
  death.phase = "read\x1B[2J";
  death.found_message_id = std::string(100'000, '\xFF');
  death.verdict.stack = "abc\n";
  death.verdict.detail = "SIGSEGV at 0x10";
  death.build = "sh -c '\x07'";
  ASSERT_TRUE(ledger_->record_death(identity_of("m"), {}, death, {}));
  const json ext = json::parse(events(9680)[0].ext);
  EXPECT_EQ(ext["phase"], "read\\x1B[2J");
  EXPECT_LE(ext["found_message_id"].get<std::string>().size(), 998u);
  EXPECT_EQ(ext["stack"], "abc\\x0A");
  EXPECT_EQ(ext["class"], "crashed");
  EXPECT_EQ(ext["signal"], 11);
  EXPECT_EQ(view().poison_ids[0].build, "sh -c '\\x07'");
}

// -- the ten PoisonIDs -----------------------------------------------------------------------------------------------

TEST_F(LedgerTest, ElevenPoisonMessagesShowTenAndTheFirstStaysBlocked) {
  for (int m = 1; m <= 11; ++m)
    for (int i = 0; i < 3; ++i) die("poison " + std::to_string(m));
  const PoisonView shown = view();
  ASSERT_THAT(shown.poison_ids, SizeIs(10));
  EXPECT_EQ(shown.poison_ids.front().sha256, identity_of("poison 11").sha256) << "newest crash first";
  EXPECT_EQ(shown.poison_ids.back().sha256, identity_of("poison 2").sha256);
  EXPECT_EQ(shown.quarantined, 11u);
  EXPECT_EQ(shown.suspects, 0u);
  EXPECT_TRUE(standing("poison 1").blocked);
  const auto blocked = ledger_->blocked_rows();
  ASSERT_TRUE(blocked);
  ASSERT_THAT(*blocked, SizeIs(11));
  EXPECT_EQ(blocked->front().sha256, identity_of("poison 11").sha256);
  EXPECT_EQ(blocked->back().crashes, 3u);
}

TEST_F(LedgerTest, ElevenInRotationAreAllBlockedAfterTheirThirdDeath) {
  for (int i = 0; i < 3; ++i)
    for (int m = 1; m <= 11; ++m) die("poison " + std::to_string(m));
  for (int m = 1; m <= 11; ++m) EXPECT_TRUE(standing("poison " + std::to_string(m)).blocked) << m;
}

TEST_F(LedgerTest, ExactPoisonIdsForgetTheEleventhIncludingItsBlock) {
  set("Exact PoisonIDs", "1");
  for (int m = 1; m <= 10; ++m)
    for (int i = 0; i < 3; ++i) die("poison " + std::to_string(m));
  EXPECT_TRUE(standing("poison 1").blocked);
  die("poison 11");
  EXPECT_FALSE(standing("poison 1").blocked);
  EXPECT_EQ(standing("poison 1").crashes, 0u);
  EXPECT_TRUE(standing("poison 2").blocked);
  ASSERT_THAT(view().poison_ids, SizeIs(10));
  const auto unblocked = events(505);
  ASSERT_THAT(unblocked, SizeIs(1)) << "not silently";
  EXPECT_EQ(unblocked[0].params[2], digest_name("poison 1"));
  EXPECT_TRUE(ledger_->find_poison(digest_name("poison 1"))->has_copy) << "the copy is kept";
  EXPECT_EQ(die("poison 1").action, Action::charge) << "it begins anew";
}

TEST_F(LedgerTest, ExactPoisonIdsInRotationBlockNobodyAsExchangeDid) {
  set("Exact PoisonIDs", "1");
  for (int i = 0; i < 5; ++i)
    for (int m = 1; m <= 11; ++m) EXPECT_EQ(die("poison " + std::to_string(m)).action, Action::charge);
}

TEST_F(LedgerTest, ExactPoisonIdsHoldAtOnceWhenSwitchedOn) {
  for (int m = 1; m <= 12; ++m)
    for (int i = 0; i < 3; ++i) die("poison " + std::to_string(m));
  EXPECT_TRUE(standing("poison 1").blocked);
  set("Exact PoisonIDs", "1");
  EXPECT_FALSE(standing("poison 1").blocked);
  EXPECT_FALSE(standing("poison 2").blocked);
  EXPECT_TRUE(standing("poison 3").blocked);
}

TEST_F(LedgerTest, OrderOfPoisonIdsDoesNotDependOnAClockThatWasSetBack) {
  die("first");
  clock_.advance_seconds(-86400);
  die("second");
  EXPECT_THAT(names_of(view()), ElementsAre(digest_name("second"), digest_name("first")));
}

TEST_F(LedgerTest, OldestSuspectsAreForgottenButNeverABlockedOne) {
  set("Suspects Max", "10");
  for (int i = 0; i < 3; ++i) die("poison");
  for (int m = 0; m < 30; ++m) die("suspect " + std::to_string(m));
  EXPECT_EQ(view().suspects, 10u);
  EXPECT_TRUE(standing("poison").blocked);
  EXPECT_TRUE(standing("suspect 19").is_clean());
  EXPECT_EQ(standing("suspect 20").crashes, 1u);
  EXPECT_THAT(events(504), SizeIs(20));
}

TEST_F(LedgerTest, CountOfSuspectsFollowsEveryChange) {
  set("Suspects Max", "10");
  for (int round = 0; round < 3; ++round) {  // a count that drifts would forget too early or too late
    for (int i = 0; i < 3; ++i) die("poison " + std::to_string(round));
    for (int m = 0; m < 8; ++m) die("suspect " + std::to_string(m));
    for (int m = 0; m < 8; ++m) ASSERT_TRUE(ledger_->acquit(identity_of("suspect " + std::to_string(m))));
    ASSERT_TRUE(ledger_->release(digest_name("poison " + std::to_string(round))));
    ASSERT_TRUE(ledger_->forget(digest_name("poison " + std::to_string(round))));
  }
  for (int m = 0; m < 10; ++m) die("suspect " + std::to_string(m));
  EXPECT_THAT(events(504), IsEmpty());
  die("one more");
  EXPECT_THAT(events(504), SizeIs(1));
  EXPECT_EQ(view().suspects, 10u);
}

TEST_F(LedgerTest, HeldMessagesAreForgottenLast) {
  set("Suspects Max", "10");
  for (int i = 0; i < 3; ++i) die("held", DeathClass::unexplained_kill, true);
  for (int m = 0; m < 30; ++m) die("suspect " + std::to_string(m));
  EXPECT_TRUE(standing("held").held);
}

}  // namespace
}  // namespace mapiguard
