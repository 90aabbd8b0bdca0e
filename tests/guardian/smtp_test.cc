#include "guardian/smtp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "tests/support/ledger_fixture.h"
#include "tests/support/smtp_server.h"
#include "tests/support/temp_dir.h"

namespace mapiguard {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using testing::envelope_from;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::LedgerTest;
using ::testing::Not;
using ::testing::SizeIs;
using testing::SmtpServerOfTest;
using ::testing::StartsWith;
using testing::TempDir;
using Kind = DeliveryOutcome::Kind;
using SteadyClock = std::chrono::steady_clock;

constexpr char kText[] = "Subject: report\n\n.a line that begins with a dot\n.\nlast";

SmtpServer at(const std::string& url) { return {url, "guard.example.org", SmtpServer::Tls::if_offered, "", ""}; }

DeliveryOutcome send(const SmtpServerOfTest& server, const std::stop_token& stop = {}) {
  return SmtpClient(at(server.url())).send("ada@example.com", kText, stop);
}

TEST(Smtp, ReportIsHandedOverFromTheNullSender) {
  SmtpServerOfTest server;
  const DeliveryOutcome outcome = send(server);
  EXPECT_EQ(outcome.kind, Kind::delivered) << outcome.reason;
  const auto commands = server.commands();
  ASSERT_GE(commands.size(), 4u);
  EXPECT_EQ(commands[0], "EHLO guard.example.org");
  EXPECT_THAT(commands[1], StartsWith("MAIL FROM:<>"));
  EXPECT_EQ(commands[2], "RCPT TO:<ada@example.com>");
  EXPECT_THAT(server.messages(),
              ElementsAre("Subject: report\r\n\r\n..a line that begins with a dot\r\n..\r\nlast\r\n"));
}

TEST(Smtp, OneConnectionServesManyReports) {
  SmtpServerOfTest server;
  SmtpClient client(at(server.url()));
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(client.send("a" + std::to_string(i) + "@b.org", kText, {}).kind, Kind::delivered);
  EXPECT_EQ(server.connections(), 1u);
  EXPECT_THAT(server.messages(), SizeIs(5));
}

struct Refusal {
  const char* command;
  const char* reply;
  Kind kind;
  bool unreachable;
};

// What is about the server or about us is tried again whatever the code says; what is about this report is final with
// 5yz.
constexpr Refusal kRefusals[] = {
    {"", "554 no service here", Kind::again, true},
    {"", "421 too busy", Kind::again, true},
    {"", "close", Kind::again, true},
    {"MAIL", "451 try later", Kind::again, false},
    {"MAIL", "550 5.7.1 no null senders here", Kind::never, false},
    {"MAIL", "530 5.7.0 must issue STARTTLS first", Kind::again, false},
    {"RCPT", "450 4.2.1 mailbox busy", Kind::again, false},
    {"RCPT", "550 5.1.1 no such user", Kind::never, false},
    {"RCPT", "close", Kind::again, false},
    {"DATA", "554 5.5.1 no valid recipients", Kind::never, false},
    {"DATA", "452 no room", Kind::again, false},
    {".", "552 5.3.4 too big", Kind::never, false},
    {".", "451 4.3.0 queue file write error", Kind::again, false},
    {".", "close", Kind::again, false},
};

TEST(Smtp, RepliesSayWhetherToTryAgain) {
  for (const Refusal& refusal : kRefusals) {
    SCOPED_TRACE(std::string(refusal.command) + " → " + refusal.reply);
    SmtpServerOfTest server({{refusal.command, refusal.reply}});
    const DeliveryOutcome outcome = send(server);
    EXPECT_EQ(outcome.kind, refusal.kind) << outcome.reason;
    EXPECT_EQ(outcome.unreachable, refusal.unreachable) << outcome.reason;
    if (std::string_view(refusal.reply) != "close") {
      EXPECT_THAT(outcome.reason, HasSubstr(refusal.reply));
    }
  }
}

TEST(Smtp, ServerThatIsNotThereIsTriedAgain) {
  std::string url;
  { url = SmtpServerOfTest().url(); }
  const DeliveryOutcome outcome = SmtpClient(at(url)).send("ada@example.com", kText, {});
  EXPECT_EQ(outcome.kind, Kind::again);
  EXPECT_TRUE(outcome.unreachable);
  EXPECT_THAT(outcome.reason, HasSubstr("connect"));
}

TEST(Smtp, StopEndsATryThatHasHandedOverNothing) {
  for (const char* command : {"", "EHLO", "RCPT"}) {
    SmtpServerOfTest server({{command, "hang"}});
    std::stop_source stop;
    const auto began = SteadyClock::now();
    std::jthread stopper([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
      stop.request_stop();
    });
    const DeliveryOutcome outcome = send(server, stop.get_token());
    EXPECT_EQ(outcome.kind, Kind::again);
    EXPECT_THAT(outcome.reason, HasSubstr("stopped before"));
    EXPECT_LT(SteadyClock::now() - began, std::chrono::seconds(10)) << command;
  }
}

TEST(Smtp, EveryKindOfReplyHasItsMeaning) {
  EXPECT_EQ(meaning_of_reply(550, true), Kind::never);
  EXPECT_EQ(meaning_of_reply(554, false), Kind::again) << "a greeting";
  EXPECT_EQ(meaning_of_reply(450, true), Kind::again);
  EXPECT_EQ(meaning_of_reply(0, true), Kind::again);
  EXPECT_EQ(meaning_of_reply(600, true), Kind::again);
  for (const int about_us : {530, 534, 535, 538}) EXPECT_EQ(meaning_of_reply(about_us, true), Kind::again);
}

TEST(Smtp, RequiredTlsIsNotDoneWithout) {
  SmtpServerOfTest server;
  SmtpServer options = at(server.url());
  options.tls = SmtpServer::Tls::required;
  const DeliveryOutcome outcome = SmtpClient(options).send("ada@example.com", kText, {});
  EXPECT_EQ(outcome.kind, Kind::again);
  EXPECT_THAT(server.messages(), IsEmpty());
}

// -- credentials
// --------------------------------------------------------------------------------------------------------

std::string credentials(const TempDir& dir, const std::string& text, mode_t mode = 0600) {
  const std::string path = dir / "credentials";
  testing::write_file(path, text);
  EXPECT_EQ(::chmod(path.c_str(), mode), 0);
  return path;
}

TEST(SmtpCredentials, AreTheTwoLinesOfAFile) {
  const TempDir dir;
  for (const char* text : {"ada\nsecret word\n", "ada\nsecret word", "ada\r\nsecret word\r\n"}) {
    const auto read = read_credentials(credentials(dir, text));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->user, "ada");
    EXPECT_EQ(read->password, "secret word");
  }
  for (const char* text : {"", "ada", "ada\n", "\nsecret", "ada\nsecret\nmore"})
    EXPECT_FALSE(read_credentials(credentials(dir, text))) << text;
  EXPECT_FALSE(read_credentials(credentials(dir, std::string("a\0b\nc\n", 6))));
}

