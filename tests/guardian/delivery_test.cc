#include "guardian/delivery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/support/child.h"
#include "tests/support/faulty_env.h"
#include "tests/support/ledger_fixture.h"

namespace mapiguard {
namespace {

using nlohmann::json;
using ::testing::AnyOf;
using testing::content_of;
using ::testing::ElementsAre;
using testing::envelope_from;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::LedgerTest;
using testing::names_in;
using ::testing::SizeIs;
using ::testing::StartsWith;
using testing::TempDir;
using Kind = DeliveryOutcome::Kind;

// A sendmail of the test's own.
std::string program(const TempDir& dir, const std::string& script) {
  const std::string path = dir / "sendmail";
  testing::write_file(path, "#!/bin/sh\n" + script + "\n");
  EXPECT_EQ(::chmod(path.c_str(), 0755), 0);
  return path;
}

TEST(Delivery, MaildirGetsOneFileHoweverOftenItIsDelivered) {
  const TempDir dir;
  EXPECT_EQ(deliver_to_maildir(posix_env(), dir / "m", "id-1", "one").kind, Kind::delivered);
  EXPECT_EQ(deliver_to_maildir(posix_env(), dir / "m", "id-1", "one again").kind, Kind::delivered);
  EXPECT_THAT(names_in(dir / "m/new"), ElementsAre("id-1"));
  EXPECT_THAT(names_in(dir / "m/tmp"), IsEmpty());
  EXPECT_EQ(content_of(dir / "m/new/id-1"), "one again");
  EXPECT_TRUE(std::filesystem::is_directory(dir / "m/cur"));
}

TEST(Delivery, MaildirThatFailsAtAnyStepIsTriedAgain) {
  for (unsigned step = 1;; ++step) {
    const TempDir dir;
    testing::FaultyEnv env;
    env.fail_step(step);
    const DeliveryOutcome outcome = deliver_to_maildir(env, dir / "m", "id", "text");
    if (!env.failed()) break;
    EXPECT_THAT(outcome.kind, AnyOf(Eq(Kind::again), Eq(Kind::delivered)));
    const std::string found = content_of(dir / "m/new/id");
    EXPECT_TRUE(found.empty() || found == "text");
    EXPECT_EQ(deliver_to_maildir(posix_env(), dir / "m", "id", "text").kind, Kind::delivered);
    EXPECT_THAT(names_in(dir / "m/tmp"), IsEmpty());
  }
}

TEST(Delivery, SendmailGetsNullReturnPathRecipientAndMessage) {
  const TempDir dir;
  const std::string sendmail = program(dir, "echo \"$# $*\" > " + (dir / "arguments") + "; cat > " + (dir / "input") +
                                                "; env > " + (dir / "environment"));
  const std::string text(200'000, 'x');
  const DeliveryOutcome outcome = deliver_by_sendmail(sendmail, "ada@example.com", text, 10);
  EXPECT_EQ(outcome.kind, Kind::delivered) << outcome.reason;
  EXPECT_EQ(content_of(dir / "arguments"), "5 -i -f <> -- ada@example.com\n");
  EXPECT_EQ(content_of(dir / "input"), text);
  EXPECT_THAT(content_of(dir / "environment"), ::testing::Not(HasSubstr("HOME=")));
}

TEST(Delivery, ExitCodesSayWhetherToTryAgain) {
  const TempDir dir;
  for (const auto& [code, kind] : {std::pair{0, Kind::delivered},
                                   {75, Kind::again},
                                   {1, Kind::again},
                                   {64, Kind::again},
                                   {65, Kind::never},
                                   {67, Kind::never},
                                   {68, Kind::never},
                                   {71, Kind::again}}) {
    const DeliveryOutcome outcome =
        deliver_by_sendmail(program(dir, "echo nobody here >&2; exit " + std::to_string(code)), "a@b.c", "text", 10);
    EXPECT_EQ(outcome.kind, kind) << code;
    EXPECT_EQ(outcome.reason, code ? "exit " + std::to_string(code) + ": nobody here" : "");
  }
  EXPECT_THAT(deliver_by_sendmail(program(dir, "kill -9 $$"), "a@b.c", "text", 10).reason, StartsWith("signal 9"));
}

TEST(Delivery, ProgramThatIsNotThereIsTriedAgain) {
  const DeliveryOutcome outcome = deliver_by_sendmail("/nonexistent/sendmail", "a@b.c", "text", 10);
  EXPECT_EQ(outcome.kind, Kind::again);
  EXPECT_THAT(outcome.reason, HasSubstr("No such file"));
}

TEST(Delivery, ProgramThatHangsIsEndedWithAllThatItStarted) {
  const TempDir dir;
  const auto begin = std::chrono::steady_clock::now();
  const DeliveryOutcome outcome =
      deliver_by_sendmail(program(dir, "sleep 60 & echo $! > " + (dir / "pid") + "; sleep 60"), "a@b.c", "text", 0.3);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
  EXPECT_EQ(outcome.kind, Kind::again);
  EXPECT_THAT(outcome.reason, HasSubstr("did not end within"));
  const std::string pid = content_of(dir / "pid");
  ASSERT_FALSE(pid.empty());
  bool gone = false;
  for (int i = 0; i < 100 && !gone; ++i) {
    const std::string status = content_of("/proc/" + std::to_string(std::stoi(pid)) + "/stat");
    gone = status.empty() || status.find(") Z ") != std::string::npos;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_TRUE(gone);
}

TEST(Delivery, ProgramThatTalksWithoutEndIsHeardOut) {
  const TempDir dir;
  const DeliveryOutcome outcome =
      deliver_by_sendmail(program(dir, "head -c 3000000 /dev/zero | tr '\\0' 'y'; exit 67"), "a@b.c", "text", 20);
  EXPECT_EQ(outcome.kind, Kind::never);
  EXPECT_LT(outcome.reason.size(), 600u);
}

TEST(Delivery, ChildLeftBehindDoesNotDelayTheAnswer) {
  const TempDir dir;
  const auto begin = std::chrono::steady_clock::now();
  const DeliveryOutcome outcome = deliver_by_sendmail(program(dir, "sleep 5 &\nexit 0"), "a@b.c", "text", 10);
  EXPECT_EQ(outcome.kind, Kind::delivered);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(4));
}

TEST(Delivery, TransportsAreReadFromTheirSetting) {
  EXPECT_EQ(transport_of("maildir:ndr", "/state")->path, "/state/ndr");
  EXPECT_EQ(transport_of("maildir:/var/ndr", "/state")->path, "/var/ndr");
  EXPECT_EQ(transport_of("sendmail:/usr/sbin/sendmail", "/state")->path, "/usr/sbin/sendmail");
  EXPECT_EQ(transport_of("smtp://relay:25", "/state")->path, "smtp://relay:25");
  EXPECT_EQ(transport_of("smtps://relay", "/state")->kind, Transport::Kind::smtp);
  EXPECT_EQ(transport_of("lmtp://relay", "/state").error().code, ErrorCode::config);
}

// -- the outbox
// ---------------------------------------------------------------------------------------------------------

class OutboxTest : public LedgerTest {
 protected:
  void SetUp() override {
    LedgerTest::SetUp();
    set("PoisonThreshold", "0");
  }
  std::string ndr_of(const std::string& bytes, const Envelope& envelope) {
    die(bytes, DeathClass::crashed, false, envelope);
    return json::parse(events(9681).back().ext)["ndr"];
  }
  std::vector<NdrRow> ndrs() {
    const auto rows = ledger_->ndrs();
    EXPECT_TRUE(rows);
    return rows ? *rows : std::vector<NdrRow>();
  }
  void deliver() {
    const auto done = ledger_->deliver_outbox();
    EXPECT_TRUE(done) << done.error().message;
  }
};

TEST_F(OutboxTest, ReportIsQueuedOnlyForASenderThatCanBeTold) {
  EXPECT_EQ(ndr_of("1", envelope_from("ada@example.com")), "queued");
  EXPECT_EQ(ndr_of("2", envelope_from("")), "none: no sender");
  EXPECT_EQ(ndr_of("3", envelope_from("<>")), "none: null sender");
  Envelope report = envelope_from("ada@example.com");
  report.is_report = true;
  EXPECT_EQ(ndr_of("4", report), "none: report");
  EXPECT_EQ(ndr_of("5", envelope_from("<Bob@Example.com>")), "queued");
  for (const char* bad :
       {"ada", "a b@c.org", "a@b\r\nBcc: x@y", "\xC3\xBC@example.org", "a@b@c", "a@", "@b", "\"x\"@y.org", "a,b@c.org"})
    EXPECT_EQ(ndr_of(std::string("bad ") + bad, envelope_from(bad)), "none: the sender's address cannot be written to")
        << bad;
  set("On Poison", "quarantine");
  EXPECT_EQ(ndr_of("6", envelope_from("ada@example.com")), "none: Mapiguard\\On Poison is quarantine");
  ASSERT_THAT(ndrs(), SizeIs(2));
  EXPECT_EQ(ndrs()[1].sender, "Bob@Example.com");
}

TEST_F(OutboxTest, OneSenderGetsOnlySoManyReportsAnHour) {
  set("NDR Max Per Sender And Hour", "2");
  EXPECT_EQ(ndr_of("1", envelope_from("ada@example.com")), "queued");
  EXPECT_EQ(ndr_of("2", envelope_from("ADA@example.com")), "queued");
  EXPECT_EQ(ndr_of("3", envelope_from("ada@Example.com")), "none: rate limit");
  EXPECT_EQ(ndr_of("4", envelope_from("bob@example.com")), "queued");
  clock_.advance_seconds(3600);
  EXPECT_EQ(ndr_of("5", envelope_from("ada@example.com")), "queued");
  set("NDR Max Per Sender And Hour", "0");
  EXPECT_EQ(ndr_of("6", envelope_from("carol@example.com")), "none: rate limit");
}

TEST_F(OutboxTest, QueuedReportIsDeliveredToTheMaildirOnce) {
  Envelope envelope = envelope_from("ada@example.com");
  envelope.message_id = "<p@x.org>";
  ndr_of("poison", envelope);
  EXPECT_EQ(ndrs()[0].state, "queued");
  deliver();
  deliver();
  ASSERT_THAT(ndrs(), SizeIs(1));
  EXPECT_EQ(ndrs()[0].state, "delivered");
  EXPECT_EQ(ndrs()[0].tries, 1u);
  EXPECT_EQ(ndrs()[0].message_id, "<p@x.org>");
  ASSERT_THAT(names_in(state("ndr/new")), ElementsAre(ndrs()[0].id));
  const std::string text = content_of(state("ndr/new/" + ndrs()[0].id));
  EXPECT_THAT(text, HasSubstr("To: ada@example.com"));
  EXPECT_THAT(text, HasSubstr("Final-Recipient: rfc822; carol@example.net"));
  EXPECT_THAT(text, ::testing::Not(HasSubstr("poison\n"))) << "nothing of the message";
  EXPECT_EQ(json::parse(events(9681)[0].ext)["ndr_id"], ndrs()[0].id);
}

TEST_F(OutboxTest, FailingDeliveryIsTriedLaterAndLaterUntilItExpires) {
  set("NDR Transport", "sendmail:/bin/false");
  set("NDR Lifetime in Hours", "10");
  ndr_of("poison", envelope_from("ada@example.com"));
  deliver();
  EXPECT_EQ(ndrs()[0].tries, 1u);
  EXPECT_THAT(ndrs()[0].last_error, StartsWith("exit 1"));
  deliver();
  EXPECT_EQ(ndrs()[0].tries, 1u) << "not yet";
  clock_.advance_seconds(301);
  deliver();
  EXPECT_EQ(ndrs()[0].tries, 2u);
  clock_.advance_seconds(301);
  deliver();
  EXPECT_EQ(ndrs()[0].tries, 2u) << "the pause has doubled";
  for (int i = 0; i < 10 && ndrs()[0].state == "queued"; ++i) {
    clock_.advance_seconds(4 * 3600 + 1);
    deliver();
  }
  EXPECT_EQ(ndrs()[0].state, "expired");
  ASSERT_THAT(events(506), SizeIs(1));
  EXPECT_EQ(events(506)[0].severity, "warning");
  set("NDR Transport", "maildir:ndr");
  ASSERT_TRUE(ledger_->retry_ndr(ndrs()[0].id));
  EXPECT_EQ(ndrs()[0].state, "delivered");
}

TEST_F(OutboxTest, RefusedRecipientIsGivenUp) {
  set("NDR Transport", "sendmail:" + program(dir_, "exit 67"));
  ndr_of("poison", envelope_from("ada@example.com"));
  deliver();
  EXPECT_EQ(ndrs()[0].state, "failed");
  EXPECT_THAT(events(506), SizeIs(1));
}

TEST_F(OutboxTest, DroppedReportIsNotDelivered) {
  ndr_of("poison", envelope_from("ada@example.com"));
  ASSERT_TRUE(ledger_->drop_ndr(ndrs()[0].id));
  deliver();
  EXPECT_EQ(ndrs()[0].state, "dropped");
  EXPECT_THAT(names_in(state("ndr/new")), IsEmpty());
  ASSERT_TRUE(ledger_->retry_ndr("")) << "all that wait";
  EXPECT_EQ(ndrs()[0].state, "dropped");
  ASSERT_TRUE(ledger_->retry_ndr(ndrs()[0].id.substr(0, 6))) << "named, it is taken back";
  EXPECT_EQ(ndrs()[0].state, "delivered");
  EXPECT_EQ(ledger_->drop_ndr(ndrs()[0].id).error().code, ErrorCode::usage);
  EXPECT_EQ(ledger_->drop_ndr("nobody").error().code, ErrorCode::cannot_open);
}

TEST_F(OutboxTest, RetryWithoutAnIdTriesAllAtOnce) {
  set("NDR Transport", "sendmail:/bin/false");
  for (int i = 0; i < 3; ++i) ndr_of("poison " + std::to_string(i), envelope_from("ada@example.com"));
  deliver();
  ASSERT_TRUE(ledger_->unset_setting("NDR Transport"));
  ASSERT_TRUE(ledger_->retry_ndr(""));
  EXPECT_THAT(names_in(state("ndr/new")), SizeIs(3));
}

TEST_F(OutboxTest, ManyCouriersSendEachReportOnceBySendmail) {
  set("NDR Transport",
      "sendmail:" + program(dir_, "cat > /dev/null; mktemp " + (dir_ / "sent-XXXXXXXX") + "; sleep 0.05"));
  for (int i = 0; i < 6; ++i)
    ndr_of("poison " + std::to_string(i), envelope_from("ada" + std::to_string(i) + "@example.com"));
  std::vector<testing::Child> couriers;
  for (int c = 0; c < 4; ++c)
    couriers.emplace_back([&] {
      const auto own = Ledger::open(dir_ / "state", posix_env(), clock_);
      return own && (*own)->deliver_outbox() ? 0 : 1;
    });
  for (testing::Child& courier : couriers) EXPECT_EQ(courier.wait(), 0);
  int sent = 0;
  for (const std::string& name : names_in(dir_.path())) sent += name.starts_with("sent-");
  EXPECT_EQ(sent, 6);
  for (const NdrRow& row : ndrs()) EXPECT_EQ(row.state, "delivered");
}

TEST_F(OutboxTest, ImportedTransportThatIsNotAvailableFallsBackToTheMaildir) {
  EXPECT_EQ(ledger_->set_setting("NDR Transport", "lmtp://relay:25").error().code, ErrorCode::usage);
  ASSERT_TRUE(ledger_->import_setting("Mapiguard\\NDR Transport", "lmtp://relay:25"));
  ndr_of("poison", envelope_from("ada@example.com"));
  deliver();
  EXPECT_EQ(ndrs()[0].state, "delivered");
}

}  // namespace
}  // namespace mapiguard
