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

std::string digest_name(const std::string& bytes) { return "sha256:" + hex(identity_of(bytes).sha256); }

Envelope with_id(const std::string& message_id) {
  Envelope envelope;
  envelope.message_id = message_id;
  return envelope;
}

// -- quarantine ------------------------------------------------------------------------------------------------------

TEST_F(LedgerTest, QuarantineKeepsTheCrashReportAndGivesTheBytesBack) {
  set("PoisonThreshold", "0");
  Death death = death_of(DeathClass::crashed);
  death.crash_report = R"({"registers": {"rip": "0x1"}})";
  const std::string bytes(300'000, 'p');
  ASSERT_TRUE(ledger_->record_death(identity_of(bytes), envelope_from("ada@example.com"), death, bytes_source(bytes)));
  const auto row = ledger_->find_poison(hex(identity_of(bytes).sha256).substr(0, 8));
  ASSERT_TRUE(row) << row.error().message;
  EXPECT_EQ(row->crash_report, death.crash_report);
  EXPECT_EQ(row->size, bytes.size());
  EXPECT_EQ(row->sender, "ada@example.com");
  EXPECT_THAT(row->recipients, ElementsAre("bob@example.org", "carol@example.net"));
  std::string copy;
  ASSERT_TRUE(ledger_->export_copy(row->message_id, [&](std::span<const std::byte> piece) -> Result<void> {
    copy.append(as_chars(piece));
    return {};
  }));
  EXPECT_EQ(copy, bytes);
}

TEST_F(LedgerTest, ChangedCopyIsNotedWhenItIsExported) {
  set("PoisonThreshold", "0");
  die("poison");
  testing::write_file(state("quarantine/" + hex(identity_of("poison").sha256) + ".bin"), "tampered");
  const auto done =
      ledger_->export_copy(digest_name("poison"), [](std::span<const std::byte>) { return Result<void>(); });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::io);
}