TEST(SmtpCredentials, FileThatOthersMayUseIsRefused) {
  const TempDir dir;
  for (const mode_t mode : {0640, 0604, 0620, 0666}) {
    const auto read = read_credentials(credentials(dir, "ada\nsecret\n", mode));
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, ErrorCode::config);
    EXPECT_THAT(read.error().message, HasSubstr("others"));
    EXPECT_THAT(read.error().message, Not(HasSubstr("secret")));
  }
  ASSERT_EQ(::symlink(credentials(dir, "ada\nsecret\n").c_str(), (dir / "link").c_str()), 0);
  EXPECT_FALSE(read_credentials(dir / "link"));
  EXPECT_FALSE(read_credentials(dir.path())) << "a folder";
  EXPECT_FALSE(read_credentials(dir / "absent"));
  if (::geteuid() != 0) return;
  ASSERT_EQ(::chown((dir / "credentials").c_str(), 65534, 65534), 0);
  EXPECT_THAT(read_credentials(dir / "credentials").error().message, HasSubstr("belongs to user 65534"));
}

TEST(SmtpCredentials, AreNeverSentInTheClear) {
  const TempDir dir;
  for (const auto tls : {SmtpServer::Tls::if_offered, SmtpServer::Tls::required, SmtpServer::Tls::off}) {
    SmtpServerOfTest server({{"EHLO", "250-test\r\n250 AUTH PLAIN LOGIN"}});
    SmtpServer options = at(server.url());
    options.tls = tls;
    options.credentials_file = credentials(dir, "ada\nsecret\n");
    const DeliveryOutcome outcome = SmtpClient(options).send("ada@example.com", kText, {});
    EXPECT_EQ(outcome.kind, Kind::again) << outcome.reason;
    EXPECT_TRUE(outcome.unreachable);
    EXPECT_THAT(server.commands(), Not(Contains(StartsWith("AUTH"))));
    EXPECT_THAT(server.messages(), IsEmpty());
  }
}

// -- the outbox by SMTP
// -------------------------------------------------------------------------------------------------

