#include <gtest/gtest.h>

#include "base/text.h"
#include "converter/body/charset.h"
#include "tests/converter/body/message_builder.h"

namespace mapiguard {
namespace {

using namespace std::string_view_literals;

using testing::BodyMessage;
constexpr PropertyId kSubject = 0x0037;
constexpr PropertyId kMessageCodepage = 0x3FFD;
constexpr PropertyId kInternetCodepage = 0x3FDE;
constexpr PropertyId kLocale = 0x3FF1;

std::string subject(BodyMessage& made, bool* damaged = nullptr) {
  const Message& message = made.message();
  return Texts(message).get(message.properties, kSubject, damaged).value_or("(none)");
}

TEST(Ladder, MostTrustedPageStandsFirst) {
  BodyMessage made;
  made.oem(850).integer(kMessageCodepage, 1250).integer(kInternetCodepage, 20866).integer(kLocale, 0x0408);
  EXPECT_EQ(codepage_ladder(made.message()), (std::vector<std::uint32_t>{850, 1250, 1251, 20866, 1253, 1252}));
}

TEST(Ladder, UnknownPagesAndUtf16AreLeftOut) {
  BodyMessage made;
  made.integer(kMessageCodepage, 1200).integer(kInternetCodepage, 4242).integer(kLocale, -1);
  EXPECT_EQ(codepage_ladder(made.message()), (std::vector<std::uint32_t>{1252}));
}

TEST(TextsOfAMessage, UnicodeIsDecoded) {
  BodyMessage made;
  made.unicode(kSubject, "Grüße 😊");
  EXPECT_EQ(subject(made), "Grüße 😊");
}

TEST(TextsOfAMessage, StringsEndAtTheirFirstNul) {
  BodyMessage eight;
  eight.string8(kSubject, "one\0two\0"sv);
  EXPECT_EQ(subject(eight), "one");
  BodyMessage sixteen;
  sixteen.raw_unicode(kSubject, "a\0\0\0b\0"sv);
  EXPECT_EQ(subject(sixteen), "a");
}

TEST(TextsOfAMessage, WholeTextsLoseTrailingNulsAlone) {
  BodyMessage made;
  made.string8(0x1000, "one\0two\0\0"sv).raw_unicode(0x1001, "a\0\0\0b\0\0\0\0"sv);
  const Message& message = made.message();
  bool damaged = false;
  EXPECT_EQ(Texts(message).whole(message.properties, 0x1000), "one two");
  EXPECT_EQ(Texts(message).whole(message.properties, 0x1001, &damaged), "a b");
  EXPECT_FALSE(damaged);
}

TEST(TextsOfAMessage, Utf16InAnEightBitStringIsSeen) {
  BodyMessage made;
  made.string8(kSubject, "B\0e\0t\0r\0\xFC\0\x14\x20"sv).string8(0x1000, "L\0i\0n\0e\0\n\0e\0n\0d\0\0\0"sv);
  EXPECT_EQ(subject(made), "Betrü—");
  EXPECT_EQ(Texts(made.message()).whole(made.message().properties, 0x1000), "Line\nend");
}

TEST(TextsOfAMessage, SingleNulsDoNotMakeUtf16) {
  BodyMessage made;
  made.string8(0x1000, "one\0two\0three\0"sv).string8(0x1001, "a\0b\0"sv);
  EXPECT_EQ(Texts(made.message()).whole(made.message().properties, 0x1000), "one two three");
  EXPECT_EQ(Texts(made.message()).whole(made.message().properties, 0x1001), "a b");
}

TEST(TextsOfAMessage, ByteOrderMarksGo) {
  BodyMessage eight;
  eight.string8(kSubject, "\xEF\xBB\xBFžx");
  EXPECT_EQ(subject(eight), "žx");
  BodyMessage sixteen;
  sixteen.raw_unicode(kSubject, "\xFF\xFEx\0"sv);
  EXPECT_EQ(subject(sixteen), "x");
}

TEST(TextsOfAMessage, MissingAndBinaryPropertiesAreNoStrings) {
  BodyMessage made;
  made.binary(kSubject, "x");
  EXPECT_EQ(subject(made), "(none)");
}

TEST(TextsOfAMessage, DeclaredPageIsUsed) {
  BodyMessage made;
  made.integer(kMessageCodepage, 1251).string8(kSubject, "\xCF\xF0\xE8\xE2\xE5\xF2");
  EXPECT_EQ(subject(made), "Привет");
}

TEST(TextsOfAMessage, LocaleHelpsWhereThePageIsALie) {
  BodyMessage made;  // GBK marked as UTF-8
  made.integer(kInternetCodepage, 65001).integer(kLocale, 0x0804).string8(kSubject, "\xD6\xD0\xCE\xC4");
  bool damaged = false;
  EXPECT_EQ(subject(made, &damaged), "中文");
  EXPECT_TRUE(damaged) << "the bytes refute a claim, which is worth a Defect";
}

TEST(TextsOfAMessage, Utf8ThatIsNoneIsWindows1252) {
  BodyMessage made;
  made.integer(kInternetCodepage, 65001).string8(kSubject, "caf\xE9");
  EXPECT_EQ(subject(made), "café");
}

TEST(TextsOfAMessage, BytesDecideAgainstASingleBytePage) {
  BodyMessage utf8;
  utf8.integer(kMessageCodepage, 1252).string8(kSubject, "Žluťoučký kůň");
  EXPECT_EQ(subject(utf8), "Žluťoučký kůň");
  BodyMessage chinese;
  chinese.integer(kMessageCodepage, 1252)
      .string8(kSubject, "\xC4\xFA\xBA\xC3\xA3\xAC\xD5\xE2\xCA\xC7\xD2\xBB\xB7\xE2\xD0\xC5");
  EXPECT_EQ(subject(chinese), "您好，这是一封信");
  BodyMessage brand;
  brand.integer(kMessageCodepage, 1252).string8(kSubject, "NESCAF\xC9\xAE");
  EXPECT_EQ(subject(brand), "NESCAFÉ®");
}

TEST(TextsOfAMessage, Utf8InADoubleBytePageIsUtf8) {
  BodyMessage made;
  made.integer(kMessageCodepage, 932).string8(kSubject, "日本語の手紙");
  EXPECT_EQ(subject(made), "日本語の手紙");
}

TEST(TextsOfAMessage, ShiftJisUnderAJapaneseInternetPageIsRead) {
  BodyMessage made;
  made.integer(kInternetCodepage, 50220).string8(kSubject, "\x93\xFA\x96\x7B");
  EXPECT_EQ(subject(made), "日本");
}

TEST(TextsOfAMessage, EscapesOfIso2022AreSeenWithoutDeclaration) {
  BodyMessage made;
  made.string8(kSubject, "\x1B$BF|K\\\x1B(B");
  EXPECT_EQ(subject(made), "日本");
}

TEST(TextsOfAMessage, OneBadByteDoesNotChangeThePage) {
  BodyMessage made;
  made.integer(kMessageCodepage, 936)
      .string8(kSubject, "\xC4\xFA\xBA\xC3\xA3\xAC\xD5\xE2\xCA\xC7\xD2\xBB\xB7\xE2\xD0\xC5\xFF");
  bool damaged = false;
  EXPECT_EQ(subject(made, &damaged), "您好，这是一封信\uFFFD");
  EXPECT_TRUE(damaged);
}

TEST(TextsOfAMessage, MultiValuedStringsAreAList) {
  BodyMessage made;
  made.integer(kMessageCodepage, 1251);
  Property property{0x8000, static_cast<std::uint16_t>(0x001E | kMultiValued),
                    std::vector<Blob>{Blob(as_bytes("a")), Blob(as_bytes("\xE9"))}, nullptr};
  EXPECT_EQ(Texts(made.message()).list(property), (std::vector<std::string>{"a", "й"}));
  property = {0x8000, static_cast<std::uint16_t>(0x001F | kMultiValued), std::vector<Blob>{Blob(as_bytes("a\0\0\0"sv))},
              nullptr};
  EXPECT_EQ(Texts(made.message()).list(property), (std::vector<std::string>{"a"}));
}

TEST(TextsOfAMessage, AnythingBecomesValidUtf8) {
  for (const std::uint32_t codepage : {932u, 936u, 949u, 950u, 1250u, 1255u, 20866u, 50220u, 54936u, 65000u, 65001u}) {
    std::string bytes;
    for (int i = 0; i < 2000; ++i) bytes += static_cast<char>(i * i * 7 + i / 3 + codepage);
    BodyMessage made;
    made.integer(kMessageCodepage, codepage).string8(0x1000, bytes);
    const Message& message = made.message();
    const auto text = Texts(message).whole(message.properties, 0x1000);
    EXPECT_TRUE(text && is_utf8(*text) && text->find('\0') == std::string::npos) << codepage;
  }
}

}  // namespace
}  // namespace mapiguard
