#include "tools/registry/reg_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"

namespace mapiguard {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kHead = "Windows Registry Editor Version 5.00\r\n\r\n";
constexpr std::string_view kKey = "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Test]\r\n";

std::string utf16(std::string_view text) { return "\xFF\xFE" + std::string(as_chars(utf16le_of(text))); }

Registry read(std::string_view file) {
  const auto registry = read_reg_text(as_bytes(file));
  EXPECT_TRUE(registry) << registry.error().message;
  return registry.value_or(Registry());
}
// The values of one key.
std::vector<RegistryValue> values(std::string_view lines) {
  const Registry registry = read(utf16(std::string(kHead) + std::string(kKey) + std::string(lines)));
  return registry.keys.empty() ? std::vector<RegistryValue>() : registry.keys[0].values;
}
RegistryValue value(std::string_view line) {
  const auto found = values(line);
  EXPECT_EQ(found.size(), 1u) << line;
  return found.empty() ? RegistryValue() : found[0];
}
std::string reason(std::string_view lines) {
  const auto registry = read_reg_text(as_bytes(utf16(std::string(kHead) + std::string(kKey) + std::string(lines))));
  EXPECT_FALSE(registry) << lines;
  if (registry) return {};
  EXPECT_EQ(registry.error().code, ErrorCode::not_a_message);
  return registry.error().message;
}

TEST(RegTextTest, BothEncodingsOfOneExportAreTheSameRegistry) {
  const std::string body = "[HKEY_LOCAL_MACHINE\\SYSTEM\\X]\r\n\"Größe\"=\"5 €\"\r\n\"n\"=dword:0000000a\r\n";
  EXPECT_EQ(read(utf16(std::string(kHead) + body)).keys, read(ansi_of_utf8("REGEDIT4\r\n\r\n" + body)).keys);
}

TEST(RegTextTest, AnsiThatIsUtf8IsTakenAsThat) {
  EXPECT_EQ(read("REGEDIT4\n[HKEY_USERS\\ü]\n").keys[0].path, "HKEY_USERS\\ü");
  EXPECT_EQ(read("REGEDIT4\n[HKEY_USERS\\\xFC]\n").keys[0].path, "HKEY_USERS\\ü");
}

TEST(RegTextTest, EveryTypeThatRegeditWritesIsRead) {
  EXPECT_EQ(dword_of(value("\"a\"=dword:00093a80\r\n")), 604800u);
  EXPECT_EQ(text_of(value("\"a\"=\"b\"\r\n")), "b");
  EXPECT_EQ(text_of(value("\"a\"=hex(2):25,00,61,00,25,00,00,00\r\n")), "%a%");
  EXPECT_EQ(value("\"a\"=hex:01,02,ff\r\n").data.size(), 3u);
  EXPECT_EQ(value("\"a\"=hex:\r\n").data.size(), 0u);
  EXPECT_EQ(value("\"a\"=hex(b):01,00,00,00,00,00,00,00\r\n").type, RegistryType::qword);
  EXPECT_EQ(dword_of(value("\"a\"=hex(4):02,00,00,00\r\n")), 2u);
  EXPECT_EQ(type_name(value("\"a\"=hex(100042):\r\n").type), "type 0x00100042");
  EXPECT_THAT(*texts_of(value("\"PoisonIDs\"=hex(7):61,00,00,00,62,00,63,00,00,00,00,00\r\n")), ElementsAre("a", "bc"));
  EXPECT_EQ(value("@=\"x\"\r\n").name, "");
}

TEST(RegTextTest, MultiStringOfAnAnsiFileIsAnsi) {
  const Registry registry = read("REGEDIT4\r\n[HKEY_USERS\\k]\r\n\"PoisonIDs\"=hex(7):3c,61,3e,00,fc,00,00\r\n");
  EXPECT_THAT(*texts_of(registry.keys[0].values[0]), ElementsAre("<a>", "ü"));
}

TEST(RegTextTest, ListWithoutTerminatorsIsReadToItsEnd) {
  EXPECT_THAT(*texts_of(value("\"a\"=hex(7):61,00,00,00,62,00\r\n")), ElementsAre("a", "b"));
  EXPECT_THAT(*texts_of(value("\"a\"=hex(7):\r\n")), ElementsAre());
}

TEST(RegTextTest, BackslashContinuesTheLine) {
  EXPECT_EQ(value("\"a\"=hex:01,\\\r\n  02,03,\\\r\n  04\r\n").data.size(), 4u);
  EXPECT_EQ(values("\"a\"=hex:01,\\\r\n  02\r\n\"b\"=dword:1\r\n").size(), 2u);
}

TEST(RegTextTest, EscapesAreUndone) {
  EXPECT_EQ(value("\"Mapiguard\\\\Era\"=\"say \\\"hi\\\" in C:\\\\\"\r\n").name, "Mapiguard\\Era");
  EXPECT_EQ(text_of(value("\"a\"=\"say \\\"hi\\\" in C:\\\\\"\r\n")), "say \"hi\" in C:\\");
}

TEST(RegTextTest, TextMayGoOnInTheNextLine) {
  const auto found = values("\"a\"=\"one\r\ntwo\"\r\n\"b\"=\"x\"\r\n");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(text_of(found[0]), "one\r\ntwo");
  EXPECT_EQ(found[1].line, 6u);
}

TEST(RegTextTest, CommentsAndBlankLinesAreNothing) {
  EXPECT_EQ(values("; a comment\r\n\r\n  ; another\r\n\"a\"=dword:1 ; why\r\n").size(), 1u);
}

TEST(RegTextTest, DeletionOfAKeyAndOfAValueIsToldFromAbsence) {
  EXPECT_TRUE(value("\"PoisonThreshold\"=-\r\n").deletes);
  const Registry registry = read(utf16(std::string(kHead) + "[-HKEY_LOCAL_MACHINE\\SOFTWARE\\Test]\r\n"));
  EXPECT_TRUE(registry.keys.at(0).deletes);
}

TEST(RegTextTest, KeysMayHoldBracketsAndShortRootsAreSpeltOut) {
  EXPECT_EQ(read("REGEDIT4\n[HKLM\\a[b]c]\n").keys[0].path, "HKEY_LOCAL_MACHINE\\a[b]c");
}

TEST(RegTextTest, WhatIsWrongIsNamedWithItsLine) {
  for (const auto& [lines, said] : {std::pair{"\"a\"=dword:xyz\r\n", "line 4: dword: takes one to eight"},
                                    {"\"a\"=dword:123456789\r\n", "line 4: dword:"},
                                    {"\r\n\"a\"=\"open\r\n", "line 5: the text has no closing quotation mark"},
                                    {"\"a\r\n", "line 4: the name of the value has no closing"},
                                    {"\"a\"\r\n", "line 4: '=' is missing"},
                                    {"\"a\"=maybe\r\n", "line 4: the value is neither"},
                                    {"\"a\"=hex:01,zz\r\n", "line 4: a byte of two hexadecimal digits"},
                                    {"\"a\"=hex:01 02\r\n", "line 4: '02' stands behind the bytes"},
                                    {"\"a\"=hex:01,\\\r\n", "line 4: the file ends within a value"},
                                    {"\"a\"=hex(:01\r\n", "line 4: hex( takes"},
                                    {"\"a\"=hex(7)01\r\n", "line 4: ':' is missing"},
                                    {"\"a\"=\"C:\\Temp\"\r\n", "line 4: a backslash in the text"},
                                    {"\"a\"=\"b\" c\r\n", "line 4: 'c' stands behind the text"},
                                    {"[HKEY_LOCAL_MACHINE\\a\r\n", "line 4: the key has no closing bracket"},
                                    {"[HKEY_LOCAL_MACHINE\\\\a]\r\n", "line 4: the key has a part without a name"},
                                    {"[Somewhere\\a]\r\n", "line 4: a key begins with HKEY_LOCAL_MACHINE"},
                                    {"hello\r\n", "line 4: neither a key, a value nor a comment"}})
    EXPECT_THAT(reason(lines), HasSubstr(said)) << lines;
}

TEST(RegTextTest, FileThatIsNoRegistryTextIsRefused) {
  for (const auto& [file, said] :
       {std::pair<std::string, std::string>{"", "the file is empty"},
        {"\r\n\r\n", "the file is empty"},
        {"<?xml version=\"1.0\"?>", "line 1: a .reg file begins with"},
        {std::string("regf\0\0\0\1", 8), "line 1: a .reg file begins with"},
        {"\xFE\xFF\0R", "bytes swapped"},
        {"REGEDIT4\r\n\"a\"=dword:1\r\n", "line 2: a value stands before the first key"},
        {"REGEDIT4\r\n[-HKEY_USERS\\a]\r\n\"a\"=dword:1\r\n", "line 3: a value stands below a key that is deleted"}}) {
    const auto registry = read_reg_text(as_bytes(file));
    ASSERT_FALSE(registry) << file;
    EXPECT_THAT(registry.error().message, HasSubstr(said));
  }
}

TEST(RegTextTest, WhatIsWrittenIsReadBackTheSameInBothEncodings) {
  Registry registry;
  registry.keys.push_back({"HKEY_LOCAL_MACHINE\\SYSTEM\\K", false, 0, {}});
  auto& into = registry.keys[0].values;
  into = {dword_value("number", 0xDEADBEEF), text_value("text", "a \"b\" \\ ü"), text_value("two lines", "a\r\nb"),
          texts_value("ids", {"<one@example.org>", "<two@example.org>", std::string(200, 'x')})};
  into.push_back({"binary", RegistryType::binary, std::vector<std::byte>(100, std::byte{0xAB})});
  into.push_back({"gone", RegistryType::none, {}, true});
  registry.keys.push_back({"HKEY_LOCAL_MACHINE\\SYSTEM\\Old", true, 0, {}});
  for (const RegEncoding encoding : {RegEncoding::utf16, RegEncoding::ansi}) {
    Registry back = read(write_reg_text(registry, encoding));
    for (RegistryKey& key : back.keys) {
      key.line = 0;
      for (RegistryValue& found : key.values) found.line = 0;
    }
    EXPECT_EQ(back, registry);
  }
}

TEST(RegTextTest, WrittenLinesAreThoseOfRegedit) {
  Registry registry;
  registry.keys.push_back(
      {"HKEY_USERS\\K", false, 0, {dword_value("Track Duplicates", 1), texts_value("l", {std::string(40, 'a')})}});
  const std::string text = utf16le_to_utf8(slice(as_bytes(write_reg_text(registry, RegEncoding::utf16)), 2));
  EXPECT_THAT(text, ::testing::StartsWith("Windows Registry Editor Version 5.00\r\n\r\n[HKEY_USERS\\K]\r\n\"Track "
                                          "Duplicates\"=dword:00000001\r\n\"l\"=hex(7):61,00,"));
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find("\r\n", at);
    EXPECT_LE(end - at, 80u);
    at = end + 2;
  }
}

}  // namespace
}  // namespace mapiguard
