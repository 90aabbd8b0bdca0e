#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "converter/read/read.h"
#include "tests/support/msg_builder.h"
#include "tests/support/tnef_builder.h"

namespace mapiguard {
namespace {

using namespace mapiguard::testing;

InputKind kind_of(std::string_view text) { return detect(as_bytes(text)); }

TEST(Detect, CompoundFileIsMsg) { EXPECT_EQ(kind_of(MsgBuilder().build()), InputKind::msg); }

TEST(Detect, EightBytesOfTheCompoundFileSignatureAreMsg) {
  EXPECT_EQ(kind_of("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), InputKind::msg);
}

TEST(Detect, SevenBytesOfItAreUnknown) { EXPECT_EQ(kind_of("\xD0\xCF\x11\xE0\xA1\xB1\x1A"), InputKind::unknown); }

TEST(Detect, DamagedSignatureIsStillMsg) {
  std::string file = MsgBuilder().build();
  file[1] = 'x';
  file[5] = 'y';
  EXPECT_EQ(kind_of(file), InputKind::msg);
}

TEST(Detect, TnefSignatureIsTnefWhateverTheKey) {
  EXPECT_EQ(kind_of(TnefBuilder().key(0).build()), InputKind::tnef);
  EXPECT_EQ(kind_of(std::string("\x78\x9F\x3E\x22", 4)), InputKind::tnef);
}

TEST(Detect, TnefWithADamagedSignatureIsTnef) {
  std::string file = TnefBuilder().oem_codepage(1252).text(att::kSubject, "x").build();
  file[3] = '\x32';
  EXPECT_EQ(kind_of(file), InputKind::tnef);
}

TEST(Detect, TnefWithOneWrongByteInItsSignatureIsTnefWhateverFollows) {
  EXPECT_EQ(kind_of("\x78\x9F\x40\x22" + std::string(40, 'x')), InputKind::tnef);
  EXPECT_EQ(kind_of("\x78\x9F\x40\x23" + std::string(40, 'x')), InputKind::unknown);
}

TEST(Detect, HeaderLinesAreMime) {
  EXPECT_EQ(kind_of("From: a@example.org\r\nSubject: x\r\n\r\nbody"), InputKind::mime);
  EXPECT_EQ(kind_of("Received: from x\n by y;\n\tMon, 1 Jan 2024\nSubject: x\n\nbody"), InputKind::mime);
  EXPECT_EQ(kind_of("subject: only a header"), InputKind::mime);
  EXPECT_EQ(kind_of("X-Anything: 1\r\n\r\n"), InputKind::mime);
}

TEST(Detect, MboxLineByteOrderMarkAndBlankLinesBeforeAMailAreAllowed) {
  EXPECT_EQ(kind_of("From ada@example.org Mon Jan  1 00:00:00 2024\nSubject: x\n\n"), InputKind::mime);
  EXPECT_EQ(kind_of("\xEF\xBB\xBFSubject: x\n\n"), InputKind::mime);
  EXPECT_EQ(kind_of("\r\n\r\nSubject: x\r\n\r\n"), InputKind::mime);
}

TEST(Detect, MailWithALineThatIsNoHeaderAfterTwoKnownOnesIsMime) {
  EXPECT_EQ(kind_of("From: a@example.org\nTo: b@example.org\nthis is no header\nSubject: x\n\n"), InputKind::mime);
}

TEST(Detect, PlainTextIsUnknown) {
  EXPECT_EQ(kind_of("Just some text.\nAnd more.\n"), InputKind::unknown);
  EXPECT_EQ(kind_of("Note: this is a list\nof things.\n"), InputKind::unknown);
  EXPECT_EQ(kind_of("https://example.org/\n"), InputKind::unknown);
  EXPECT_EQ(kind_of("Dear Ada,\n\nFrom: is a word.\n"), InputKind::unknown);
  EXPECT_EQ(kind_of("From here on all is text.\n"), InputKind::unknown);
  EXPECT_EQ(kind_of(": no name\n\n"), InputKind::unknown);
}

TEST(Detect, NothingAndBlankLinesAreUnknown) {
  EXPECT_EQ(kind_of(""), InputKind::unknown);
  EXPECT_EQ(kind_of("\n\n\n\n\n\n\n\n\n\n\n\n"), InputKind::unknown);
  EXPECT_EQ(kind_of(std::string(100, '\0')), InputKind::unknown);
}

TEST(Detect, OtherFilesAreUnknown) {
  EXPECT_EQ(kind_of("%PDF-1.7\n"), InputKind::unknown);
  EXPECT_EQ(kind_of("PK\x03\x04"), InputKind::unknown);
  EXPECT_EQ(kind_of("{\"from\": \"a\"}"), InputKind::unknown);
}

}  // namespace
}  // namespace mapiguard
