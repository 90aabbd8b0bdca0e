#include "converter/body/choose.h"

#include "base/text.h"
#include "tests/converter/body/body_fixture.h"
#include "tests/converter/body/message_builder.h"

namespace mapiguard {
namespace {

using namespace std::string_view_literals;

using testing::BodyMessage;
using testing::encapsulated;
using testing::pure;

constexpr PropertyId kBody = 0x1000;
constexpr PropertyId kRtf = 0x1009;
constexpr PropertyId kHtml = 0x1013;
constexpr PropertyId kInternetCodepage = 0x3FDE;

class ChooseTest : public testing::BodyTest {
 protected:
  Bodies choose() {
    const Message& message = made.message();
    return choose_bodies(message, Texts(message), Limits(), budget, defects);
  }
  std::string html() { return choose().html.value_or("(none)"); }
  std::string plain() { return choose().plain.value_or("(none)"); }
  // RTF in the uncompressed form.
  BodyMessage& rtf(const std::string& text) {
    const auto size = static_cast<std::uint32_t>(text.size());
    return made.binary(kRtf, testing::le32(size + 12) + testing::le32(size) + "MELA" + testing::le32(0) + text);
  }
  BodyMessage made;
};

TEST_F(ChooseTest, MessageWithoutBodiesHasNone) {
  const Bodies bodies = choose();
  EXPECT_FALSE(bodies.plain || bodies.html);
  EXPECT_TRUE(report.defects.empty());
}

TEST_F(ChooseTest, PlainTextIsTakenInEitherForm) {
  made.unicode(kBody, "Grüße\r\n");
  EXPECT_EQ(plain(), "Grüße\r\n");
  made = {};
  made.string8(kBody,
               "Gr\xFC\xDF"
               "e");
  EXPECT_EQ(plain(), "Grüße");
}

TEST_F(ChooseTest, HtmlIsDecodedByItsInternetCodepage) {
  made.binary(kHtml, "<p>\xE9").integer(kInternetCodepage, 1251);
  EXPECT_EQ(html(), "<p>й");
}

TEST_F(ChooseTest, HtmlIsDecodedByItsMetaWithoutOne) {
  made.binary(kHtml, "<meta charset=windows-1251><p>\xE9");
  EXPECT_EQ(html(), "<meta charset=utf-8><p>й");
}

TEST_F(ChooseTest, InternetCodepageGoesBeforeASingleByteMeta) {
  made.binary(kHtml, "<meta charset=iso-8859-1><p>\xE9").integer(kInternetCodepage, 1251);
  EXPECT_EQ(html(), "<meta charset=utf-8><p>й");
}

TEST_F(ChooseTest, MultiByteMetaThatFitsGoesBeforeASingleBytePage) {
  made.binary(kHtml, "<meta charset=shift_jis><p>\x93\xFA\x96\x7B").integer(kInternetCodepage, 1252);
  EXPECT_EQ(html(), "<meta charset=utf-8><p>日本");
}

TEST_F(ChooseTest, Utf8BytesUnderAWrongPageAreUtf8) {
  made.binary(kHtml, "<meta charset=utf-8><p>Žluťoučký").integer(kInternetCodepage, 28591);
  EXPECT_EQ(html(), "<meta charset=utf-8><p>Žluťoučký");
}

TEST_F(ChooseTest, HtmlThatIsNoUtf8UnderItsPageIsReadByMeta) {
  made.binary(kHtml, "<meta charset=gb2312><p>\xD6\xD0\xCE\xC4").integer(kInternetCodepage, 65001);
  EXPECT_EQ(html(), "<meta charset=utf-8><p>中文");
}

TEST_F(ChooseTest, ByteOrderMarksAreHonoured) {
  made.binary(kHtml, "\xEF\xBB\xBF<p>ž").integer(kInternetCodepage, 1252);
  EXPECT_EQ(html(), "<p>ž");
  made = {};
  made.binary(kHtml, "\xFF\xFE" + testing::utf16le("<p>ž"));
  EXPECT_EQ(html(), "<p>ž");
  made = {};
  made.binary(kHtml, "\xFE\xFF\0<\0p\0>\x01\x7E"sv);
  EXPECT_EQ(html(), "<p>ž");
}

TEST_F(ChooseTest, Utf16WithoutAMarkIsSeen) {
  made.binary(kHtml, testing::utf16le("<html><p>ž</p></html>"));
  EXPECT_EQ(html(), "<html><p>ž</p></html>");
}

TEST_F(ChooseTest, Utf7IsReadWhereItIsDeclared) {
  made.binary(kHtml, "<p>+AOk-").integer(kInternetCodepage, 65000);
  EXPECT_EQ(html(), "<p>é");
}

TEST_F(ChooseTest, HtmlMayBeAString) {
  made.unicode(kHtml, "<p>ž");
  EXPECT_EQ(html(), "<p>ž");
  made = {};
  made.string8(kHtml, "<p>\xE9");
  EXPECT_EQ(html(), "<p>é");
}

TEST_F(ChooseTest, NulsInHtmlGo) {
  made.binary(kHtml, "<p>a\0b</p>\0\0"sv);
  EXPECT_EQ(html(), "<p>ab</p>");
}

TEST_F(ChooseTest, PlainTextIsMadeOfHtml) {
  made.binary(kHtml, "<p>a &amp; b</p>");
  EXPECT_EQ(plain(), "a & b\n");
}

TEST_F(ChooseTest, BlankPlainTextIsMadeOfHtmlToo) {
  made.binary(kHtml, "<p>a</p>").unicode(kBody, " \r\n");
  EXPECT_EQ(plain(), "a\n");
}

TEST_F(ChooseTest, HtmlComesOutOfRtf) {
  rtf(encapsulated("{\\*\\htmltag64 <p>}x{\\*\\htmltag160 <meta charset=\"iso-8859-1\">}"));
  const Bodies bodies = choose();
  EXPECT_EQ(bodies.html, "<p>x<meta charset=\"utf-8\">");
  EXPECT_EQ(bodies.plain, "x\n");
}

TEST_F(ChooseTest, NativeHtmlGoesBeforeRtf) {
  made.binary(kHtml, "<p>native</p>");
  rtf(encapsulated("{\\*\\htmltag64 <p>}rtf"));
  EXPECT_EQ(html(), "<p>native</p>");
}

TEST_F(ChooseTest, EmptyHtmlDoesNotGoBeforeRtf) {
  for (const char* empty : {" \r\n ", "<html><body></body></html>"}) {
    made = {};
    made.binary(kHtml, empty);
    rtf(encapsulated("{\\*\\htmltag64 <p>}rtf"));
    EXPECT_EQ(html(), "<p>rtf");
  }
}

TEST_F(ChooseTest, EmptyHtmlAloneIsKept) {
  made.binary(kHtml, "<html><body></body></html>");
  EXPECT_EQ(html(), "<html><body></body></html>");
}

TEST_F(ChooseTest, RtfThatSaysHtmlButHasNoTagsIsConverted) {
  rtf(encapsulated("a < b"));
  EXPECT_NE(html().find("a &lt; b"), std::string::npos);
}

TEST_F(ChooseTest, TextComesOutOfRtf) {
  rtf("{\\rtf1\\ansi\\fromtext x\\par y}");
  const Bodies bodies = choose();
  EXPECT_EQ(bodies.plain, "x\r\ny");
  EXPECT_FALSE(bodies.html);
}

TEST_F(ChooseTest, PureRtfGivesHtmlAndText) {
  rtf(pure("{\\b x}{\\pict\\jpegblip ffd8ff}"));
  const Bodies bodies = choose();
  EXPECT_EQ(bodies.plain, "x");
  ASSERT_TRUE(bodies.html);
  EXPECT_NE(bodies.html->find("<b>x</b>"), std::string::npos);
  EXPECT_EQ(bodies.pictures.size(), 1u);
}

TEST_F(ChooseTest, PureRtfBesidePlainTextGivesHtml) {
  made.unicode(kBody, "x");
  rtf(pure("{\\b x}"));
  EXPECT_NE(html().find("<b>x</b>"), std::string::npos);
}

TEST_F(ChooseTest, PureRtfThatIsNotInStepIsNotUsed) {
  made.unicode(kBody, "new").boolean(0x0E1F, false);
  rtf(pure("old"));
  EXPECT_EQ(html(), "(none)");
  EXPECT_TRUE(has(Severity::info));
}

TEST_F(ChooseTest, PureRtfWithoutTextGivesNoHtml) {
  rtf(pure("\\par"));
  EXPECT_EQ(html(), "(none)");
}

TEST_F(ChooseTest, RtfThatCannotBeReadCostsADefectAndOnlyThatBody) {
  for (const char* bytes : {"rubbish that is no RTF at all", "short"}) {
    made = {};
    report.defects.clear();
    made.unicode(kBody, "kept").binary(kRtf, bytes);
    EXPECT_EQ(plain(), "kept");
    ASSERT_EQ(report.defects.size(), 1u);
    EXPECT_EQ(report.defects[0].severity, Severity::loss);
    EXPECT_EQ(report.defects[0].where, "0x10090102");
  }
}

TEST_F(ChooseTest, BodyThatIsAnnouncedButUnreadableCostsADefect) {
  made.unreadable(kBody, PropertyType::unicode)
      .unreadable(kHtml, PropertyType::binary)
      .unreadable(kRtf, PropertyType::binary);
  choose();
  EXPECT_EQ(report.defects.size(), 3u);
}

TEST_F(ChooseTest, LostCharactersCostADefect) {
  made.string8(kBody, "\xC4\xFA\xBA\xC3\xA3\xAC\xD5\xE2\xCA\xC7\xFF").integer(0x3FFD, 936);
  EXPECT_EQ(plain(), "您好，这是\uFFFD");
  ASSERT_EQ(report.defects.size(), 1u);
  EXPECT_EQ(report.defects[0].severity, Severity::loss);
  EXPECT_EQ(report.defects[0].where, "0x1000001E");
}

}  // namespace
}  // namespace mapiguard