TEST_F(LedgerTest, FullQuarantineRefusesTheCopyAndTheBlockStays) {
  set("PoisonThreshold", "0");
  set("Quarantine Max MiB", "1");
  die(std::string(700'000, 'a'));
  EXPECT_EQ(die(std::string(700'000, 'b')).action, Action::block);
  EXPECT_TRUE(standing(std::string(700'000, 'b')).blocked);
  ASSERT_THAT(events(503), SizeIs(1));
  EXPECT_THAT(events(503)[0].text, HasSubstr("the quarantine is full"));
  EXPECT_THAT(json::parse(events(9681)[1].ext)["copy"].get<std::string>(), HasSubstr("Quarantine Max MiB = 1"));
  const auto done = ledger_->export_copy(digest_name(std::string(700'000, 'b')),
                                         [](std::span<const std::byte>) { return Result<void>(); });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::cannot_open);
  EXPECT_EQ(die("a small one").action, Action::block) << "what fits is still kept";
  EXPECT_TRUE(ledger_->find_poison(digest_name("a small one"))->has_copy);
}

TEST_F(LedgerTest, LittleFreeRoomRefusesTheCopy) {
  testing::FaultyEnv env;
  env.set_free_bytes(63ull << 20);
  ledger_ = std::move(*Ledger::open(dir_ / "state", env, clock_));
  set("PoisonThreshold", "0");
  EXPECT_EQ(die("poison").action, Action::block);
  EXPECT_THAT(events(503)[0].text, HasSubstr("Min Free MiB = 64"));
  ledger_.reset();
}

TEST_F(LedgerTest, FailureAtAnyStepOfTheCopyStillBlocks) {
  testing::FaultyEnv env;
  ledger_ = std::move(*Ledger::open(dir_ / "state", env, clock_));
  set("PoisonThreshold", "0");
  for (unsigned step = 1; step < 12; ++step) {
    const std::string bytes = "poison " + std::to_string(step);
    env.fail_step(step);
    EXPECT_EQ(die(bytes).action, Action::block);
    const bool kept = ledger_->find_poison(digest_name(bytes))->has_copy;
    const std::string file = content_of(state("quarantine/" + hex(identity_of(bytes).sha256) + ".bin"));
    if (kept) {
      EXPECT_EQ(file, bytes);
    }
  }
  ledger_.reset();
}

TEST_F(LedgerTest, BytesThatAreNotTheMessagesAreNotKept) {
  set("PoisonThreshold", "0");
  ASSERT_TRUE(
      ledger_->record_death(identity_of("poison"), {}, death_of(DeathClass::crashed), bytes_source("other bytes")));
  EXPECT_TRUE(standing("poison").blocked);
  EXPECT_FALSE(ledger_->find_poison(digest_name("poison"))->has_copy);
  EXPECT_THAT(testing::names_in(state("quarantine")), IsEmpty());
}

TEST_F(LedgerTest, NoCopyIsMadeWhenNoneIsWanted) {
  set("PoisonThreshold", "0");
  set("On Poison", "drop");
  die("poison", DeathClass::crashed, false, envelope_from("ada@example.com"));
  EXPECT_TRUE(standing("poison").blocked);
  EXPECT_THAT(testing::names_in(state("quarantine")), IsEmpty());
  EXPECT_THAT(events(503), IsEmpty());
  EXPECT_EQ(json::parse(events(9681)[0].ext)["ndr"], "none: Mapiguard\\On Poison is drop");
}

TEST_F(LedgerTest, CopyThatNoRowNamesIsSweptWhenItIsOld) {
  testing::write_file(state("quarantine/" + std::string(64, 'a') + ".bin"), "orphan");
  testing::write_file(state("quarantine/" + std::string(64, 'b') + ".bin"), "young orphan");
  testing::write_file(state("quarantine/README"), "not ours");
  const auto long_ago = std::filesystem::file_time_type::clock::now() - std::chrono::hours(24 * 10'000);
  std::filesystem::last_write_time(state("quarantine/" + std::string(64, 'a') + ".bin"), long_ago);
  set("PoisonThreshold", "0");
  die("poison");
  const std::string kept = hex(identity_of("poison").sha256) + ".bin";
  std::filesystem::last_write_time(state("quarantine/" + kept), long_ago);
  ASSERT_TRUE(ledger_->settle());
  EXPECT_THAT(testing::names_in(state("quarantine")),
              ::testing::UnorderedElementsAre(kept, std::string(64, 'b') + ".bin", "README", ".swept"));
}

// -- administration --------------------------------------------------------------------------------------------------

TEST_F(LedgerTest, ReleaseKeepsTheCopyAndForgetRemovesIt) {
  set("PoisonThreshold", "0");
  die("poison");
  EXPECT_EQ(view().quarantined, 1u);
  ASSERT_TRUE(ledger_->release(digest_name("poison")));
  EXPECT_TRUE(standing("poison").is_clean());
  EXPECT_THAT(view().poison_ids, IsEmpty());
  EXPECT_TRUE(ledger_->find_poison(digest_name("poison"))->has_copy);
  EXPECT_THAT(events(507), SizeIs(1));
  ASSERT_TRUE(ledger_->forget(digest_name("poison")));
  EXPECT_THAT(testing::names_in(state("quarantine")), IsEmpty());
  const auto gone = ledger_->find_poison(digest_name("poison"));
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, ErrorCode::cannot_open);
  EXPECT_EQ(view().quarantined, 0u);
}

TEST_F(LedgerTest, ReleasedMessageThatDiesAgainIsBlockedAgainWithItsEvents) {
  set("PoisonThreshold", "0");
  die("poison");
  ASSERT_TRUE(ledger_->release(digest_name("poison")));
  EXPECT_EQ(die("poison").action, Action::block);
  EXPECT_THAT(events(9681), SizeIs(2));
}

TEST_F(LedgerTest, MessagesAreFoundByIdDigestAndUniquePrefix) {
  die("a", DeathClass::crashed, false, with_id("<a@x.org>"));
  for (int i = 0; i < 300; ++i) die("m" + std::to_string(i));
  const std::string digits = hex(identity_of("a").sha256);
  for (const std::string& id : {std::string("<a@x.org>"), std::string("a@x.org"), digits, "sha256:" + digits,
                                "SHA256:" + digits.substr(0, 12), digits.substr(0, 10)}) {
    const auto row = ledger_->find_poison(id);
    ASSERT_TRUE(row) << id << ": " << row.error().message;
    EXPECT_EQ(row->sha256, identity_of("a").sha256);
  }
  const auto ambiguous = ledger_->find_poison(digits.substr(0, 1));
  ASSERT_FALSE(ambiguous);
  EXPECT_EQ(ambiguous.error().code, ErrorCode::usage);
  EXPECT_THAT(ambiguous.error().message, HasSubstr("may be"));
  for (const std::string& id :
       {std::string(), std::string("nobody"), std::string(64, '0'), digits + "0", std::string("sha256:")})
    EXPECT_FALSE(ledger_->find_poison(id)) << id;
}

TEST_F(LedgerTest, EventsAreFilteredByNumberTimeAndSequence) {
  die("a");
  const auto first = events();
  clock_.advance_seconds(100);
  die("b");
  EventFilter since;
  since.since = first[0].time;
  EXPECT_THAT(*ledger_->events(since), SizeIs(2)) << "at or after what was shown";
  since.since = "2025-11-22T10:01:00Z";
  EXPECT_THAT(*ledger_->events(since), SizeIs(1));
  EventFilter after;
  after.after_seq = first[0].seq;
  EXPECT_THAT(*ledger_->events(after), SizeIs(1));
  EventFilter number;
  number.event_id = 9681;
  EXPECT_THAT(*ledger_->events(number), IsEmpty());
  since.since = "yesterday";
  EXPECT_EQ(ledger_->events(since).error().code, ErrorCode::usage);
}

TEST_F(LedgerTest, EventOfAChargeNamesDatabaseFolderAndMessage) {
  die("poison", DeathClass::crashed, false, with_id("<p@x.org>"));
  const EventRow event = events(9680)[0];
  EXPECT_THAT(event.params, ElementsAre("mapiguard", "0-0", "<p@x.org>"));
  EXPECT_EQ(event.source, "MSExchangeIS Mailbox Store");
  EXPECT_EQ(event.category, "Content Engine");
  EXPECT_EQ(event.severity, "error");
  EXPECT_THAT(event.text, HasSubstr("<p@x.org>"));
  const json ext = json::parse(event.ext);
  EXPECT_EQ(ext["crashes"], 1);
  EXPECT_EQ(ext["threshold"], 2);
  EXPECT_EQ(ext["sha256"], hex(identity_of("poison").sha256));
  EXPECT_EQ(ext["build"], "0.1.0-test");
  EXPECT_EQ(ext["stack"], nullptr);
}

TEST_F(LedgerTest, DeedsOfTheAdministratorAreExportedAtOnce) {
  die("poison");
  set("PoisonThreshold", "5");
  ASSERT_TRUE(ledger_->release(digest_name("poison")));
  EXPECT_THAT(testing::lines_of(state("events.jsonl")), SizeIs(events().size()));
  die("poison");
  ASSERT_TRUE(ledger_->settle());
  EXPECT_THAT(testing::lines_of(state("events.jsonl")), SizeIs(events().size()));
}

TEST_F(LedgerTest, InFlightRowsOfTheLivingAreShown) {
  auto table = InflightTable::create(dir_ / "state", 2);
  (*table)->fill(0, identity_of("a").sha256, "<a@x.org>", 1, false, "b", *parse_rfc3339("2025-11-22T09:00:00Z"));
  (*table)->fill(1, identity_of("b").sha256, "", 1, false, "b", 1);
  const PoisonView shown = view();
  ASSERT_THAT(shown.in_flight, SizeIs(2));
  EXPECT_EQ(shown.in_flight[0].message_id, "<a@x.org>");
  EXPECT_EQ(shown.in_flight[0].since, "2025-11-22T09:00:00.000Z");
  EXPECT_EQ(shown.in_flight[1].message_id, digest_name("b"));
  (*table)->clear(0);
  (*table)->clear(1);
  EXPECT_THAT(view().in_flight, IsEmpty());
}

TEST_F(LedgerTest, SettingsShowPoisonIdsAsAView) {
  die("a", DeathClass::crashed, false, with_id("<a@x.org>"));
  die("b");
  const auto row = ledger_->setting("poisonids");
  ASSERT_TRUE(row);
  EXPECT_EQ(row->value, digest_name("b") + "\n<a@x.org>");
  EXPECT_EQ(row->type, "REG_MULTI_SZ");
  EXPECT_EQ(ledger_->set_setting("PoisonIDs", "x").error().code, ErrorCode::usage);
  set("PoisonThreshold", "5");
  const auto threshold = ledger_->setting("PoisonThreshold");
  EXPECT_EQ(threshold->value, "5");
  EXPECT_EQ(threshold->origin, "set");
  EXPECT_THAT(events(509), SizeIs(1));
  ASSERT_TRUE(ledger_->unset_setting("PoisonThreshold"));
  EXPECT_EQ(ledger_->setting("PoisonThreshold")->value, "2");
  ASSERT_TRUE(ledger_->import_setting("Track Duplicates", "2000"));
  EXPECT_EQ(ledger_->setting("Track Duplicates")->value, "24");
  EXPECT_EQ(ledger_->setting("Track Duplicates")->stored, "2000");
  EXPECT_THAT(ledger_->setting("Track Duplicates")->warning, HasSubstr("24 hours is used"));
  EXPECT_GE(ledger_->settings()->size(), 20u);
  EXPECT_FALSE(ledger_->setting("Nonsense"));
}

TEST_F(LedgerTest, DurableLedgerWorksTheSame) {
  set("Durable", "1");
  EXPECT_EQ(die("a").action, Action::charge);
  reopen();
  EXPECT_EQ(die("a").crashes, 2u);
}

TEST_F(LedgerTest, HealthOfAGoodDirectoryIsGood) {
  for (const Ledger::Health& fact : ledger_->health()) EXPECT_TRUE(fact.ok) << fact.name << ": " << fact.detail;
  ASSERT_TRUE(ledger_->import_setting("Track Duplicates", "2000"));
  bool told = false;
  for (const Ledger::Health& fact : ledger_->health()) told |= !fact.ok && fact.name == "settings";
  EXPECT_TRUE(told);
}

TEST_F(LedgerTest, HealthTellsOfADamagedDatabase) {
  for (int i = 0; i < 200; ++i) die("m" + std::to_string(i));
  ledger_.reset();
  std::string torn = content_of(state("state.db"));
  for (std::size_t page = torn.size() / 4096 / 2; page < torn.size() / 4096; page += 2)
    torn.replace(page * 4096, 3000, 3000, '\xFF');
  testing::write_file(state("state.db"), torn);
  reopen();
  bool told = false;
  for (const Ledger::Health& fact : ledger_->health()) told |= !fact.ok && fact.name == "database";
  EXPECT_TRUE(told);
  bool refused = false;
  for (int i = 0; i < 200; ++i) {
    const auto standing =
        ledger_->record_death(identity_of("m" + std::to_string(i)), {}, death_of(DeathClass::crashed), {});
    if (standing) continue;
    refused = true;
    EXPECT_EQ(standing.error().code, ErrorCode::config) << standing.error().message;
    EXPECT_THAT(standing.error().message, HasSubstr("damaged"));
  }
  EXPECT_TRUE(refused);
}

}  // namespace
}  // namespace mapiguard
