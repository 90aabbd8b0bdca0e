// What is read of a message whose directory, sizes or texts are damaged.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "converter/read/noise.h"
#include "tests/support/msg_builder.h"
#include "tests/support/reading.h"

namespace mapiguard {
namespace {

using namespace mapiguard::testing;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view kBodyStream = "__substg1.0_1000001F";
const std::string kSubject = "Minutes of the meeting",
                  kBody = "The pump has been repaired.\r\nWater is back on all plots.";

MsgBuilder letter() { return MsgBuilder().unicode(0x0037, kSubject).unicode(0x0070, kSubject).unicode(0x1000, kBody); }

// Puts another character into the name of a directory entry.
std::string with_name(std::string file, std::string_view name, std::size_t position, char16_t unit) {
  const std::size_t at = cfb::directory_entry(file, name) + 2 * position;
  file[at] = static_cast<char>(unit & 0xFF);
  file[at + 1] = static_cast<char>(unit >> 8);
  return file;
}

TEST(Salvage, StreamWithADamagedDigitInItsNameIsFound) {
  const Reading r(with_name(letter().build(), kBodyStream, 13, u'\x8F'));
  EXPECT_EQ(r.text(0x1000), kBody);
  EXPECT_THAT(r.repairs(), Contains(HasSubstr("0x1000001F: the property's stream was found under a damaged name")));
  EXPECT_THAT(r.losses(), IsEmpty());
}

TEST(Salvage, StreamWithTheNameOfAnotherPropertyIsFoundByItsSize) {
  const Reading r(with_name(letter().build(), kBodyStream, 12, u'5'));
  EXPECT_EQ(r.text(0x1000), kBody);
  EXPECT_THAT(r.losses(), IsEmpty());
}

TEST(Salvage, StreamOfAnotherSizeIsNotTakenForAnotherProperty) {
  const std::string file = MsgBuilder().unicode(0x0037, kSubject).put({0x1000, 0x1F, {utf16le("short")}, 500}).build();
  const Reading r(with_name(file, kBodyStream, 12, u'5'));
  EXPECT_EQ(r.text(0x1000), "(absent)");
  EXPECT_EQ(r.text(0x5000), "short");
  EXPECT_THAT(r.losses(), Contains(HasSubstr("its stream is missing")));
}

TEST(Salvage, AnnouncedSizeIsBelievedWhereTheChainHasIt) {
  std::string file = letter().build();
  cfb::set32(file, cfb::directory_entry(file, kBodyStream) + cfb::kSize, 0x40000000);
  const Reading r(file);
  EXPECT_EQ(r.text(0x1000), kBody);
  EXPECT_THAT(r.repairs(), Contains(HasSubstr("0x1000001F: the directory gives the stream 1073741824 bytes")));
  EXPECT_THAT(r.losses(), IsEmpty());
}

TEST(Salvage, SizeOfTheDirectoryStandsWhereTheChainHasThatToo) {
  const Reading r(MsgBuilder().put({0x1000, 0x1F, {utf16le(kBody)}, 20}).build());
  EXPECT_EQ(r.text(0x1000), kBody);
}

TEST(Salvage, SubjectThatCameOutAsNoiseIsTakenFromTheTopic) {
  std::string file = letter().build();
  const std::string units = utf16le("\xEE\x80\x81\xE3\x90\x81\xE1\x8C\x83\xEA\x80\x81"), subject = utf16le(kSubject);
  std::string noise;
  while (noise.size() < subject.size()) noise += units;
  file.replace(file.find(subject), subject.size(), noise, 0, subject.size());
  cfb::set32(file, cfb::directory_entry(file, kBodyStream) + cfb::kSize, 0x40000000);
  const Reading r(file);
  EXPECT_EQ(r.text(0x0037), kSubject);
  EXPECT_THAT(r.losses(), Contains(HasSubstr("0x0037001F: what was read is no text")));
  EXPECT_THAT(r.repairs(), Contains(HasSubstr("the subject is lost; 0x0070001F took its place")));
}

TEST(Salvage, StrangeTextOfASoundFileIsLeftAsItIs) {
  const Reading r(MsgBuilder().unicode(0x0037, "\xEE\x80\x81\xEE\x80\x82").build());
  EXPECT_EQ(r.text(0x0037), "\xEE\x80\x81\xEE\x80\x82");
  EXPECT_THAT(r.defects(), IsEmpty());
}

TEST(Salvage, BodyThatIsAnnouncedAndLostIsSearchedFor) {
  std::string file = letter().build();
  file.replace(cfb::directory_entry(file, kBodyStream), 128, 128, '\0');  // and links lead to it
  const Reading r(file);
  EXPECT_EQ(r.text(0x0037), kSubject);
  EXPECT_EQ(r.text(0x1000), kBody);
  EXPECT_THAT(r.losses(), Contains(HasSubstr("search it for texts")));
}

TEST(Salvage, TableThatKnowsMoreSectorsThanTheFileSaysThatItWasCut) {
  std::string file = letter().build();
  const auto sectors = static_cast<std::uint32_t>(file.size() / 512 - 1);
  cfb::set32(file, cfb::fat_entry(file, sectors + 2), cfb::kEnd);
  const Reading r(file);
  EXPECT_EQ(r.text(0x1000), kBody);
  EXPECT_THAT(r.losses(),
              Contains(HasSubstr("the compound file is cut short: its sector " + std::to_string(sectors + 2))));
}

TEST(Salvage, LastSectorThatIsCutShortIsReportedWhereItIsInUse) {
  const std::string whole = letter().build();
  EXPECT_THAT(Reading(whole.substr(0, whole.size() - 1)).repairs(), Contains(HasSubstr("last sector")));
  EXPECT_THAT(Reading(whole + "x").defects(), IsEmpty());
}

TEST(Salvage, SoundFilesAreNotSaidToBeCut) {
  for (const int version : {3, 4}) {
    const std::string file = letter().version(version).attachment("a.bin", std::string(100'000, 'a')).build();
    EXPECT_THAT(Reading(file).defects(), IsEmpty());
  }
}

Property text_property(std::string_view bytes, PropertyType type, PropertyId id = 0x0037) {
  return {id, static_cast<std::uint16_t>(type), Blob(as_bytes(bytes)), nullptr};
}

TEST(Noise, TextsOfAllScriptsAreNone) {
  for (const char* text :
       {"Minutes", "Tagesordnung für Dienstag", "Повестка дня", "Ημερήσια διάταξη", "議事録の件について", "会议纪要",
        "회의록", "סדר היום", "جدول الأعمال", "วาระการประชุม", "🎉🎉🎉", "Re: – “quoted” … €"}) {
    const std::string utf16 = utf16le(text);
    EXPECT_FALSE(is_noise(text_property(utf16, PropertyType::unicode))) << text;
    EXPECT_FALSE(is_noise(text_property(text, PropertyType::string8))) << text;
  }
}

TEST(Noise, ASingleDamagedCharacterMakesNoNoise) {
  EXPECT_FALSE(is_noise(text_property(utf16le("Minutes of \xEE\x80\x81uesday"), PropertyType::unicode)));
  EXPECT_FALSE(is_noise(text_property("Minutes of \x02uesday", PropertyType::string8)));
}

TEST(Noise, RandomBytesAreNoise) {
  std::string bytes;
  for (std::uint32_t i = 0, z = 1; i < 200; ++i)
    bytes.push_back(static_cast<char>((z = z * 1664525 + 1013904223) >> 24));
  EXPECT_TRUE(is_noise(text_property(bytes, PropertyType::unicode)));
  EXPECT_TRUE(is_noise(text_property(bytes, PropertyType::binary, 0x1009)));
}

TEST(Noise, EightBitTextInAUnicodePropertyIsNoise) {
  EXPECT_TRUE(is_noise(text_property("<html><body>Water is back</body></html>", PropertyType::unicode)));
}

TEST(Noise, BinaryPropertiesOtherThanBodiesAreNotJudged) {
  EXPECT_FALSE(is_noise(text_property("\x01\x02\x03\x04", PropertyType::binary, 0x0FFF)));
}

}  // namespace
}  // namespace mapiguard
