#include "tests/converter/body/body_fixture.h"

namespace mapiguard {
namespace {

using testing::repeated;

class HtmlToTextTest : public testing::BodyTest {};

TEST_F(HtmlToTextTest, BlanksAreCollapsed) { EXPECT_EQ(plain_of("<body>  a \r\n b\t c </body>"), "a b c\n"); }

TEST_F(HtmlToTextTest, BlocksAreLines) { EXPECT_EQ(plain_of("<div>a</div><div>b</div>c<br>d"), "a\nb\nc\nd\n"); }

TEST_F(HtmlToTextTest, ParagraphsHaveSpaceBetween) { EXPECT_EQ(plain_of("<p>a</p><p>b</p>"), "a\n\nb\n"); }

TEST_F(HtmlToTextTest, OutlooksParagraphsHaveNone) {
  EXPECT_EQ(plain_of("<p class=MsoNormal>a</p><p class=MsoNormal>&nbsp;</p><p class=MsoNormal>b</p>"), "a\n\nb\n");
}

TEST_F(HtmlToTextTest, BreaksCountEach) { EXPECT_EQ(plain_of("a<br><br/><BR>b"), "a\n\n\nb\n"); }

TEST_F(HtmlToTextTest, WhatIsNotShownIsLeftOut) {
  EXPECT_EQ(plain_of("<html><head><title>T</title><style>p{}</style><script>if (a<b) c();</script></head>x<!-- y -->z"),
            "xz\n");
}

TEST_F(HtmlToTextTest, ConditionalCommentsAreLeftOutTheirRevealedFormIsNot) {
  EXPECT_EQ(plain_of("a<!--[if mso]><p>b</p><![endif]-->c<![if !mso]>d<![endif]>e"), "acde\n");
}

TEST_F(HtmlToTextTest, ReferencesAreDecoded) {
  EXPECT_EQ(plain_of("&lt;&amp;&gt;&quot;&eacute;&euro;&hellip;&#8364;&#x20AC;&#x1F60A;&#151;"), "<&>\"é€…€€😊—\n");
}

TEST_F(HtmlToTextTest, OldReferencesNeedNoSemicolon) {
  EXPECT_EQ(plain_of("&copy 2024 &euro x R&D &nosuch; &"), "© 2024 &euro x R&D &nosuch; &\n");
}

TEST_F(HtmlToTextTest, BadNumbersAreReplaced) {
  EXPECT_EQ(plain_of("&#0;&#xD800;&#99999999999;&#;"), "\uFFFD\uFFFD\uFFFD&#;\n");
}

TEST_F(HtmlToTextTest, NonBreakingSpacesAreSpacesThatStay) {
  EXPECT_EQ(plain_of("a&nbsp;&nbsp;b\xC2\xA0 c"), "a  b c\n");
}

TEST_F(HtmlToTextTest, ListsHaveMarkers) {
  EXPECT_EQ(plain_of("<ul><li>a</li><li>b<ol><li>c</li><li value=7>d</li><li>e</li></ol></li></ul>f"),
            "* a\n* b\n  1. c\n  7. d\n  8. e\nf\n");
}

TEST_F(HtmlToTextTest, CellsAreApartByTabs) {
  EXPECT_EQ(plain_of("<table><tr><td><p>a</p></td><td><p>b</p></td></tr><tr><td>c</td><td>d</td></tr></table>e"),
            "a\tb\nc\td\ne\n");
}

TEST_F(HtmlToTextTest, PreformattedTextIsKept) {
  EXPECT_EQ(plain_of("<pre>a  b\r\n c&lt;\n</pre>d  e"), "a  b\n c<\nd e\n");
}

TEST_F(HtmlToTextTest, QuotationsAreMarked) {
  EXPECT_EQ(plain_of("a<blockquote>b<br>c<blockquote>d</blockquote></blockquote>e"), "a\n> b\n> c\n> > d\ne\n");
}

TEST_F(HtmlToTextTest, TargetsStandBehindLinks) {
  EXPECT_EQ(plain_of("<a href=\"http://x/?a=1&amp;b=2\">here</a> <a href='http://y.org/'>y.org</a> <a "
                     "href=mailto:a@b.c>a@b.c</a>"),
            "here <http://x/?a=1&b=2> y.org a@b.c\n");
}

TEST_F(HtmlToTextTest, AngleBracketsInQuotesDoNotEndATag) { EXPECT_EQ(plain_of("<img alt=\"a > b\">c"), "a > bc\n"); }

TEST_F(HtmlToTextTest, ImagesAreTheirAlternatives) { EXPECT_EQ(plain_of("a <img alt=' b\n c '> d<img src=x>"), "a b  c d\n"); }

TEST_F(HtmlToTextTest, ListsDeeperThanAnybodyNeedsStayInStep) {
  EXPECT_EQ(plain_of(repeated("<ul>", 40) + "<li>a" + repeated("</ul>", 40) + "<li>b"), repeated(" ", 30) + "* a\n* b\n");
}

TEST_F(HtmlToTextTest, LoneAngleBracketIsText) { EXPECT_EQ(plain_of("a < b <3"), "a < b <3\n"); }

TEST_F(HtmlToTextTest, DamagedMarkupLosesNoMoreThanItMust) {
  EXPECT_EQ(plain_of("<p title=\"never closed>text"), "text\n");
  EXPECT_EQ(plain_of("text<p"), "text\n");
  EXPECT_EQ(plain_of("text<!-- never closed"), "text\n");
  EXPECT_EQ(plain_of(""), "");
}

TEST_F(HtmlToTextTest, MegabytesOfDamageAreLinear) {
  for (const char* piece : {"<", "<a \"", "<a '", "<!--", "<style>", "&", "&#", "</", "<p>", "<ul>", "<blockquote>",
                            "<a href=http://x>y", "<td>", "<br>", "<li>"}) {
    budget = Budget(kSteps);
    const std::string html = repeated(piece, (2 << 20) / std::string_view(piece).size());
    plain_of(html);
    EXPECT_LE(spent(), html.size() * 2) << piece;
  }
}

TEST_F(HtmlToTextTest, BudgetEndsTheWork) {
  budget = Budget(10);
  EXPECT_LT(plain_of(repeated("<p>a", 100)).size(), 40u);
}

}  // namespace
}  // namespace mapiguard
