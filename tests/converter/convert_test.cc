#include <mapiguard/convert.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/bytes.h"
#include "tests/converter/mime/mail_reader.h"
#include "tests/support/msg_builder.h"
#include "tests/support/tnef_builder.h"

namespace mapiguard {
namespace {

using ::testing::HasSubstr;
using testing::MsgAttachment;
using testing::MsgBuilder;
using testing::ReadMail;
using testing::smtp_recipient;
using testing::TnefAttachment;
using testing::TnefBuilder;
using testing::wire_faults;

class Prepared : public ::testing::Environment {
  void SetUp() override { prepare_converter(); }
};
const auto* const kPrepared = ::testing::AddGlobalTestEnvironment(new Prepared);

struct Converted {
  Result<Report> report;
  std::string out;
};
Converted converted(std::string_view input, const ConvertOptions& options = {}) {
  Converted result{{}, {}};
  StringSink sink(result.out);
  result.report = convert(as_bytes(input), options, sink);
  return result;
}

std::string sample_msg() {
  return MsgBuilder()
      .unicode(0x0037, "Grüße")
      .unicode(0x1000, "Hello\r\n")
      .unicode(0x1035, "<id@example.org>")
      .unicode(0x0C1A, "Ada")
      .unicode(0x5D01, "ada@example.org")
      .recipient(smtp_recipient("Grace", "grace@example.org"))
      .attachment("a.txt", "bytes")
      .embedded(MsgBuilder().unicode(0x0037, "Inner").unicode(0x1000, "Inner body"))
      .build();
}

TEST(Convert, MsgBecomesAMail) {
  const Converted result = converted(sample_msg());
  ASSERT_TRUE(result.report);
  EXPECT_EQ(result.report->kind, InputKind::msg);
  EXPECT_EQ(result.report->message_id, "<id@example.org>");
  EXPECT_EQ(wire_faults(result.out), "");
  const ReadMail mail(result.out);
  EXPECT_EQ(mail.header("Subject"), "Grüße");
  EXPECT_EQ(mail.header("From"), "Ada <ada@example.org>");
  EXPECT_EQ(mail.header("To"), "Grace <grace@example.org>");
  EXPECT_EQ(mail.tree(), "mixed(text/plain,text/plain,message/rfc822)");
}

TEST(Convert, TnefBecomesAMail) {
  const Converted result =
      converted(TnefBuilder().unicode(0x0037, "Lunch").unicode(0x1000, "Hello").attachment("a.txt", "bytes").build());
  ASSERT_TRUE(result.report);
  EXPECT_EQ(result.report->kind, InputKind::tnef);
  const ReadMail mail(result.out);
  EXPECT_EQ(mail.header("Subject"), "Lunch");
  EXPECT_EQ(mail.tree(), "mixed(text/plain,text/plain)");
}

TEST(Convert, WhatIsNoMessageIsRefused) {
  for (const std::string& input :
       {std::string(), std::string("hello"), std::string(100, '\0'), std::string("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")}) {
    const Converted result = converted(input);
    ASSERT_FALSE(result.report);
    EXPECT_EQ(result.report.error().code, ErrorCode::not_a_message);
    EXPECT_EQ(result.out, "");
  }
}

TEST(Convert, JsonIsAnObject) {
  ConvertOptions options;
  options.format = OutputFormat::json;
  const Converted result = converted(sample_msg(), options);
  ASSERT_TRUE(result.report);
  EXPECT_THAT(result.out, HasSubstr("\"name\":\"PidTagSubject\",\"type\":\"PtypString\",\"value\":\"Grüße\""));
}

TEST(Convert, SinkThatRefusesIsAnIoError) {
  class Full final : public OutputSink {
    bool write(std::span<const std::byte>) override { return false; }
  } full;
  const auto report = convert(as_bytes(sample_msg()), {}, full);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::io);
}

TEST(Convert, ThreadsGetTheSameBytes) {
  const std::string input = sample_msg(), expected = converted(input).out;
  std::vector<std::string> outputs(4);
  std::vector<std::thread> threads;
  for (std::string& out : outputs) threads.emplace_back([&] { out = converted(input).out; });
  for (std::thread& thread : threads) thread.join();
  for (const std::string& out : outputs) EXPECT_EQ(out, expected);
}

TEST(Convert, EveryTruncationIsSurvived) {
  const std::string whole = sample_msg();
  for (std::size_t size = 0; size < whole.size(); size += 37) {
    const Converted result = converted(std::string_view(whole).substr(0, size));
    EXPECT_EQ(wire_faults(result.out), "") << size;
  }
}

// Real messages, where the environment says they are. Nothing dies, what is accepted is fit for the wire, twice gives
// the same.
TEST(Convert, RealMessagesAreFitForTheWire) {
  const char* folder = std::getenv("MAPIGUARD_CORPUS");
  if (!folder) GTEST_SKIP() << "MAPIGUARD_CORPUS names no folder of real messages";
  std::size_t accepted = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file() || entry.file_size() > (16u << 20)) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(in)), {});
    const Converted result = converted(bytes);
    if (!result.report || result.report->kind == InputKind::mime) continue;
    ++accepted;
    EXPECT_EQ(wire_faults(result.out), "") << entry.path();
    EXPECT_EQ(result.out, converted(bytes).out) << entry.path();
    EXPECT_TRUE(ReadMail(result.out)) << entry.path();
  }
  EXPECT_GT(accepted, 0u);
}

}  // namespace
}  // namespace mapiguard
