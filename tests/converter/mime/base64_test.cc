#include "converter/mime/base64.h"

#include <gtest/gtest.h>

#include <random>

namespace mapiguard {
namespace {

std::string random_bytes(std::size_t size) {
  std::mt19937 random(static_cast<unsigned>(size));
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

std::string in_lines(std::string_view bytes) {
  std::string out((bytes.size() / kBase64LineBytes + 1) * kBase64LineChars, '\0');
  const std::size_t lines = bytes.size() / kBase64LineBytes;
  char* end = encode_base64_lines(as_bytes(bytes).data(), lines, out.data());
  end = encode_base64_last_line(as_bytes(bytes.substr(lines * kBase64LineBytes)), end);
  out.resize(static_cast<std::size_t>(end - out.data()));
  return out;
}

TEST(Base64, KnownVectorsOfRfc4648AreMet) {
  EXPECT_EQ(base64(as_bytes("")), "");
  EXPECT_EQ(base64(as_bytes("f")), "Zg==");
  EXPECT_EQ(base64(as_bytes("fo")), "Zm8=");
  EXPECT_EQ(base64(as_bytes("foo")), "Zm9v");
  EXPECT_EQ(base64(as_bytes("foobar")), "Zm9vYmFy");
}

TEST(Base64, EveryByteValueIsEncodedAlikeByBothEncoders) {
  for (std::size_t size = 0; size < 700; ++size) {
    const std::string bytes = random_bytes(size);
    std::string without_ends = in_lines(bytes);
    std::erase_if(without_ends, [](char c) { return c == '\r' || c == '\n'; });
    ASSERT_EQ(without_ends, base64(as_bytes(bytes))) << size;
  }
}

TEST(Base64, LinesHaveSeventySixCharactersAndCrlf) {
  const std::string text = in_lines(random_bytes(57 * 3 + 5));
  ASSERT_EQ(text.size(), 78u * 3 + 8 + 2);
  for (std::size_t line = 0; line < 3; ++line) EXPECT_EQ(text.substr(line * 78 + 76, 2), "\r\n");
  EXPECT_TRUE(text.ends_with("=\r\n"));
}

TEST(Base64, DecodingGivesTheOriginal) {
  for (std::size_t size = 0; size < 300; ++size) {
    const std::string bytes = random_bytes(size);
    ASSERT_EQ(decode_base64(base64(as_bytes(bytes))), bytes);
  }
}

TEST(Base64, IllFormedTextIsRefused) {
  for (const char* text : {"Zg=", "Zg", "Z", "Zg==Zg==", "Z===", "Zm9\x80", "Zm9 "})
    EXPECT_EQ(decode_base64(text), std::nullopt) << text;
}

}  // namespace
}  // namespace mapiguard
