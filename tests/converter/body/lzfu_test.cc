#include "tests/converter/body/body_fixture.h"

namespace mapiguard {
namespace {

std::string u32(std::uint32_t value) {
  std::string bytes;
  for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(value >> shift & 0xFF);
  return bytes;
}

std::string from_hex(std::string_view digits) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    bytes += static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16));
  return bytes;
}

// The examples of MS-OXRTFCP 4.1.
const std::string kHello = from_hex(
    "2d0000002b0000004c5a4675f1c5c7a703000a00726370673132354232"
    "0af32068656c090020627705b06c647d0a800fa0");
constexpr std::string_view kHelloText = "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n";

class LzfuTest : public testing::BodyTest {
 protected:
  std::optional<std::string> expand(std::string_view bytes, std::uint64_t most = 1 << 20) {
    return decompress_rtf(as_bytes(bytes), most, budget, defects, "rtf");
  }
  static std::string mela(std::string_view rtf, std::uint32_t told) {
    return u32(static_cast<std::uint32_t>(rtf.size()) + 12) + u32(told) + "MELA" + u32(0) + std::string(rtf);
  }
  // Literals alone, with the end marker: each control byte is 0 but the last.
  static std::string literals(std::string_view text) {
    std::string body;
    std::size_t written = 0;
    for (; text.size() - written >= 8; written += 8) body += '\0' + std::string(text.substr(written, 8));
    const std::string_view rest = text.substr(written);
    body += static_cast<char>(1 << rest.size());
    body += rest;
    const std::size_t place = (207 + text.size()) % 4096;
    body += static_cast<char>(place >> 4);
    body += static_cast<char>((place & 0xF) << 4);
    return u32(static_cast<std::uint32_t>(body.size()) + 12) + u32(static_cast<std::uint32_t>(text.size())) + "LZFu" +
           u32(0) + body;
  }
};

TEST_F(LzfuTest, ExampleOfTheSpecificationExpands) {
  EXPECT_EQ(expand(kHello), kHelloText);
  EXPECT_TRUE(report.defects.empty()) << report.defects[0].what;
}

TEST_F(LzfuTest, MatchMayOverlapWhatItWrites) {  // MS-OXRTFCP 4.1.2: "{\rtf1 WXYZWXYZWXYZWXYZWXYZ}"
  const std::string bytes = from_hex("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0");
  EXPECT_EQ(expand(bytes), "{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}");
  EXPECT_TRUE(report.defects.empty());
}

TEST_F(LzfuTest, WrongChecksumCostsADefectNotTheText) {
  std::string bytes = kHello;
  bytes[12] ^= 1;
  EXPECT_EQ(expand(bytes), kHelloText);
  ASSERT_EQ(report.defects.size(), 1u);
  EXPECT_EQ(report.defects[0].severity, Severity::repaired);
  EXPECT_EQ(report.defects[0].where, "rtf");
}

TEST_F(LzfuTest, WrongRawSizeCostsADefectNotTheText) {
  for (const char size : {'\x05', '\x7F'}) {
    report.defects.clear();
    std::string bytes = kHello;
    bytes[4] = size;
    EXPECT_EQ(expand(bytes), kHelloText);
    EXPECT_TRUE(has(Severity::repaired));
  }
}

TEST_F(LzfuTest, WrongCompressedSizeCostsADefectNotTheText) {
  for (const std::uint32_t size : {0u, 3u, 20u, 0x7FFFFFFFu, 0xFFFFFFFFu}) {
    report.defects.clear();
    EXPECT_EQ(expand(u32(size) + kHello.substr(4)), kHelloText) << size;
    EXPECT_TRUE(has(Severity::repaired)) << size;
  }
}

TEST_F(LzfuTest, BytesBehindTheEndMarkerAreNotRead) {
  EXPECT_EQ(expand(kHello + "rubbish that is no token"), kHelloText);
}

