// The oracles of the fuzz targets must see what they are there for: each rule broken once.
#include "fuzz/oracles.h"

#include <gmime/gmime.h>
#include <gtest/gtest.h>
#include <mapiguard/convert.h>

#include "base/bytes.h"
#include "base/env.h"

namespace mapiguard::fuzzing {
namespace {

std::string leaf(const std::string& fields, const std::string& body) { return fields + "\r\n" + body; }

std::string mixed(const std::string& inside) {
  return "From: a@example.org\r\nContent-Type: multipart/mixed; boundary=\"b1\"\r\n\r\n" + inside;
}

std::string strictly(const std::string& mail) { return strict_problem(mail, Original{}); }

TEST(StrictOracle, SoundMailsPass) {
  EXPECT_EQ(strictly(leaf("From: a@example.org\r\nSubject: a\r\n b\r\n", "text\r\n")), "");
  EXPECT_EQ(strictly(mixed(
                "--b1\r\n\r\ntext\r\n--b1\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\ny\r\n--b1--\r\n")),
            "");
}

TEST(StrictOracle, LineAndHeaderFaultsAreSeen) {
  EXPECT_NE(strictly("Subject: x\r\n"), "") << "no blank line";
  EXPECT_NE(strictly(leaf(" folded: x\r\n", "")), "");
  EXPECT_NE(strictly(leaf("Subject: x\r\n \r\n", "")), "") << "a fold of blanks alone";
  EXPECT_NE(strictly(leaf("Subject: \xC3\xA4\r\n", "")), "");
  EXPECT_NE(strictly(leaf("no field name\r\n", "")), "");
  EXPECT_NE(strictly(leaf("Subject: 1\r\nsubject: 2\r\n", "")), "");
  EXPECT_NE(strictly(leaf("Subject: " + std::string(990, 'x') + "\r\n", "")), "");
  EXPECT_NE(strictly(leaf("Subject: x\r\n", "bare\nline feed\r\n")), "");
  EXPECT_NE(strictly(leaf("Subject: x\r\n", "bare\rreturn\r\n")), "");
  EXPECT_NE(strictly(leaf("Subject: x\r\n", std::string(999, 'x') + "\r\n")), "");
}

TEST(StrictOracle, ParameterFaultsAreSeen) {
  EXPECT_NE(strictly(leaf("Content-Type: text\r\n", "")), "");
  EXPECT_NE(strictly(leaf("Content-Type: text/plain; name=\"open\r\n", "")), "");
  EXPECT_NE(strictly(leaf("Content-Type: text/plain; name=a b\r\n", "")), "");
  EXPECT_NE(strictly(leaf("Content-Type: text/plain; a=1; A=2\r\n", "")), "");
  EXPECT_NE(strictly(leaf("Content-Disposition: attachment; =x\r\n", "")), "");
}

TEST(StrictOracle, BoundaryFaultsAreSeen) {
  EXPECT_NE(strictly(leaf("Content-Type: multipart/mixed\r\n", "--b1\r\n")), "");
  EXPECT_NE(strictly(mixed("--b1\r\n\r\ntext\r\n")), "") << "not closed";
  EXPECT_NE(strictly(mixed("text\r\n--b1\r\n\r\ntext\r\n--b1--\r\n")), "") << "preamble";
  EXPECT_NE(strictly(mixed("--b1\r\n\r\ntext\r\n--b1--\r\nepilogue\r\n")), "");
  EXPECT_NE(strictly(mixed("--b1\r\n\r\n--b1 in the text\r\n--b1--\r\n")), "");
  EXPECT_NE(strictly(mixed("--b1\r\nContent-Type: text/plain\r\n--b1--\r\n")), "") << "no blank line in a part";
  EXPECT_NE(strictly(mixed("--b1\r\n--b1--\r\n")), "") << "a part of nothing";
}

TEST(StrictOracle, TransferEncodingFaultsAreSeen) {
  const auto encoded = [](const std::string& name, const std::string& body) {
    return strictly(leaf("Content-Transfer-Encoding: " + name + "\r\n", body));
  };
  EXPECT_EQ(encoded("base64", "QUJD\r\nQQ==\r\n"), "");
  EXPECT_NE(encoded("base64", "QUJ\r\n"), "");
  EXPECT_NE(encoded("base64", "QU-D\r\n"), "");
  EXPECT_NE(encoded("base64", "QQ==QUJD\r\n"), "");
  EXPECT_EQ(encoded("quoted-printable", "a=C3=A4=\r\nb\r\n"), "");
  EXPECT_NE(encoded("quoted-printable", "a=c3\r\n"), "");
  EXPECT_NE(encoded("quoted-printable", "a \r\n"), "");
  EXPECT_NE(encoded("quoted-printable", std::string(77, 'x') + "\r\n"), "");
  EXPECT_NE(encoded("7bit", "\xC3\xA4\r\n"), "");
  EXPECT_NE(encoded("x-unknown", "\r\n"), "");
  EXPECT_NE(strictly(mixed("--b1\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\xC3\xA4\r\n--b1--\r\n")), "")
      << "8bit inside 7bit";
}

TEST(ReadBackOracle, WarningsOfGMimeAreTold) {
  g_mime_init();
  EXPECT_EQ(read_back(leaf("From: a@example.org\r\n", "x\r\n"), {}).problem, "");
  EXPECT_NE(read_back(leaf("Content-Type: multipart/mixed\r\n", "x\r\n"), {}).problem, "");
}

class SampleWithFile : public ::testing::Test {
 protected:
  void SetUp() override {
    prepare_converter();
    const auto file = read_whole(posix_env(), MAPIGUARD_SOURCE_DIR "/corpus/samples/" + std::string(kSample), 1 << 20);
    ASSERT_TRUE(file) << file.error().message;
    input_ = *file;
    StringSink sink(mail_);
    auto report = convert(as_bytes(input_), {}, sink);
    ASSERT_TRUE(report);
    report_ = std::move(*report);
    original_ = read_original(as_bytes(input_), {}, report_);
    ASSERT_FALSE(original_.files.empty());
  }
  std::string problem_of(const std::string& mail) {
    return attachment_problem(mail, read_back(mail, original_), original_, report_);
  }
  static constexpr const char* kSample = "attachment-binary.msg";
  std::string input_, mail_;
  Report report_;
  Original original_;
};

TEST_F(SampleWithFile, OutputOfTheConverterPassesAll) {
  EXPECT_EQ(strict_problem(mail_, original_), "");
  EXPECT_EQ(read_back(mail_, original_).problem, "");
  EXPECT_EQ(problem_of(mail_), "");
}

TEST_F(SampleWithFile, OneChangedByteOfAnAttachmentIsSeen) {
  const std::size_t encoding = mail_.rfind("Content-Transfer-Encoding: base64");
  ASSERT_NE(encoding, mail_.npos);
  const std::size_t content = mail_.find("\r\n\r\n", encoding) + 4;
  std::string changed = mail_;
  changed[content] = changed[content] == 'A' ? 'B' : 'A';
  EXPECT_NE(problem_of(changed), "");
}

TEST_F(SampleWithFile, DefectThatNamesTheAttachmentExcusesIt) {
  const std::string nothing = leaf("From: a@example.org\r\n", "x\r\n");
  EXPECT_NE(problem_of(nothing), "");
  for (const Original::File& file : original_.files)
    report_.defects.push_back({Severity::loss, file.where, "this and the following are left out"});
  EXPECT_EQ(problem_of(nothing), "");
}

TEST(Allocations, AreCountedWhileTheyAreMetered) {
  begin_metering();
  { const std::string large(100'000, 'x'); }
  const Allocations spent = end_metering();
  EXPECT_GE(spent.count, 1u);
  EXPECT_GE(spent.peak_bytes, 100'000u);
  EXPECT_LT(spent.peak_bytes, 200'000u);
}

}  // namespace
}  // namespace mapiguard::fuzzing