class SmtpOutboxTest : public LedgerTest {
 protected:
  void SetUp() override {
    LedgerTest::SetUp();
    set("PoisonThreshold", "0");
    set("Mapiguard\\SMTP TLS", "off");
  }
  void use(const SmtpServerOfTest& server) { set("NDR Transport", server.url()); }
  void block(int count) {
    for (int i = 0; i < count; ++i, ++made_)
      die("poison " + std::to_string(made_), DeathClass::crashed, false,
          envelope_from("ada" + std::to_string(made_) + "@example.com"));
  }
  unsigned in_state(const std::string& state) {
    unsigned count = 0;
    const auto rows = ledger_->ndrs();
    EXPECT_TRUE(rows);
    for (const NdrRow& row : *rows) count += row.state == state;
    return count;
  }
  int made_ = 0;
};

TEST_F(SmtpOutboxTest, ServerThatIsDownForAWhileGetsEachReportOnce) {
  std::string url;
  { url = SmtpServerOfTest().url(); }
  set("NDR Transport", url);
  block(5);
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(ledger_->deliver_outbox());
    EXPECT_EQ(in_state("queued"), 5u);
    clock_.advance_seconds(3601);
  }
  SmtpServerOfTest server;
  use(server);
  ASSERT_TRUE(ledger_->deliver_outbox());
  ASSERT_TRUE(ledger_->deliver_outbox());
  EXPECT_EQ(in_state("delivered"), 5u);
  EXPECT_THAT(server.messages(), SizeIs(5));
  EXPECT_THAT(events(506), IsEmpty());
}

TEST_F(SmtpOutboxTest, ServerOutOfReachIsAskedOnceAPass) {
  SmtpServerOfTest server({{"", "421 later"}});
  use(server);
  block(8);
  ASSERT_TRUE(ledger_->deliver_outbox());
  EXPECT_EQ(server.connections(), 1u);
  const auto rows = ledger_->ndrs();
  for (const NdrRow& row : *rows) EXPECT_THAT(row.last_error, HasSubstr("421 later"));
}

TEST_F(SmtpOutboxTest, RefusedReportIsGivenUpAndTheOthersGoOut) {
  SmtpServerOfTest server({{"RCPT", "550 5.1.1 no such user"}});
  use(server);
  block(1);
  ASSERT_TRUE(ledger_->deliver_outbox());
  EXPECT_EQ(in_state("failed"), 1u);
  ASSERT_THAT(events(506), SizeIs(1));
  EXPECT_THAT(events(506)[0].text, HasSubstr("550 5.1.1 no such user"));
  server.set_script({});
  block(1);
  ASSERT_TRUE(ledger_->deliver_outbox());
  clock_.advance_seconds(100'000);
  ASSERT_TRUE(ledger_->deliver_outbox());
  EXPECT_EQ(in_state("delivered"), 1u);
  EXPECT_THAT(server.messages(), SizeIs(1));
}

TEST_F(SmtpOutboxTest, ReportThatIsTriedTwiceHasTheSameBytes) {
  SmtpServerOfTest server({{".", "close"}});  // accepted perhaps, and we do not hear it
  use(server);
  block(1);
  ASSERT_TRUE(ledger_->deliver_outbox());
  server.set_script({});
  clock_.advance_seconds(3600);
  ASSERT_TRUE(ledger_->deliver_outbox());
  const auto messages = server.messages();
  ASSERT_THAT(messages, SizeIs(2));
  EXPECT_EQ(messages[0], messages[1]);
  EXPECT_THAT(messages[0], HasSubstr("Message-Id: <ndr."));
  EXPECT_THAT(messages[0], HasSubstr("Auto-Submitted: auto-replied\r\n"));
  EXPECT_THAT(messages[0], Not(StartsWith("Return-Path")));
}

// Whoever calls deliver_outbox_soon() is back at once, whatever the server does; the ledger's end waits for the
// delivery.
TEST_F(SmtpOutboxTest, DeliveryBesideTheConversionsHoldsNobodyUp) {
  SmtpServerOfTest server({{"RCPT", "hang"}});
  use(server);
  block(1);
  const auto began = SteadyClock::now();
  ASSERT_TRUE(ledger_->deliver_outbox_soon());
  EXPECT_LT(SteadyClock::now() - began, std::chrono::seconds(2));
  for (int i = 0; i < 500 && server.connections() == 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(server.connections(), 1u);
  ledger_.reset();  // the grace of 15 s, then the try is stopped
  EXPECT_LT(SteadyClock::now() - began, std::chrono::seconds(40));
  reopen();
  EXPECT_EQ(in_state("queued"), 1u);
  server.set_script({});
  ASSERT_TRUE(ledger_->deliver_outbox_soon()) << "due at once: the try that was stopped is none";
  ledger_.reset();
  EXPECT_THAT(server.messages(), SizeIs(1));
  reopen();
  EXPECT_EQ(in_state("delivered"), 1u);
}

}  // namespace
}  // namespace mapiguard
