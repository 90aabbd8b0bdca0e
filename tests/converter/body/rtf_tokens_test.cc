#include "converter/body/rtf_tokens.h"

#include <gtest/gtest.h>

#include "converter/body/rtf.h"

namespace mapiguard {
namespace {

using namespace std::string_view_literals;

using Kind = RtfToken::Kind;

RtfToken first(std::string_view rtf) { return RtfTokenizer(rtf).next(); }

TEST(RtfTokens, BracesTextAndWordsAreToldApart) {
  RtfTokenizer tokens("{\\b1 bold\\b0}");
  EXPECT_EQ(tokens.next().kind, Kind::open);
  RtfToken token = tokens.next();
  EXPECT_EQ(token.kind, Kind::word);
  EXPECT_EQ(token.row->word, RtfWord::b);
  EXPECT_EQ(token.number, 1);
  token = tokens.next();
  EXPECT_EQ(token.kind, Kind::text);
  EXPECT_EQ(token.text, "bold");
  token = tokens.next();
  EXPECT_TRUE(token.has_number);
  EXPECT_EQ(token.number, 0);
  EXPECT_EQ(tokens.next().kind, Kind::close);
  EXPECT_EQ(tokens.next().kind, Kind::end);
}

TEST(RtfTokens, OnlyOneBlankIsTheDelimiter) {
  RtfTokenizer tokens("\\tab  x");
  tokens.next();
  EXPECT_EQ(tokens.next().text, " x");
}

TEST(RtfTokens, NumberMayBeNegative) { EXPECT_EQ(first("\\u-10179 ?").number, -10179); }

TEST(RtfTokens, HyphenWithoutDigitsIsText) {
  RtfTokenizer tokens("\\tab-x");
  EXPECT_FALSE(tokens.next().has_number);
  EXPECT_EQ(tokens.next().text, "-x");
}

TEST(RtfTokens, HugeNumberDoesNotOverflow) { EXPECT_GT(first("\\fs99999999999999999999").number, 0); }

TEST(RtfTokens, UnknownWordIsAWordWithoutMeaning) {
  const RtfToken token = first("\\abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz7 x");
  EXPECT_EQ(token.kind, Kind::word);
  EXPECT_EQ(token.row->role, RtfRole::unknown);
}

TEST(RtfTokens, WordsAreCaseSensitive) { EXPECT_EQ(first("\\PAR").row->role, RtfRole::unknown); }

TEST(RtfTokens, LongWordsThatBeginAlikeAreToldApart) {
  EXPECT_EQ(first("\\picscalex").row->word, RtfWord::picscalex);
  EXPECT_EQ(first("\\picscaley").row->word, RtfWord::picscaley);
  EXPECT_EQ(first("\\picscale").row->role, RtfRole::unknown);
  EXPECT_EQ(first("\\htmlrtf").row->word, RtfWord::htmlrtf);
  EXPECT_EQ(first("\\htmltag64 x").row->word, RtfWord::htmltag);
}

TEST(RtfTokens, HexadecimalByteIsRead) {
  const RtfToken token = first("\\'e9");
  EXPECT_EQ(token.kind, Kind::hex);
  EXPECT_EQ(token.value, 0xE9);
}

TEST(RtfTokens, BrokenHexadecimalByteIsNoByte) {
  for (const char* rtf : {"\\'", "\\'g0", "\\'4", "\\'4g"}) EXPECT_EQ(first(rtf).kind, Kind::symbol) << rtf;
}

TEST(RtfTokens, BackslashBeforeALineEndIsAParagraph) {
  for (const char* rtf : {"\\\r\n", "\\\n", "\\\r"}) EXPECT_EQ(first(rtf).row->word, RtfWord::par) << rtf;
}

TEST(RtfTokens, LineEndsAndNulsAreNoText) {
  RtfTokenizer tokens("a\r\n\0b"sv);
  EXPECT_EQ(tokens.next().text, "a");
  EXPECT_EQ(tokens.next().text, "b");
}

TEST(RtfTokens, BinaryDataIsSteppedOver) {
  RtfTokenizer tokens("\\bin5 }{\\}x}");
  const RtfToken token = tokens.next();
  EXPECT_EQ(token.row->word, RtfWord::bin);
  EXPECT_EQ(token.text, "}{\\}x");
  EXPECT_EQ(tokens.next().kind, Kind::close);
}

TEST(RtfTokens, BinaryLengthThatLiesEndsWithTheInput) {
  RtfTokenizer tokens("\\bin999999999 abc");
  EXPECT_EQ(tokens.next().text, "abc");
  EXPECT_EQ(tokens.next().kind, Kind::end);
  EXPECT_EQ(first("\\bin-5 abc").text, "");
}

TEST(RtfTokens, LoneBackslashAtTheEndEnds) { EXPECT_EQ(first("\\").kind, Kind::end); }

TEST(RtfTokens, GroupIsSkippedToItsOwnBrace) {
  RtfTokenizer tokens("{a{b\\}c}\\bin2 }}d}e");
  tokens.next();
  tokens.skip_to_group_end();
  EXPECT_EQ(tokens.next().kind, Kind::close);
  EXPECT_EQ(tokens.next().text, "e");
}

TEST(RtfTokens, LongTextIsOneToken) {
  const std::string text(1000, 'x');
  EXPECT_EQ(first(text + "\\par").text, text);
  for (std::size_t length = 1; length < 40; ++length)
    EXPECT_EQ(first(std::string(length, 'y') + "}").text.size(), length);
}

TEST(RtfKinds, KindsAreToldByTheirFirstTokens) {
  EXPECT_EQ(rtf_kind("{\\rtf1\\ansi\\fromhtml1 \\deff0 x}"), RtfKind::from_html);
  EXPECT_EQ(rtf_kind("{\\rtf1\\ansi\\fromtext x}"), RtfKind::from_text);
  EXPECT_EQ(rtf_kind("{\\rtf1\\ansi x}"), RtfKind::pure);
  EXPECT_EQ(rtf_kind("{\\rtf1\\ansi\\fromhtml0 x}"), RtfKind::pure);
  EXPECT_EQ(rtf_kind("<html>"), RtfKind::not_rtf);
  EXPECT_EQ(rtf_kind(""), RtfKind::not_rtf);
}

TEST(RtfKinds, MarkBehindTheFontTableIsSeen) {
  EXPECT_EQ(rtf_kind("{\\rtf1\\ansi{\\fonttbl{\\f0 Arial;}}\\fromhtml1 x}"), RtfKind::from_html);
}

TEST(RtfKinds, MarkBehindTextIsNoMark) { EXPECT_EQ(rtf_kind("{\\rtf1 text \\fromhtml1 x}"), RtfKind::pure); }

TEST(RtfKinds, BlanksAheadDoNotMatter) { EXPECT_EQ(rtf_kind("\r\n {\\rtf1\\fromtext x}"), RtfKind::from_text); }

}  // namespace
}  // namespace mapiguard
