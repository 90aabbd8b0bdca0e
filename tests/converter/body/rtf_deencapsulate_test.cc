#include "base/text.h"
#include "tests/converter/body/body_fixture.h"

namespace mapiguard {
namespace {

using testing::encapsulated;
using testing::repeated;

class DeencapsulateTest : public testing::BodyTest {
 protected:
  std::string html(std::string_view body, std::string_view codepage = "1252") {
    return html_of(encapsulated(body, codepage));
  }
};

// MS-OXRTFEX 3.1, shortened.
TEST_F(DeencapsulateTest, ExampleInTheSpiritOfTheSpecification) {
  EXPECT_EQ(
      html("{\\*\\htmltag64}{\\*\\htmltag <HTML>\\par\n<p\\par\nclass=\"MsoNormal\">}"
           "{\\htmlrtf \\f1 \\htmlrtf0 A line. {\\*\\htmltag <b>}{\\htmlrtf \\b\n\\htmlrtf0 bold{\\*\\htmltag </b>}}"
           " \\htmlrtf\\par\\htmlrtf0}\\htmlrtf \\par \\htmlrtf0{\\*\\htmltag </p>\\par }"),
      "<HTML>\r\n<p\r\nclass=\"MsoNormal\">A line. <b>bold</b> </p>\r\n");
}

TEST_F(DeencapsulateTest, TagsAndTextStandInOrder) {
  EXPECT_EQ(html("{\\*\\htmltag64 <p>}one{\\*\\htmltag72 </p>}two"), "<p>one</p>two");
}

TEST_F(DeencapsulateTest, TextWithinHtmlrtfIsLeftOut) {
  EXPECT_EQ(html("a\\htmlrtf b\\par{\\b c}\\htmlrtf0 d"), "ad");
  EXPECT_EQ(html("a\\htmlrtf1 b\\htmlrtf0 c"), "ac");
}

TEST_F(DeencapsulateTest, HtmlrtfEndsWithItsGroup) { EXPECT_EQ(html("a{\\htmlrtf b}c"), "ac"); }

TEST_F(DeencapsulateTest, HtmlrtfSwitchedOffWithinAGroupIsOnAgainBehindIt) {
  EXPECT_EQ(html("\\htmlrtf a{b\\htmlrtf0 c}d\\htmlrtf0 e"), "ce");
}

TEST_F(DeencapsulateTest, FontChosenWithinHtmlrtfCounts) {
  EXPECT_EQ(html("\\htmlrtf{\\f3\\fs20\\htmlrtf0 \\'f4\\htmlrtf\\f0}\\htmlrtf0\\'e9"), "фé");
}

TEST_F(DeencapsulateTest, TextOfAHyperlinkWithinHtmlrtfIsKept) {
  EXPECT_EQ(
      html("{\\*\\htmltag84 <a href=\"http://x/\">}\\htmlrtf {\\field{\\*\\fldinst{HYPERLINK \"http://x/\"}}"
           "{\\fldrslt\\cf1\\ul \\htmlrtf0 text\\htmlrtf }\\htmlrtf0 \\htmlrtf }\\htmlrtf0 {\\*\\htmltag92 </a>}"),
      "<a href=\"http://x/\">text</a>");
}

TEST_F(DeencapsulateTest, MhtmltagIsIgnored) {
  EXPECT_EQ(html("{\\*\\mhtmltag84 <img src=x>}{\\*\\htmltag84 <img src=y>}"), "<img src=y>");
}

TEST_F(DeencapsulateTest, OtherDestinationsAreIgnored) {
  EXPECT_EQ(
      html("{\\*\\bkmkstart x}{\\info{\\title T}}{\\*\\unknown y {z}}{\\pntext 1.\\tab}{\\pict\\wmetafile8 0102}a"),
      "a");
}

TEST_F(DeencapsulateTest, EscapesWithinTagsAreUndone) {
  EXPECT_EQ(html("{\\*\\htmltag241 a \\{font:\"\\\\@x\";\\}\\par\\tab b\\line c}"), "a {font:\"\\@x\";}\r\n\tb\r\nc");
}

TEST_F(DeencapsulateTest, FormatsHaveNoMeaning) { EXPECT_EQ(html("\\b a\\b0\\cf1\\fs20\\qc b\\cell\\row c"), "abc"); }

TEST_F(DeencapsulateTest, ParagraphsLinesAndTabsBecomeWhiteSpace) {
  EXPECT_EQ(html("a\\par b\\line c\\tab d"), "a\r\nb\r\nc\td");
}

TEST_F(DeencapsulateTest, NamedCharactersAreCharacters) {
  EXPECT_EQ(html("\\lquote\\rquote\\ldblquote\\rdblquote\\bullet\\endash\\emdash\\~\\_\\-\\emspace\\enspace"),
            "‘’“”•–—\u00A0\u00AD\u00AD\u2003\u2002");
}

TEST_F(DeencapsulateTest, BytesAreInTheFontsCodePage) { EXPECT_EQ(html("\\'e9\\f3 \\'e9\\f0 \\'e9"), "éйé"); }

TEST_F(DeencapsulateTest, BytesWithinTagsAreInTheDocumentsCodePage) {
  EXPECT_EQ(html("\\f0 {\\*\\htmltag84 <p title=\"\\'e9\">}\\'e9", "1251"), "<p title=\"й\">é");
}

TEST_F(DeencapsulateTest, FontWithoutCharsetHasTheDocumentsCodePage) {
  EXPECT_EQ(html_of("{\\rtf1\\ansi\\ansicpg1251\\fromhtml1\\deff0{\\fonttbl{\\f0 Arial;}}\\'e9\\f7 \\'e9}"), "йй");
}

TEST_F(DeencapsulateTest, CodePageOfAFontMayBeNamedByNumber) {
  EXPECT_EQ(
      html_of("{\\rtf1\\ansi\\fromhtml1\\deff0{\\fonttbl{\\f0\\cpg1253 A;}{\\f1\\fcharset204 B;}}\\'e1\\f1 \\'e1}"),
      "αб");
}

TEST_F(DeencapsulateTest, DefaultFontIsInUseBeforeAnyIsChosenAndAfterPlain) {
  EXPECT_EQ(html_of("{\\rtf1\\ansi\\ansicpg1252\\fromhtml1\\deff3{\\fonttbl{\\f0\\fcharset0 A;}{\\f3\\fcharset204 B;}}"
                    "\\'e9\\f0 \\'e9\\plain \\'e9}"),
            "йéй");
}

TEST_F(DeencapsulateTest, FontTableWithoutInnerGroupsIsRead) {
  EXPECT_EQ(html_of("{\\rtf1\\ansi\\fromhtml1{\\fonttbl\\f0\\fcharset0 A;\\f1\\fcharset204 B;}\\f1 \\'e9}"), "й");
}

TEST_F(DeencapsulateTest, DoubleBytesAreJoinedAcrossEscapes) { EXPECT_EQ(html("\\f1 \\'93\\'fa\\'96\\'7b"), "日本"); }

TEST_F(DeencapsulateTest, DoubleByteMayEndInPlainText) { EXPECT_EQ(html("\\f1 \\'83Ax\\'83By"), "アxィy"); }

TEST_F(DeencapsulateTest, DoubleByteMayEndInAnEscapedSpecial) { EXPECT_EQ(html("\\f1 \\'94\\\\\\'96\\{"), "能本"); }

TEST_F(DeencapsulateTest, DoubleByteMayEndBehindItsGroup) { EXPECT_EQ(html("{\\f1 \\'93}{\\f1 \\'fa}x"), "日x"); }

TEST_F(DeencapsulateTest, HalfADoubleByteIsToldNotJoinedWithATag) {
  EXPECT_EQ(html("\\f1 \\'93{\\*\\htmltag64 @x}"), "\uFFFD@x");
}

TEST_F(DeencapsulateTest, QuoteInAWesternFontIsNoHalf) { EXPECT_EQ(html("\\f0 it\\'92s", "932"), "it’s"); }

TEST_F(DeencapsulateTest, DoubleBytesInAFontThatSaysItIsWesternAreRead) {
  EXPECT_EQ(html("\\f0 \\'93\\'fa\\'96\\'7b", "932"), "日本");
}

TEST_F(DeencapsulateTest, UserDefinedBig5IsWhereWindowsHasIt) {
  EXPECT_EQ(html("\\f4 Hello \\'84\\'68"), "Hello \uF0B7");
}

TEST_F(DeencapsulateTest, SymbolFontKeepsItsBytes) { EXPECT_EQ(html("\\f2 \\'b7", "932"), "·"); }

TEST_F(DeencapsulateTest, UnicodeCharactersSkipTheirFallback) {
  EXPECT_EQ(html("\\u8364?x"), "€x");
  EXPECT_EQ(html("\\u8364 ?x"), "€x");
  EXPECT_EQ(html("\\u8364\\'80x"), "€x");
  EXPECT_EQ(html("\\uc2\\u26085\\'93\\'fax"), "日x");
  EXPECT_EQ(html("\\uc0\\u8364x"), "€x");
}

TEST_F(DeencapsulateTest, FallbackEndsAtABrace) {
  EXPECT_EQ(html("\\uc3{\\u8364 ?}abc"), "€abc");
  EXPECT_EQ(html("\\uc3\\u8364{x}"), "€x");
}

TEST_F(DeencapsulateTest, FallbackLengthIsScopedByGroups) { EXPECT_EQ(html("{\\uc0 \\u8364 a}\\u8364 ?b"), "€a€b"); }

TEST_F(DeencapsulateTest, FallbackIsSkippedWithinHtmlrtfToo) { EXPECT_EQ(html("\\htmlrtf \\u8364\\htmlrtf0 x"), "x"); }

TEST_F(DeencapsulateTest, NegativeNumbersAreUnicodeToo) { EXPECT_EQ(html("\\u-4051 ?"), "\uF02D"); }

TEST_F(DeencapsulateTest, SurrogatesAreJoined) {
  EXPECT_EQ(html("\\u-10179 ?\\u-8694 ?"), "😊");
  EXPECT_EQ(html("\\u55357\\'20\\u56542 ?"), "📞");
}

TEST_F(DeencapsulateTest, LoneSurrogatesAreReplaced) {
  EXPECT_EQ(html("\\u-10179 ?x"), "\uFFFDx");
  EXPECT_EQ(html("\\u-8694 ?x"), "\uFFFDx");
  EXPECT_EQ(html("\\u-10179 ?"), "\uFFFD");
}

TEST_F(DeencapsulateTest, UnicodeHalfOfUprIsTaken) {
  EXPECT_EQ(html("{\\upr{ansi}{\\*\\ud{\\u8364 ?uro}}}x"), "€urox");
}

TEST_F(DeencapsulateTest, BinaryDataIsSkipped) { EXPECT_EQ(html("a{\\pict\\bin4 }}}}}b\\bin3 }}}c"), "abc"); }

TEST_F(DeencapsulateTest, RawUtf8IsSeen) {
  EXPECT_EQ(html("{\\*\\htmltag84 <p title=\"Žluťoučký\">}"), "<p title=\"Žluťoučký\">");
}

TEST_F(DeencapsulateTest, TruncationAnywhereGivesAPrefixInValidUtf8) {
  const std::string rtf = encapsulated("{\\*\\htmltag64 <p>}\\f1 \\'93\\'fa\\u8364 ?{\\*\\htmltag72 </p>}");
  for (std::size_t size = 0; size < rtf.size(); ++size) EXPECT_TRUE(is_utf8(html_of(rtf.substr(0, size)))) << size;
}

TEST_F(DeencapsulateTest, BraceTooManyLosesNothing) { EXPECT_EQ(html("a}}}b{\\*\\htmltag64 <p>}"), "ab<p>"); }

TEST_F(DeencapsulateTest, TenMegabytesOfBracesAreLinearAndSmall) {
  html_of("{\\rtf1\\fromhtml1 " + std::string(10 << 20, '{'));
  EXPECT_LE(spent(), (10u << 20) + 16);
}

TEST_F(DeencapsulateTest, TenMegabytesOfGroupsThatChangeSomethingAreLinear) {
  html_of("{\\rtf1\\fromhtml1 " + repeated("{\\f1", (10 << 20) / 4));
  EXPECT_LE(spent(), 2 * (10u << 20) / 4 + 16);
  EXPECT_TRUE(has(Severity::repaired));  // more levels than are kept
}

TEST_F(DeencapsulateTest, TenMegabytesOfBrokenEscapesAreLinear) {
  for (const char* piece : {"\\'", "\\", "\\'8", "\\u-10179", "\\*", "{\\*\\x", "\\bin"}) {
    budget = Budget(kSteps);
    const std::string body = repeated(piece, 1 << 20);
    html_of(encapsulated(body));
    EXPECT_LE(spent(), body.size() + 200) << piece;
  }
}

TEST_F(DeencapsulateTest, BudgetEndsTheWork) {
  budget = Budget(100);
  html_of(encapsulated(repeated("\\'e9", 1000)));
  EXPECT_TRUE(budget.exhausted());
  EXPECT_TRUE(has(Severity::loss));
}

}  // namespace
}  // namespace mapiguard
