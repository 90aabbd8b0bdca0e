#include <algorithm>

#include "base/text.h"
#include "tests/converter/body/body_fixture.h"

namespace mapiguard {
namespace {

using namespace std::string_view_literals;

using testing::pure;
using testing::repeated;

class RtfToHtmlTest : public testing::BodyTest {
 protected:
  std::string html(std::string_view body) { return content_of(pure(body)); }
  bool contains(std::string_view body, std::string_view wanted) { return html(body).find(wanted) != std::string::npos; }
};

TEST_F(RtfToHtmlTest, ParagraphsAreParagraphs) {
  EXPECT_EQ(html("one\\par two"), "<p style=\"margin:0\">one</p>\r\n<p style=\"margin:0\">two</p>\r\n");
}

TEST_F(RtfToHtmlTest, EmptyParagraphKeepsItsHeight) {
  EXPECT_TRUE(contains("a\\par\\par b", "<p style=\"margin:0\"><br>\r\n</p>"));
}

TEST_F(RtfToHtmlTest, PageSaysItsCharsetAndFont) {
  const std::string page = page_of(pure("x"));
  EXPECT_NE(page.find("charset=utf-8"), std::string::npos);
  EXPECT_NE(page.find("<body style=\"font-family:'Arial';font-size:10pt\">"), std::string::npos);
}

TEST_F(RtfToHtmlTest, TextIsEscaped) {
  EXPECT_EQ(html("<b>&\"\\'e9"), "<p style=\"margin:0\">&lt;b&gt;&amp;&quot;é</p>\r\n");
}

TEST_F(RtfToHtmlTest, LooksBecomeElements) {
  EXPECT_TRUE(contains("{\\b a}", "<b>a</b>"));
  EXPECT_TRUE(contains("{\\i a}", "<i>a</i>"));
  EXPECT_TRUE(contains("\\ul a\\ulnone b", "<u>a</u>b"));
  EXPECT_TRUE(contains("\\strike a\\strike0 b", "<s>a</s>b"));
  EXPECT_TRUE(contains("{\\super a}{\\sub b}\\nosupersub c", "<sup>a</sup><sub>b</sub>c"));
  EXPECT_TRUE(contains("{\\b\\i a}", "<b><i>a</i></b>"));
}

TEST_F(RtfToHtmlTest, ColoursSizesAndFontsBecomeStyle) {
  EXPECT_TRUE(contains("{\\cf1 a}", "<span style=\"color:#ff0000\">a</span>"));
  EXPECT_TRUE(contains("{\\cf0 a}", "<p style=\"margin:0\">a</p>"));
  EXPECT_TRUE(contains("{\\highlight2 a}", "background:#000080"));
  EXPECT_TRUE(contains("b{\\fs25 a}", "font-size:12.5pt"));
  EXPECT_TRUE(contains("{\\f3 a}", "font-family:'Courier New'"));
  EXPECT_TRUE(contains("{\\cf99 a}", "<p style=\"margin:0\">a</p>"));
}

TEST_F(RtfToHtmlTest, FontNameCannotLeaveItsQuotes) {
  const std::string page = page_of("{\\rtf1\\deff0{\\fonttbl{\\f0 Arial;}{\\f1 x'\\};color:red\"><script>;}}{\\f1 a}}");
  EXPECT_EQ(page.find("script"), page.rfind("script"));
  EXPECT_EQ(page.find("<script"), std::string::npos);
  EXPECT_EQ(page.find("color:red"), std::string::npos);
}

TEST_F(RtfToHtmlTest, AlignmentAndIndentBecomeStyle) {
  EXPECT_TRUE(contains("\\pard\\qc a", "text-align:center"));
  EXPECT_TRUE(contains("\\pard\\qr a\\par\\pard\\qj b", "text-align:justify"));
  EXPECT_TRUE(contains("\\pard\\li720 a", "margin-left:36pt"));
}

TEST_F(RtfToHtmlTest, BlanksAreKept) { EXPECT_EQ(html(" a  b"), "<p style=\"margin:0\">&nbsp;a &nbsp;b</p>\r\n"); }

TEST_F(RtfToHtmlTest, BulletsBecomeAList) {
  EXPECT_EQ(html("{\\listtext\\f1\\'b7\\tab}one\\par{\\listtext\\f1\\'b7\\tab}two\\par\\pard three"),
            "<ul><li>one</li>\r\n<li>two</li></ul>\r\n<p style=\"margin:0\">three</p>\r\n");
}

TEST_F(RtfToHtmlTest, NumbersBecomeAnOrderedList) {
  EXPECT_EQ(html("{\\pntext 3.\\tab}three\\par"), "<ol><li value=\"3\">three</li></ol>\r\n");
}

TEST_F(RtfToHtmlTest, NestedListsStayNested) {
  EXPECT_EQ(html("{\\listtext\\'95\\tab}a\\par\\ilvl1{\\listtext o\\tab}b\\par\\ilvl0{\\listtext\\'95\\tab}c\\par"),
            "<ul><li>a<ul><li>b</li></ul>\r\n</li>\r\n<li>c</li></ul>\r\n");
}

TEST_F(RtfToHtmlTest, OtherMarkersStayText) {
  EXPECT_EQ(html("{\\listtext 1.2\\tab}x\\par"), "<p style=\"margin:0\">1.2&nbsp; x</p>\r\n");
}

TEST_F(RtfToHtmlTest, TablesAreTables) {
  const std::string table = html("\\trowd\\cellx1\\cellx2\\pard\\intbl a\\cell b\\par c\\cell\\row\\pard d");
  EXPECT_NE(table.find("<tr><td valign=\"top\">a</td><td valign=\"top\">b<br>\r\nc</td></tr>"), std::string::npos)
      << table;
  EXPECT_NE(table.find("</table>\r\n<p style=\"margin:0\">d</p>"), std::string::npos) << table;
}

TEST_F(RtfToHtmlTest, EmptyCellsAreCells) {
  EXPECT_TRUE(
      contains("\\trowd\\pard\\intbl\\cell\\cell\\row", "<tr><td valign=\"top\"></td><td valign=\"top\"></td></tr>"));
}

TEST_F(RtfToHtmlTest, HyperlinkIsALink) {
  EXPECT_TRUE(contains("{\\field{\\*\\fldinst{HYPERLINK \"http://x/?a=1&b=\\\\\"c\"}}{\\fldrslt{\\ul\\cf2 text}}} more",
                       "<a href=\"http://x/?a=1&amp;b=&quot;c\"><span style=\"color:#000080\">text</span></a> more"));
  EXPECT_TRUE(
      contains("{\\field{\\*\\fldinst HYPERLINK \\\\l \"place\"}{\\fldrslt text}}", "<a href=\"#place\">text</a>"));
}

TEST_F(RtfToHtmlTest, HarmfulTargetIsNoLink) {
  for (const char* target :
       {"javascript:alert(1)", " JavaScript:x", "java\tscript:x", "vbscript:x", "data:text/html,x"})
    EXPECT_FALSE(contains("{\\field{\\*\\fldinst HYPERLINK \"" + std::string(target) + "\"}{\\fldrslt text}}", "href"))
        << target;
}

TEST_F(RtfToHtmlTest, ResultOfOtherFieldsIsShown) {
  EXPECT_TRUE(contains("{\\field{\\*\\fldinst PAGE}{\\fldrslt 7}}", "<p style=\"margin:0\">7</p>"));
}

TEST_F(RtfToHtmlTest, PictureIsEmbedded) {
  const std::string body = html(
      "a{\\*\\shppict{\\pict{\\*\\picprop x}\\pngblip\\picwgoal1500\\pichgoal750 89504e470d0a\n1a0a00}}"
      "{\\nonshppict{\\pict\\wmetafile8 0102}}b");
  ASSERT_EQ(pictures.size(), 1u);
  EXPECT_EQ(pictures[0].mime_type, "image/png");
  EXPECT_EQ(pictures[0].data, std::string("\x89PNG\r\n\x1a\n\0", 9));
  EXPECT_NE(body.find("a<img src=\"cid:" + pictures[0].content_id + "\" width=\"100\" height=\"50\" alt=\"\">b"),
            std::string::npos)
      << body;
}

TEST_F(RtfToHtmlTest, SamePictureTwiceIsEmbeddedOnce) {
  html("{\\pict\\jpegblip ffd8ff00}{\\pict\\jpegblip ffd8ff00}{\\pict\\jpegblip ffd8ff01}");
  EXPECT_EQ(pictures.size(), 2u);
}

TEST_F(RtfToHtmlTest, BinaryPictureIsRead) {
  html("{\\pict\\emfblip\\bin6 }{\\}\0x}after"sv);
  ASSERT_EQ(pictures.size(), 1u);
  EXPECT_EQ(pictures[0].data, std::string("}{\\}\0x", 6));
  EXPECT_EQ(pictures[0].mime_type, "image/emf");
}

TEST_F(RtfToHtmlTest, DeviceIndependentBitmapGetsAFileHeader) {
  std::string dib =
      "28000000"
      "01000000"
      "01000000"
      "0100"
      "1800"
      "00000000"
      "00000000"
      "00000000"
      "00000000"
      "00000000"
      "00000000";
  html("{\\pict\\dibitmap0 " + dib + "aabbcc00}");
  ASSERT_EQ(pictures.size(), 1u);
  EXPECT_EQ(pictures[0].mime_type, "image/bmp");
  EXPECT_EQ(pictures[0].data.substr(0, 14), std::string("BM\x3a\0\0\0\0\0\0\0\x36\0\0\0", 14));
}

TEST_F(RtfToHtmlTest, PictureThatNothingShowsCostsADefect) {
  html("{\\pict\\macpict 0102}{\\pict\\dibitmap0 01}");
  EXPECT_TRUE(pictures.empty());
  EXPECT_TRUE(has(Severity::loss));
}

TEST_F(RtfToHtmlTest, ResultOfAnObjectIsShownItsDataNot) {
  html("{\\object\\objemb{\\*\\objclass Word}{\\*\\objdata 0102}{\\result{\\pict\\jpegblip ffd8ff}}}\\objattph ");
  EXPECT_EQ(pictures.size(), 1u);
}

TEST_F(RtfToHtmlTest, EncapsulatedTagsAreNoTextOfPureRtf) {
  EXPECT_EQ(html("{\\*\\htmltag64 <p>}\\htmlrtf a\\htmlrtf0 b"), "<p style=\"margin:0\">ab</p>\r\n");
}

TEST_F(RtfToHtmlTest, ElementsStayBalancedWhateverComes) {
  const std::string rtf = pure(
      "{\\listtext\\'95}a\\trowd\\intbl b\\par c\\cell{\\b d\\row{\\pict 12}\\par}\\pard\\cell\\row{\\field{\\fldrslt "
      "x\\par y}}");
  for (std::size_t size = 0; size <= rtf.size(); ++size) {
    const std::string page = page_of(rtf.substr(0, size));
    EXPECT_TRUE(is_utf8(page));
    for (const char* name : {"p", "b", "ul", "table", "tr", "td", "a", "span"}) {
      const auto count = [&](const std::string& tag) {
        std::size_t n = 0;
        for (std::size_t at = page.find(tag); at != std::string::npos; at = page.find(tag, at + 1))
          n += page[at + tag.size()] == '>' || page[at + tag.size()] == ' ';
        return n;
      };
      EXPECT_EQ(count("<" + std::string(name)), count("</" + std::string(name))) << name << " in " << page;
    }
  }
}

TEST_F(RtfToHtmlTest, FormatsAtEachLetterDoNotFillTheMemory) {
  const std::string link = "{\\field{\\*\\fldinst HYPERLINK \"http://" + std::string(8000, 'x') + "\"}{\\fldrslt ";
  const std::string rtf = pure(link + repeated("\\b x\\b0 y", 100'000) + "}}");
  EXPECT_LT(page_of(rtf).size(), rtf.size() * 40);
}

TEST_F(RtfToHtmlTest, TenMegabytesOfBracesAreLinear) {
  page_of(pure(std::string(10 << 20, '{')));
  EXPECT_LE(spent(), (10u << 20) + 200);
}

}  // namespace
}  // namespace mapiguard
