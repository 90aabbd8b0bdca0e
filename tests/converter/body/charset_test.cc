#include "converter/body/charset.h"

#include <gtest/gtest.h>
#include <iconv.h>
#include <sys/resource.h>
#include <unistd.h>

#include <thread>

#include "base/text.h"
#include "converter/body/charset_guess.h"
#include "converter/body/charset_table.h"

namespace mapiguard {
namespace {

using namespace std::string_view_literals;

struct Sample {
  std::uint32_t codepage;
  std::string_view bytes;
  std::string_view text;
};

std::string clean(std::string_view bytes, std::uint32_t codepage) {
  bool damaged = false;
  std::string text = decode_codepage(bytes, codepage, &damaged);
  EXPECT_FALSE(damaged) << codepage << " " << text;
  return text;
}
std::string spoilt(std::string_view bytes, std::uint32_t codepage) {
  bool damaged = false;
  std::string text = decode_codepage(bytes, codepage, &damaged);
  EXPECT_TRUE(damaged) << codepage << " " << text;
  EXPECT_TRUE(is_utf8(text));
  return text;
}

class Charset : public ::testing::TestWithParam<Sample> {};

TEST_P(Charset, DecodesItsText) { EXPECT_EQ(clean(GetParam().bytes, GetParam().codepage), GetParam().text); }

TEST_P(Charset, EachTruncationAndEachFlippedByteStaysValidUtf8) {
  const std::string bytes(GetParam().bytes);
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_TRUE(is_utf8(decode_codepage(bytes.substr(0, size), GetParam().codepage)));
  for (std::size_t i = 0; i < bytes.size(); ++i)
    for (const char c : {'\x00', '\x1B', '\x7F', '\x80', '\xFF'}) {
      std::string flipped = bytes;
      flipped[i] = c;
      EXPECT_TRUE(is_utf8(decode_codepage(flipped, GetParam().codepage)));
    }
}

INSTANTIATE_TEST_SUITE_P(
    OfMail, Charset,
    ::testing::Values(
        Sample{0, "caf\xE9", "café"}, Sample{1252, "\x93x\x94 \x80", "“x” €"}, Sample{28591, "\x93\xE9", "“é"},
        Sample{20127, "\xE9", "é"}, Sample{1250, "\x8E\x6C\x75\x9D\x6F\x75\xE8\x6B\xFD", "Žluťoučký"},
        Sample{1251, "\xCF\xF0\xE8\xE2\xE5\xF2", "Привет"}, Sample{1253, "\xC3\xE5\xE9\xDC", "Γειά"},
        Sample{1254, "\xDD\xF0\xFE\xFD", "İğşı"}, Sample{1255, "\xF9\xEC\xE5\xED", "שלום"},
        Sample{1256, "\xE3\xD1\xCD\xC8\xC7", "مرحبا"}, Sample{1257, "\xE0\xE8\xE6\xEB", "ąčęė"},
        Sample{1258, "\xD0\xF0\xF5\xFD", "Đđơư"}, Sample{874, "\xCA\xC7\xD1\xCA\xB4\xD5", "สวัสดี"},
        Sample{20866, "\xF0\xD2\xC9\xD7\xC5\xD4", "Привет"}, Sample{21866, "\xA7\xD6\xC1\xCB", "їжак"},
        Sample{28592, "\xA9\xBE", "Šž"}, Sample{28605, "\xA4", "€"}, Sample{28599, "\xDD", "İ"},
        Sample{437, "\x82", "é"}, Sample{850, "\x82", "é"}, Sample{866, "\x8F\xE0\xA8", "При"},
        Sample{10000, "\x8E", "é"}, Sample{932, "\x93\xFA\x96\x7B\x8C\xEA\xB6\xC5\x87\x40\x87\x8A", "日本語ｶﾅ①㈱"},
        Sample{932, "a\\b~", "a\\b~"}, Sample{936, "\xD6\xD0\xCE\xC4\xBC\xF2\xCC\xE5 \x80", "中文简体 €"},
        Sample{936, "\x81\x40", "丂"}, Sample{949, "\xC7\xD1\xB1\xB9\xBE\xEE \x94\xEE", "한국어 뷁"},
        Sample{950, "\xC1\x63\xC5\xE9\xA4\xA4\xA4\xE5\xA1\x45\xA1\xE3", "繁體中文‧～"}, Sample{950, "\xA3\xE1", "€"},
        Sample{950, "\x87\x40", "䏰"}, Sample{950, "\xFE\xF7", "礼"}, Sample{950, "\x84\x68", "\uF0B7"},
        Sample{1361, "\xD0\x65\x8B\x69", "한글"}, Sample{51932, "\xC6\xFC\xCB\xDC\xB8\xEC\x8E\xB6\x8E\xC5", "日本語ｶﾅ"},
        Sample{51932, "\xAD\xA1\x8F\xB0\xA1", "①丂"}, Sample{54936, "\xD6\xD0\xCE\xC4\x95\x30\x85\x32", "中文🙂"},
        Sample{50220, "\x1B$BF|K\\8l\x1B(B abc", "日本語 abc"}, Sample{50221, "\x1B(I6E\x1B(Jx", "ｶﾅx"},
        Sample{50222,
               "\x0E"
               "6E\x0Fx",
               "ｶﾅx"},
        Sample{50220, "\x1B$B-!\x1B(B\x1B$(D0!\x1B(B", "①丂"}, Sample{50220, "\x1B$BF|\nabc", "日\nabc"},
        Sample{50220, "\x93\xFA\x96\x7B", "日本"}, Sample{50225, "\x1B$)C\x0EGQ19>n\x0F x", "한국어 x"},
        Sample{52936, "~{VPND~}abc~~~\n", "中文abc~"}, Sample{65000, "H+AOk +AKM +ZeVnLNg93go +-", "Hé £ 日本😊 +"},
        Sample{65000, "A+AGE-b+", "Aab+"}, Sample{65001, "日本😊", "日本😊"}, Sample{1200, "a\0\x3D\xD8\x0A\xDE"sv, "a😊"},
        Sample{1201, "\0a\xD8\x3D\xDE\x0A"sv, "a😊"}, Sample{37, "\xC8\x85\x93\x93\x96", "Hello"},
        Sample{12000, "\x0A\xF6\x01\0"sv, "😊"}),
    [](const auto& sample) {
      return "Page" + std::to_string(sample.param.codepage) + "No" + std::to_string(sample.index);
    });

TEST(Windows1252, UndefinedBytesAreControlsAndTold) {
  EXPECT_EQ(spoilt("\x81\x8D\x8F\x90\x9D", 1252), "\u0081\u008D\u008F\u0090\u009D");
}

TEST(Windows1252, IsTakenForAnUnknownPage) {
  EXPECT_EQ(spoilt("\x93\xE9", 4242), "“é");
  EXPECT_EQ(clean("ascii", 4242), "ascii");
}

TEST(Utf8, IsBelievedOnlyWhereItIs) {
  EXPECT_EQ(spoilt("caf\xE9", 65001), "café");
  EXPECT_EQ(spoilt("日本語日\xE6\x9C", 65001), "日本語日\uFFFD\uFFFD");
  EXPECT_EQ(spoilt("žluťoučký\xE9", 65001), "žluťoučký\uFFFD");
}

TEST(DoubleBytes, BadOnesAreReplacedAndTheRestIsRead) {
  EXPECT_EQ(spoilt("\x93\xFA\xFF\x96\x7B", 949).substr(0, 0), "");
  EXPECT_EQ(spoilt("\xD6\xD0\xFF x\xCE\xC4", 936), "中\uFFFD x文");
  EXPECT_EQ(spoilt("\x93\xFA\x93", 932), "日\uFFFD");
  EXPECT_EQ(spoilt("\x81 x", 932), "\uFFFD x");  // a lead does not swallow ASCII
}

TEST(DoubleBytes, CharactersOnTheBordersOfPiecesStayWhole) {
  for (const char* ahead : {"", "a"}) {
    std::string bytes = ahead;
    std::string text = ahead;
    for (int i = 0; i < 10'000; ++i) {
      bytes += "\xD6\xD0";
      text += "中";
    }
    EXPECT_EQ(clean(bytes, 936), text);
  }
}

TEST(DoubleBytes, ManyBadOnesTakeNoSquare) {
  for (const std::uint32_t codepage : {932u, 936u, 949u, 950u, 51932u, 1361u, 50220u}) {
    const std::string text = decode_codepage(std::string(256 << 10, '\xFF'), codepage);
    EXPECT_TRUE(is_utf8(text)) << codepage;
  }
}

TEST(DoubleBytes, AsciiIsAsciiWhateverStandsBeforeIt) {
  EXPECT_EQ(clean("\\~\xD0\x65\\~", 1361), "\\~한\\~");   // glibc has a won sign there
  EXPECT_EQ(clean("\\~\x93\xFA\\~", 10001), "\\~日\\~");  // and a yen sign and a line here
}

TEST(DoubleBytes, CharactersOfTwoCodePointsAndBeyondTheFirstPlaneAreRead) {
  EXPECT_EQ(clean("\x88\x62\x88\xA5", 951), "\u00CA\u0304\u00EA\u030C");
  EXPECT_EQ(clean("\x88\x62", 950), "\u00CA\u0304");
  EXPECT_EQ(clean("\x8E\xA3\xA1\xA1", 51950), clean("\x8E\xA3\xA1\xA1", 20000));
  EXPECT_EQ(clean("\xFE\x51\x90\x30\x81\x30\xE3\x32\x9A\x35", 54936), "\U00020087\U00010000\U0010FFFF");
  EXPECT_EQ(spoilt("\xE3\x32\x9A\x36", 54936), "\uFFFD2\uFFFD6");
}

TEST(Utf32, WhatIsNoCharacterIsReplacedWhole) {
  EXPECT_EQ(spoilt("\0\xD8\0\0a\0\0\0\0\0\x11\0b\0\0\0c"sv, 12000), "\uFFFDa\uFFFDb\uFFFD");
  EXPECT_EQ(clean("\0\1\xF6\x0A"sv, 12001), "😊");
}

TEST(Utf16, LoneSurrogatesAndOddBytesAreReplaced) {
  const auto decode = [](std::string_view bytes, bool* damaged) { return decode_utf16le(as_bytes(bytes), damaged); };
  for (const std::string_view bytes : {"a\0\x3D\xD8"sv, "a\0\x0A\xDE"sv, "a\0b"sv}) {
    bool damaged = false;
    EXPECT_EQ(decode(bytes, &damaged), "a\uFFFD");
    EXPECT_TRUE(damaged);
  }
}

TEST(Utf16, IsTheSameInWhateverPlaceAPairStands) {
  for (std::size_t ahead = 0; ahead < 9; ++ahead) {
    std::string utf16;
    for (std::size_t i = 0; i < ahead; ++i) utf16 += std::string("x\0", 2);
    utf16 += "\x3D\xD8\x0A\xDE\xE9";
    utf16 += std::string("\0y\0z\0", 5);
    EXPECT_EQ(decode_utf16le(as_bytes(utf16)), std::string(ahead, 'x') + "😊éyz");
  }
}

// Our tables against glibc's, byte by byte.
TEST(Tables, AgreeWithIconv) {
  for (const CodePage& page : kCodePages) {
    if (page.decoder != Decoder::table || !page.iconv) continue;
    // Read otherwise on purpose (WHATWG), or where glibc follows an older edition of the page.
    if (page.number == 20127 || page.number == 28591 || page.number == 28599 || page.number == 28601) continue;
    const iconv_t codec = iconv_open("UTF-8", page.iconv);
    ASSERT_NE(codec, reinterpret_cast<iconv_t>(-1)) << page.iconv;
    int differing = 0;
    for (int byte = 0x80; byte < 0x100; ++byte) {
      char in = static_cast<char>(byte);
      char buffer[8];
      char *from = &in, *to = buffer;
      std::size_t left = 1, room = sizeof buffer;
      iconv(codec, nullptr, nullptr, nullptr, nullptr);
      if (iconv(codec, &from, &left, &to, &room) == static_cast<std::size_t>(-1)) continue;
      iconv(codec, nullptr, nullptr, &to, &room);
      differing +=
          std::string_view(buffer, static_cast<std::size_t>(to - buffer)) != decode_codepage({&in, 1}, page.number);
    }
    iconv_close(codec);
    EXPECT_LE(differing, page.number >= 10000 && page.number < 11000 ? 12 : 4) << page.iconv;
  }
}

TEST(Names, LeadToCodePages) {
  const std::pair<const char*, std::uint32_t> kNames[] = {
      {"UTF-8", 65001},
      {"utf8", 65001},
      {"iso-8859-1", 28591},
      {"ISO8859-15", 28605},
      {"iso_8859-2:1987", 28592},
      {"windows-1252", 1252},
      {"cp1251", 1251},
      {"x-cp1250", 1250},
      {"Shift_JIS", 932},
      {"ISO-2022-JP", 50220},
      {"gb2312", 936},
      {"GB18030", 54936},
      {"big5", 950},
      {"euc-kr", 949},
      {"ks_c_5601-1987", 949},
      {"koi8-r", 20866},
      {"KOI8-U", 21866},
      {"us-ascii", 20127},
      {"utf-16", 1200},
      {"utf-7", 65000},
      {"hz-gb-2312", 52936},
      {"big5-hkscs", 951},
      {"ibm850", 850},
      {"macintosh", 10000},
      {" \"utf-8\" ", 65001},
      {"iso-8859-8-i", 38598},
      {"", 0},
      {"x-unknown", 0},
      {"windows-99999", 0},
      {"iso-8859-99", 0},
  };
  for (const auto& [name, codepage] : kNames) EXPECT_EQ(codepage_of_charset(name), codepage) << name;
}

TEST(Names, OfIconvAreKnown) {
  EXPECT_STREQ(iconv_name_of_codepage(932), "CP932");
  EXPECT_STREQ(iconv_name_of_codepage(65001), "UTF-8");
  EXPECT_EQ(iconv_name_of_codepage(4242), nullptr);
}

TEST(Locales, LeadToCodePages) {
  EXPECT_EQ(codepage_of_locale(0x0411), 932u);
  EXPECT_EQ(codepage_of_locale(0x0804), 936u);
  EXPECT_EQ(codepage_of_locale(0x0404), 950u);
  EXPECT_EQ(codepage_of_locale(0x0C07), 1252u);
  EXPECT_EQ(codepage_of_locale(0x0419), 1251u);
  EXPECT_EQ(codepage_of_locale(0x241A), 1250u);
  EXPECT_EQ(codepage_of_locale(0x1C1A), 1251u);
  EXPECT_EQ(codepage_of_locale(0x0439), 0u);  // Hindi has no ANSI page
  EXPECT_EQ(codepage_of_locale(0), 0u);
}

TEST(Guess, Utf8IsToldFromAccidents) {
  EXPECT_TRUE(is_surely_utf8("café", 1252));
  EXPECT_TRUE(is_surely_utf8("it’s", 1252));
  EXPECT_FALSE(is_surely_utf8("NESCAF\xC9\xAE", 1252));
  EXPECT_FALSE(is_surely_utf8("\xC5\xB8", 1251));  // "Её"
  EXPECT_TRUE(is_surely_utf8("Привет", 1251));
  EXPECT_FALSE(is_surely_utf8("\xD2\xBB\xD0\xA9", 936));  // "一些"
  EXPECT_TRUE(is_surely_utf8("日本語", 932));
  EXPECT_FALSE(is_surely_utf8("caf\xE9", 1252));
  EXPECT_FALSE(is_surely_utf8("ascii", 1252));
}

TEST(Guess, DoubleBytePagesAreSeen) {
  EXPECT_EQ(guess_codepage("\x82\xB1\x82\xF1\x82\xC9\x82\xBF\x82\xCD\x90\xA2\x8A\x45"), 932u);  // こんにちは世界
  EXPECT_EQ(guess_codepage("\xA4\xB3\xA4\xF3\xA4\xCB\xA4\xC1\xA4\xCF"), 51932u);
  EXPECT_EQ(guess_codepage("\xC4\xFA\xBA\xC3\xA3\xAC\xD5\xE2\xCA\xC7\xD2\xBB\xB7\xE2\xD0\xC5"),
            936u);  // 您好，这是一封信
  EXPECT_EQ(guess_codepage("\xBE\xC8\xB3\xE7\xC7\xCF\xBC\xBC\xBF\xE4 \xB9\xDD\xB0\xA9\xBD\xC0\xB4\xCF\xB4\xD9"), 949u);
  EXPECT_EQ(guess_codepage("\xB1\x7A\xA6\x6E\xA1\x41\xB3\x6F\xAC\x4F\xA4\x40\xAB\xCA\xAB\x48\xA1\x43"),
            950u);  // 您好，這是一封信。
  EXPECT_EQ(guess_codepage("\x1B$BF|K\\\x1B(B"), 50220u);
}

TEST(Guess, ScriptsOfOneByteAreSeen) {
  EXPECT_EQ(guess_codepage("\xC7\xE4\xF0\xE0\xE2\xF1\xF2\xE2\xF3\xE9\xF2\xE5, \xEA\xE0\xEA \xE4\xE5\xEB\xE0? "
                           "\xCF\xEE\xF1\xFB\xEB\xE0\xFE \xEF\xE8\xF1\xFC\xEC\xEE."),
            1251u);  // Здравствуйте, как дела? Посылаю письмо.
  EXPECT_EQ(guess_codepage("\xFA\xC4\xD2\xC1\xD7\xD3\xD4\xD7\xD5\xCA\xD4\xC5, \xCB\xC1\xCB \xC4\xC5\xCC\xC1? "
                           "\xF0\xCF\xD3\xD9\xCC\xC1\xC0 \xD0\xC9\xD3\xD8\xCD\xCF."),
            20866u);  // Здравствуйте, как дела? Посылаю письмо.
  EXPECT_EQ(
      guess_codepage("\xCA\xE1\xEB\xE7\xEC\xDD\xF1\xE1, \xF4\xE9 \xEA\xDC\xED\xE5\xE9\xF2 \xF3\xDE\xEC\xE5\xF1\xE1;"),
      1253u);  // Καλημέρα, τι κάνεις σήμερα;
  EXPECT_EQ(guess_codepage("\xF9\xEC\xE5\xED \xF8\xE1, \xEE\xE4 \xF9\xEC\xE5\xEE\xEA \xE4\xE9\xE5\xED"),
            1255u);  // שלום רב, מה שלומך היום
  EXPECT_EQ(guess_codepage("\xC7\xE1\xD3\xE1\xC7\xE3 \xDA\xE1\xED\xDF\xE3 \xE6\xD1\xCD\xE3\xC9 \xC7\xE1\xE1\xE5 "
                           "\xE6\xC8\xD1\xDF\xC7\xCA\xE5"),
            1256u);  // السلام عليكم ورحمة الله وبركاته
}

TEST(Guess, WesternTextIsNotTakenForAnother) {
  for (const char* text : {"d\xE9j\xE0 vu, na\xEFve, fa\xE7"
                           "ade, \xC9t\xE9, gar\xE7on",
                           "\x93It\x92s,\x94 she said \x96 don\x92t, won\x92t, can\x92t",
                           "\xC4rzte, \xD6l, \xDC"
                           "bung, gr\xFC\xDF"
                           "en, Stra\xDF"
                           "e, Gr\xF6\xDF"
                           "e",
                           "F\xC5R \xC6RE \xD8L \xC5R \xC5RET \xC5"
                           "BEN \xC6GTE \xC5S",
                           "\xE9\xE8\xE0\xF9\xE7 \xE9\xE8\xE0\xF9\xE7"})
    EXPECT_EQ(guess_codepage(text), 0u) << text;
}

// What a sandbox does: nothing can be opened any more.
TEST(Codecs, NeedNoFileToBeOpened) {
  const auto child = [] {
    const rlimit none{0, 0};
    setrlimit(RLIMIT_NOFILE, &none);
    bool damaged = false;
    const auto reads = [&](std::string_view bytes, std::uint32_t codepage, std::string_view text) {
      return decode_codepage(bytes, codepage, &damaged) == text;
    };
    const bool all = reads("\x93\xFA", 932, "日") && reads("\x1B$BF|", 50220, "日") && reads("\xE9", 1251, "й") &&
                     reads("\xD6\xD0", 936, "中") && reads("\xC8\x85", 20273, "He") && reads("\xA4\xA4", 10008, "い");
    _exit(all && !damaged ? 0 : 1);
  };
  EXPECT_EXIT(child(), ::testing::ExitedWithCode(0), "");
}

TEST(Codecs, WorkInManyThreadsAtOnce) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([] {
      for (int k = 0; k < 200; ++k) EXPECT_EQ(decode_codepage("\x93\xFA\x96\x7B", 932), "日本");
    });
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace mapiguard
