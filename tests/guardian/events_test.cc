#include "guardian/events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/ledger_fixture.h"

namespace mapiguard {
namespace {

using nlohmann::json;
using testing::death_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::identity_of;

const EventContext kContext{"First Storage Group\\Mailbox Store", 1'763'805'600'000'000'000};

TEST(Events, ChargeAndBlockAreExchangesOthersAreOurs) {
  const Identity identity = identity_of("m", "<m@x.org>");
  const Death death = death_of(DeathClass::crashed);
  for (const StoredEvent& event : {charge_event(kContext, identity, death, {1, 2}),
                                   block_event(kContext, identity, death, {3, 2, "stored", "queued", "id"})}) {
    EXPECT_EQ(event.source, "MSExchangeIS Mailbox Store");
    EXPECT_EQ(event.category, "Content Engine");
    EXPECT_EQ(event.severity, "error");
    EXPECT_THAT(event.params, ElementsAre("First Storage Group\\Mailbox Store", "0-0", "<m@x.org>"));
    EXPECT_EQ(event.time, kContext.now);
  }
  for (const StoredEvent& event : {held_event(kContext, identity, death, 3), supervisor_event(kContext, {}),
                                   own_event(kContext, 503, "warning", "m", "text", "{}")}) {
    EXPECT_EQ(event.source, "mapiguard");
    EXPECT_EQ(event.category, "Guard");
    EXPECT_LT(event.event_id, 1000u) << "none of Exchange's numbers";
  }
}

TEST(Events, SentencesCountInWords) {
  const Identity identity = identity_of("m", "<m@x.org>");
  EXPECT_EQ(charge_event(kContext, identity, death_of(DeathClass::crashed), {1, 2}).text,
            "The conversion of message <m@x.org> ended its worker: crashed (signal 11). The message has done so once; "
            "it is blocked when that exceeds 2.");
  EXPECT_THAT(block_event(kContext, identity, death_of(DeathClass::hung), {3, 2, "stored", "queued", ""}).text,
              HasSubstr("ended its worker 3 times"));
}

TEST(Events, MessageWithoutAnIdIsNamedByItsDigest) {
  const StoredEvent event = charge_event(kContext, identity_of("m"), death_of(DeathClass::hung), {1, 2});
  EXPECT_EQ(event.params[2], "sha256:" + hex(identity_of("m").sha256));
}

TEST(Events, ExtraFactsAreJsonWithEveryDeathClass) {
  for (std::size_t i = 0; i < kDeathClasses; ++i) {
    Death death = death_of(static_cast<DeathClass>(i));
    death.attempt = 4;
    const json ext = json::parse(
        block_event(kContext, identity_of("m"), death, {3, 2, "the quarantine is \"full\"", "none: no sender", ""})
            .ext);
    EXPECT_EQ(ext["class"], std::string(name_of(death.verdict.death)));
    EXPECT_EQ(ext["attempt"], 4);
    EXPECT_EQ(ext["copy"], "the quarantine is \"full\"");
    EXPECT_EQ(ext["ndr"], "none: no sender");
    EXPECT_EQ(ext["ndr_id"], nullptr);
  }
}

}  // namespace
}  // namespace mapiguard
