#include "guardian/wire.h"

#include <gtest/gtest.h>

#include <random>

#include "base/text.h"
#include "guardian/limits.h"

namespace mapiguard {
namespace {

Reply sample_reply() {
  Reply reply;
  reply.sequence = 77;
  reply.output_bytes = 12345;
  Report report;
  report.kind = InputKind::tnef;
  report.message_id = "<id@example.org>";
  report.defects = {{Severity::info, "attachment[2]/0x37010102", "odd"}, {Severity::loss, "", "verloren: Grüße"}};
  report.defects_dropped = 3;
  reply.answer = report;
  return reply;
}

Parsed<Reply> reparsed(const Reply& reply) {
  const std::string packet = serialize(reply);
  return parse_reply(as_bytes(packet));
}

TEST(Wire, AReplyComesBackAsItWasSent) {
  const auto back = reparsed(sample_reply());
  ASSERT_TRUE(back) << back.error();
  EXPECT_EQ(back->sequence, 77u);
  EXPECT_EQ(back->output_bytes, 12345u);
  EXPECT_EQ(back->answer->kind, InputKind::tnef);
  EXPECT_EQ(back->answer->message_id, "<id@example.org>");
  EXPECT_EQ(back->answer->defects, sample_reply().answer->defects);
  EXPECT_EQ(back->answer->defects_dropped, 3u);
}

TEST(Wire, AnErrorComesBackAsItWasSent) {
  Reply reply;
  reply.answer = fail(ErrorCode::not_a_message, "no message", "look again");
  const auto back = reparsed(reply);
  ASSERT_TRUE(back) << back.error();
  ASSERT_FALSE(back->answer);
  EXPECT_EQ(back->answer.error().code, ErrorCode::not_a_message);
  EXPECT_EQ(back->answer.error().hint, "look again");
}

TEST(Wire, AWorkerHasNoOtherErrors) {
  for (const ErrorCode code : {ErrorCode::usage, ErrorCode::blocked, ErrorCode::internal, ErrorCode::try_again, ErrorCode::config}) {
    Reply reply;
    reply.answer = fail(code, "lie");
    EXPECT_FALSE(reparsed(reply));
  }
}

TEST(Wire, EveryCutOfAReplyIsRefused) {
  const std::string packet = serialize(sample_reply());
  for (std::size_t length = 0; length < packet.size(); ++length) EXPECT_FALSE(parse_reply(as_bytes(packet).first(length))) << length;
}

TEST(Wire, BytesAfterTheEndAreRefused) { EXPECT_FALSE(parse_reply(as_bytes(serialize(sample_reply()) + "x"))); }

TEST(Wire, OneChangedByteNeverGivesTextThatIsNotUtf8) {
  const std::string packet = serialize(sample_reply());
  for (std::size_t at = 0; at < packet.size(); ++at)
    for (const int value : {0x00, 0x01, 0x7F, 0x80, 0xFF}) {
      std::string changed = packet;
      changed[at] = static_cast<char>(value);
      const auto back = parse_reply(as_bytes(changed));
      if (!back || !back->answer) continue;
      for (const Defect& defect : back->answer->defects) EXPECT_TRUE(is_utf8(defect.where) && is_utf8(defect.what));
    }
}

TEST(Wire, ATextWithNulIsRefused) {
  std::string packet = serialize(sample_reply());
  packet[packet.find("<id@")] = '\0';
  EXPECT_FALSE(parse_reply(as_bytes(packet)));
}

TEST(Wire, AnHonestWorkersOddTextsAreMadeToFit) {
  Reply reply = sample_reply();
  reply.answer->message_id = std::string("a\0b\xFF", 4);
  reply.answer->defects[0].what = std::string(2 * kMaxDefectText, '\xC3');
  const auto back = reparsed(reply);
  ASSERT_TRUE(back) << back.error();
  EXPECT_EQ(back->answer->message_id, "a\xEF\xBF\xBD" "b\xEF\xBF\xBD");
  EXPECT_LE(back->answer->defects[0].what.size(), kMaxDefectText);
}

TEST(Wire, ATextIsNotCutInsideACharacter) {
  Reply reply = sample_reply();
  for (std::size_t length = kMaxDefectText - 3; length <= kMaxDefectText; ++length) {
    reply.answer->defects[0].what = std::string(length, 'x') + "€€";
    EXPECT_TRUE(reparsed(reply)) << length;
  }
}

TEST(Wire, DefectsThatDoNotFitAreCounted) {
  Reply reply = sample_reply();
  reply.answer->defects.assign(100'000, {Severity::loss, "where", "what"});
  const auto back = reparsed(reply);
  ASSERT_TRUE(back) << back.error();
  EXPECT_GT(back->answer->defects.size(), 1000u);
  EXPECT_EQ(back->answer->defects.size() + back->answer->defects_dropped, 100'003u);
}

TEST(Wire, AnAssignmentComesBackAsItWasSent) {
  Assignment assignment;
  assignment.sequence = 5;
  assignment.input_bytes = 1ull << 40;
  assignment.output_limit = 99;
  assignment.last = true;
  assignment.options.format = OutputFormat::json;
  assignment.options.keep_tnef = true;
  assignment.options.imcea_domain = "example.org";
  assignment.options.limits.max_depth = 3;
  assignment.options.limits.min_steps = 17;
  const std::string packet = serialize(assignment);
  const auto back = parse_assignment(as_bytes(packet));
  ASSERT_TRUE(back) << back.error();
  EXPECT_EQ(back->input_bytes, 1ull << 40);
  EXPECT_TRUE(back->last && back->options.keep_tnef);
  EXPECT_EQ(back->options.format, OutputFormat::json);
  EXPECT_EQ(back->options.imcea_domain, "example.org");
  EXPECT_EQ(back->options.limits.max_depth, 3u);
  EXPECT_EQ(back->options.limits.min_steps, 17u);
}

TEST(Wire, NewsOrdersAndCommandRepliesComeBackAsTheyWereSent) {
  NurseryNews news;
  news.kind = NurseryNews::Kind::died;
  news.worker = 9;
  news.status = 11;
  news.layers = {{"seccomp", true, "allowlist"}};
  const std::string news_packet = serialize(news);
  const auto news_back = parse_news(as_bytes(news_packet));
  ASSERT_TRUE(news_back) << news_back.error();
  EXPECT_EQ(news_back->status, 11);
  EXPECT_EQ(news_back->layers.at(0).detail, "allowlist");

  NurseryOrder order;
  order.command = {"sh", "-c", "cat"};
  order.environment = {"PATH=/bin"};
  const std::string order_packet = serialize(order);
  const auto order_back = parse_order(as_bytes(order_packet));
  ASSERT_TRUE(order_back) << order_back.error();
  EXPECT_EQ(order_back->command, order.command);

  CommandReply reply;
  reply.wait_status = 139;
  reply.stderr_tail = std::string(5000, 'a') + "\xFF\0end";
  const std::string reply_packet = serialize(reply);
  const auto reply_back = parse_command_reply(as_bytes(reply_packet));
  ASSERT_TRUE(reply_back) << reply_back.error();
  EXPECT_EQ(reply_back->wait_status, 139);
  EXPECT_EQ(reply_back->stderr_tail.size(), kStderrTail);
}

TEST(Wire, NoPacketIsTakenForAnother) {
  const std::string packets[] = {serialize(Assignment{}), serialize(Reply{}), serialize(CommandReply{}), serialize(NurseryOrder{}),
                                 serialize(NurseryNews{})};
  for (const std::string& packet : packets) {
    const Bytes bytes = as_bytes(packet);
    const int taken = parse_assignment(bytes).has_value() + parse_reply(bytes).has_value() + parse_command_reply(bytes).has_value() +
                      parse_order(bytes).has_value() + parse_news(bytes).has_value();
    EXPECT_EQ(taken, 1);
  }
}

TEST(Wire, NoiseIsRefused) {
  std::mt19937 random(1);
  for (int i = 0; i < 20'000; ++i) {
    std::string noise(random() % 200, '\0');
    for (char& c : noise) c = static_cast<char>(random());
    EXPECT_FALSE(parse_reply(as_bytes(noise)));
  }
}

}  // namespace
}  // namespace mapiguard
