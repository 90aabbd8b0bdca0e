#include "converter/mime/quoted_printable.h"

#include <gmime/gmime.h>
#include <gtest/gtest.h>

#include <random>

namespace mapiguard {
namespace {

std::string decoded(const std::string& text) {
  GMimeEncoding state;
  g_mime_encoding_init_decode(&state, GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);
  std::string out(text.size() + 16, '\0');
  out.resize(g_mime_encoding_flush(&state, text.data(), text.size(), out.data()));
  return out;
}

void expect_lines_fit(const std::string& text) {
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find("\r\n", start), text.size());
    EXPECT_LE(end - start, 76u) << text.substr(start, end - start);
    const char last = end > start ? text[end - 1] : 'x';
    EXPECT_TRUE(last != ' ' && last != '\t') << "a blank ends a line";
    start = end + 2;
  }
}

TEST(QuotedPrintable, TextComesBackWhateverItsLinesAre) {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    const auto size = random() % 400;
    for (unsigned i = 0; i < size; ++i) text += "ab =\xC3\xA4\t.=_ z"[random() % 12];
    if (random() % 2) text.insert(random() % (text.size() + 1), "\r\n");
    const std::string encoded = quoted_printable(text);
    ASSERT_EQ(decoded(encoded), text);
    expect_lines_fit(encoded);
  }
}

TEST(QuotedPrintable, BlankBeforeALineEndIsEncoded) { EXPECT_EQ(quoted_printable("a \r\nb\t"), "a=20\r\nb=09"); }

TEST(QuotedPrintable, LongLineIsBrokenBySoftBreaks) {
  const std::string encoded = quoted_printable(std::string(200, 'x'));
  EXPECT_EQ(encoded, std::string(75, 'x') + "=\r\n" + std::string(75, 'x') + "=\r\n" + std::string(50, 'x'));
}

TEST(QuotedPrintable, LineOfExactlySeventySixStaysWhole) {
  EXPECT_EQ(quoted_printable(std::string(76, 'x')), std::string(76, 'x'));
}

TEST(WithCrlf, EveryKindOfLineEndBecomesCrlf) {
  EXPECT_EQ(with_crlf("a\nb\rc\r\nd\n\re"), "a\r\nb\r\nc\r\nd\r\n\r\ne");
}
TEST(WithCrlf, NulsAreDropped) { EXPECT_EQ(with_crlf(std::string_view("a\0b", 3)), "ab"); }

TEST(EncodingForText, ShortAsciiLinesStayAsTheyAre) {
  EXPECT_EQ(encoding_for_text("Hello\r\nworld\r\n"), Encoding::as_is_7bit);
}
TEST(EncodingForText, MostlyAsciiIsQuotedPrintable) {
  EXPECT_EQ(encoding_for_text("Viele Grüße aus dem Süden des Landes, wo die Sonne scheint"),
            Encoding::quoted_printable);
}
TEST(EncodingForText, MostlyNonAsciiIsBase64) {
  EXPECT_EQ(encoding_for_text("これは日本語のテキストです"), Encoding::base64);
}
TEST(EncodingForText, LongLinesAreNotLeftAsTheyAre) {
  EXPECT_NE(encoding_for_text(std::string(79, 'x')), Encoding::as_is_7bit);
}
TEST(EncodingForText, WhatLooksLikeABoundaryIsEncoded) {
  EXPECT_NE(encoding_for_text("--=_0001_abc\r\n"), Encoding::as_is_7bit);
}

}  // namespace
}  // namespace mapiguard