TEST_F(LzfuTest, EachTruncationYieldsAPrefix) {
  for (std::size_t size = 16; size < kHello.size(); ++size) {
    const auto text = expand(kHello.substr(0, size));
    ASSERT_TRUE(text.has_value());
    EXPECT_TRUE(kHelloText.starts_with(*text)) << size;
  }
  EXPECT_TRUE(has(Severity::loss));
}

TEST_F(LzfuTest, LessThanAHeaderIsNothing) {
  for (std::size_t size = 0; size < 16; ++size) EXPECT_FALSE(expand(kHello.substr(0, size)).has_value());
}

TEST_F(LzfuTest, AnotherMagicIsNothing) {
  std::string bytes = kHello;
  bytes[8] = 'X';
  EXPECT_FALSE(expand(bytes).has_value());
}

TEST_F(LzfuTest, LiteralsOfAnyLengthExpand) {
  for (std::size_t length = 0; length < 40; ++length) {
    const std::string text(length, 'x');
    EXPECT_EQ(expand(literals(text)), text);
  }
  const std::string lengthy = testing::repeated("0123456789abcdef", 1000);  // goes round the dictionary
  EXPECT_EQ(expand(literals(lengthy)), lengthy);
}

TEST_F(LzfuTest, UncompressedFormIsCopied) {
  EXPECT_EQ(expand(mela("{\\rtf1 x}", 9)), "{\\rtf1 x}");
  EXPECT_EQ(expand(mela("{\\rtf1 x}", 21)), "{\\rtf1 x}");  // a size that counts the rest of the header
  EXPECT_TRUE(report.defects.empty());
}

TEST_F(LzfuTest, UncompressedFormWithALyingSizeGivesWhatThereIs) {
  EXPECT_EQ(expand(mela("{\\rtf1 x}", 500)), "{\\rtf1 x}");
  EXPECT_EQ(expand(mela("{\\rtf1 x}", 0)), "{\\rtf1 x}");
  EXPECT_TRUE(has(Severity::repaired));
}

TEST_F(LzfuTest, BareRtfIsTakenAsItIs) {
  EXPECT_EQ(expand("{\\rtf1 x}"), "{\\rtf1 x}");
  EXPECT_TRUE(has(Severity::repaired));
}

TEST_F(LzfuTest, NoMoreThanAllowedComesOut) {
  EXPECT_EQ(expand(kHello, 10), kHelloText.substr(0, 10));
  EXPECT_TRUE(has(Severity::loss));
}

TEST_F(LzfuTest, BombIsCutAtTheLimit) {
  std::string body = "a";
  body.insert(0, 1, '\xFE');  // one literal, then matches of 17 bytes one place back
  const auto add_match = [&](std::size_t written) {
    const std::size_t place = (207 + written - 1) % 4096;
    body += static_cast<char>(place >> 4);
    body += static_cast<char>((place & 0xF) << 4 | 0xF);
  };
  std::size_t written = 1;
  for (int i = 0; i < 7; ++i, written += 17) add_match(written);
  for (int control = 0; control < 60'000; ++control) {
    body += '\xFF';
    for (int i = 0; i < 8; ++i, written += 17) add_match(written);
  }
  const auto text = expand(u32(0) + u32(0xFFFFFFFF) + "LZFu" + u32(0) + body, 1 << 20);
  ASSERT_TRUE(text.has_value());
  EXPECT_EQ(text->size(), 1u << 20);
  EXPECT_EQ(text->find_first_not_of('a'), std::string::npos);
  EXPECT_TRUE(has(Severity::loss));
}

TEST_F(LzfuTest, BudgetEndsTheWork) {
  budget = Budget(16);
  const auto text = expand(kHello);
  ASSERT_TRUE(text.has_value());
  EXPECT_LT(text->size(), kHelloText.size());
  EXPECT_TRUE(has(Severity::loss));
}

}  // namespace
}  // namespace mapiguard
