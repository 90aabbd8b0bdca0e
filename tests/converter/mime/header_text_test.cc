#include "converter/mime/header_text.h"

#include <gmime/gmime.h>
#include <gtest/gtest.h>

#include "base/gref.h"
#include "base/text.h"

namespace mapiguard {
namespace {

std::string decoded(const std::string& value) {
  g_mime_init();
  std::string unfolded;
  for (const char c : value)
    if (c != '\r' && c != '\n') unfolded += c;
  return GString8(g_mime_utils_header_decode_text(nullptr, unfolded.c_str())).get();
}

void expect_well_folded(const std::string& value, std::size_t most = 78) {
  EXPECT_TRUE(is_ascii(value)) << value;
  for (std::size_t start = 0; start <= value.size();) {
    const std::size_t end = std::min(value.find("\r\n", start), value.size());
    EXPECT_LE(end - start, most);
    EXPECT_NE(value.substr(start, end - start).find_first_not_of(" \t"), std::string::npos) << "a line of blanks";
    start = end + 2;
  }
}

std::string phrase(std::string_view name) {
  HeaderValue value(4);
  append_phrase(value, name);
  return value.take();
}
std::string parameter(std::string_view name, std::string_view text) {
  HeaderValue value(19);
  value.word("attachment");
  append_parameter(value, name, text);
  return value.take();
}

TEST(EncodeText, PlainAsciiStaysAsItIs) { EXPECT_EQ(encode_text("Subject", "Hello, world"), "Hello, world"); }

TEST(EncodeText, OnlyTheWordsThatNeedItAreEncoded) {
  EXPECT_EQ(encode_text("Subject", "Re: viele Grüße an alle"), "Re: viele =?utf-8?B?R3LDvMOfZQ==?= an alle");
}

TEST(EncodeText, EncodedTextComesBack) {
  for (const std::string text :
       {"Grüße", "日本語のとても長い件名がここにありますので折り返しが必要になります。そうですね", "a é b é c",
        "naïve  two  blanks", "tail é", "emoji 😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀 end"}) {
    const std::string value = encode_text("Subject", text);
    EXPECT_EQ(decoded(value), text);
    expect_well_folded(value);
    EXPECT_TRUE(has_sound_encoded_words(value));
  }
}

TEST(EncodeText, WhatLooksLikeAnEncodedWordIsEncoded) {
  const std::string text = "=?utf-8?Q?not meant?=";
  EXPECT_EQ(decoded(encode_text("Subject", text)), text);
}

TEST(EncodeText, LongTextIsFolded) {
  std::string text;
  for (int i = 0; i < 200; ++i) text += "word ";
  expect_well_folded(encode_text("Subject", text));
}

TEST(EncodeText, NoLinePassesTheLimitOfSmtp) {
  const std::string text(5000, 'x');
  const std::string value = encode_text("Subject", text);
  expect_well_folded(value);
  EXPECT_EQ(decoded(value), text);
}

TEST(EncodeText, LineEndsCannotSmuggleAField) {
  EXPECT_EQ(encode_text("Subject", "a\r\nBcc: evil@example.org"), "a  Bcc: evil@example.org");
}

TEST(EncodeText, RunsOfBlanksSurviveAFold) {
  const std::string text = std::string(70, 'a') + "          " + std::string(40, 'b');
  EXPECT_EQ(decoded(encode_text("Subject", text)), text);
}

TEST(AppendPhrase, AtomsStandBare) { EXPECT_EQ(phrase("Ada Lovelace"), "Ada Lovelace"); }
TEST(AppendPhrase, SpecialsAreQuoted) {
  EXPECT_EQ(phrase("Lovelace, Ada"), "\"Lovelace, Ada\"");
  EXPECT_EQ(phrase("A \"quoted\" \\ name"), "\"A \\\"quoted\\\" \\\\ name\"");
  EXPECT_EQ(phrase("Dr. Ada"), "\"Dr. Ada\"");
}
TEST(AppendPhrase, NonAsciiIsEncoded) {
  EXPECT_EQ(phrase("Dr. Jörg Tannenbaum"), "=?utf-8?Q?Dr=2E_J=C3=B6rg_Tannenbaum?=");
  EXPECT_EQ(phrase("日本"), "=?utf-8?B?5pel5pys?=");
}

TEST(AppendParameter, TokensStandBareAndOthersAreQuoted) {
  EXPECT_EQ(parameter("filename", "a.txt"), "attachment; filename=a.txt");
  EXPECT_EQ(parameter("filename", "my file.txt"), "attachment; filename=\"my file.txt\"");
}
TEST(AppendParameter, NonAsciiIsExtended) {
  EXPECT_EQ(parameter("filename", "Grüße.txt"), "attachment; filename*=utf-8''Gr%C3%BC%C3%9Fe.txt");
}
TEST(AppendParameter, LongNamesContinueAndComeBack) {
  std::string name;
  for (int i = 0; i < 40; ++i) name += "日本 ";
  name += "end.txt";
  const std::string value = parameter("filename", name);
  expect_well_folded(value);
  g_mime_init();
  const GRef<GMimeContentDisposition> parsed = adopt(g_mime_content_disposition_parse(nullptr, value.c_str()));
  EXPECT_EQ(std::string(g_mime_content_disposition_get_parameter(parsed.get(), "filename")), name);
}

TEST(SoundEncodedWords, GoodOnesAreKept) {
  EXPECT_TRUE(has_sound_encoded_words("=?utf-8?B?R3LDvMOfZQ==?= =?iso-8859-1?Q?M=FCller?="));
  EXPECT_TRUE(has_sound_encoded_words("no words at all?="));
}
TEST(SoundEncodedWords, BadPaddingSplitCharactersAndMissingBlanksAreFound) {
  EXPECT_FALSE(has_sound_encoded_words("=?utf-8?B?R3LDvMOfZQ?="));
  EXPECT_FALSE(has_sound_encoded_words("=?utf-8?Q?Gr=C3?= =?utf-8?Q?=BC?="));
  EXPECT_FALSE(has_sound_encoded_words("x=?utf-8?Q?a?="));
  EXPECT_FALSE(has_sound_encoded_words("=?no-such-charset?Q?a?="));
  EXPECT_FALSE(has_sound_encoded_words("=?utf-8?Q?a b?="));
}

}  // namespace
}  // namespace mapiguard
