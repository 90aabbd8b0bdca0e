#include "tests/converter/body/body_fixture.h"

namespace mapiguard {
namespace {

using testing::pure;

class RtfToTextTest : public testing::BodyTest {
 protected:
  std::string text(std::string_view body) { return text_of(pure(body)); }
  static std::string from_text(std::string_view body) {
    return "{\\rtf1\\ansi\\ansicpg1251\\fromtext \\deff0{\\fonttbl{\\f0\\fcharset0 Arial;}{\\f1\\fcharset204 "
           "Arial;}}\\uc1\\pard\\plain\\f0 " +
           std::string(body) + "}";
  }
};

TEST_F(RtfToTextTest, EncapsulatedTextComesBackAsItWas) {
  EXPECT_EQ(text_of(from_text("one\\par two\\line\\tab \\{three\\}\\par ")), "one\r\ntwo\r\n\t{three}\r\n");
}

TEST_F(RtfToTextTest, EncapsulatedTextHonoursHtmlrtf) {
  EXPECT_EQ(text_of(from_text("\\htmlrtf{\\f1\\fs20\\htmlrtf0 \\'f4\\htmlrtf\\f0}\\htmlrtf0 \\par ")), "ф\r\n");
}

TEST_F(RtfToTextTest, EncapsulatedTextHasNoLinkTargetsAdded) {
  EXPECT_EQ(text_of(from_text("{\\field{\\*\\fldinst{HYPERLINK \"http://x/\"}}{\\fldrslt{\\ul here}}}")), "here");
}

TEST_F(RtfToTextTest, FontTableWithoutItsEndDoesNotSwallowTheText) {
  EXPECT_EQ(text_of("{\\rtf1\\ansi\\deff0{\\fonttbl{\\f0\\fcharset0 Arial;}{\\f1\\fcharset204 Arial;}*\\pard\\plain\\f0 one\\par two}"),
            "one\r\ntwo");
}

TEST_F(RtfToTextTest, FormatsAreDropped) { EXPECT_EQ(text("{\\b bold} {\\i\\cf1 red}"), "bold red"); }

TEST_F(RtfToTextTest, CellsBecomeTabsAndRowsLines) {
  EXPECT_EQ(text("\\trowd\\intbl a\\cell b\\cell\\row\\intbl c\\cell d\\cell\\row\\pard e"), "a\tb\r\nc\td\r\ne");
}

TEST_F(RtfToTextTest, ListMarkersAreKept) {
  EXPECT_EQ(text("{\\listtext\\f1\\'b7\\tab}one\\par{\\pntext 2.\\tab}two\\par "), "•\tone\r\n2.\ttwo\r\n");
}

TEST_F(RtfToTextTest, TargetOfALinkStandsBehindIt) {
  EXPECT_EQ(text("see {\\field{\\*\\fldinst{HYPERLINK \"http://example.org/a\"}}{\\fldrslt{\\ul here}}}."),
            "see here <http://example.org/a>.");
}

TEST_F(RtfToTextTest, TargetThatTheTextSaysIsNotRepeated) {
  EXPECT_EQ(text("{\\field{\\*\\fldinst{HYPERLINK \"mailto:a@b.c\"}}{\\fldrslt a@b.c}}"), "a@b.c");
}

TEST_F(RtfToTextTest, HiddenTextFootnotesAndHeadersAreNotShown) {
  EXPECT_EQ(text("a{\\v hidden}{\\footnote note}{\\header h}{\\*\\annotation n}b"), "ab");
}

TEST_F(RtfToTextTest, PicturesAndObjectsLeaveNothing) {
  EXPECT_EQ(text("a{\\pict\\pngblip 8950}{\\object\\objattph{\\*\\objdata 0102}{\\result{\\pict\\wmetafile8 "
                 "01}}}\\objattph b"),
            "ab");
}

TEST_F(RtfToTextTest, SymbolFontsAreTranslated) {
  EXPECT_EQ(text("{\\f1 abg\\'a3\\'b7}{\\f2 J\\'fc\\'e0}"), "αβγ≤•☺✓→");
  EXPECT_EQ(text("{\\f1\\u-3913 ?}"), "•");
}

TEST_F(RtfToTextTest, OptionalHyphenIsNotShown) { EXPECT_EQ(text("co\\-operate\\_x\\~y"), "cooperate\u2011x\u00A0y"); }

TEST_F(RtfToTextTest, LineEndBehindABackslashIsAParagraph) { EXPECT_EQ(text("a\\\nb"), "a\r\nb"); }

TEST_F(RtfToTextTest, LinksThatSaySomethingElseAMillionTimesAreLinear) {
  const std::string link = "{\\field{\\*\\fldinst{HYPERLINK \"http://" + std::string(4000, 'a') + "b\"}}{\\fldrslt " +
                           std::string(4000, 'a') + "}}";
  EXPECT_GT(text(testing::repeated(link, 1000)).size(), 8'000'000u);
}

}  // namespace
}  // namespace mapiguard
