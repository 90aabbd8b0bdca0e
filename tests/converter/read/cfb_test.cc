#include "converter/read/cfb.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/text.h"
#include "tests/support/cfb_builder.h"
#include "tests/support/property_setters.h"

namespace mapiguard {
namespace {

using namespace mapiguard::testing;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

// All streams of a compound file by path, read from a block of memory that ends where the file ends.
struct Streams {
  explicit Streams(std::string_view file, std::uint64_t steps = 100'000'000)
      : bytes(file.begin(), file.end()), budget(steps), log(report, 1000) {
    bytes.shrink_to_fit();
    opened.emplace(CompoundFile::open(as_bytes(std::string_view(bytes.data(), bytes.size())), budget, log));
    if (*opened) collect(CompoundFile::kRoot, "");
  }

  void collect(CompoundFile::Node storage, const std::string& path) {
    CompoundFile& file = **opened;
    for (const auto node : file.members(storage)) {
      const std::string name = path + utf16le_to_utf8(file.name(node));
      order.push_back(name);
      if (file.is_storage(node)) {
        collect(node, name + "/");
      } else {
        auto stream = file.read(node);
        pieces[name] = stream.data.pieces();
        faults[name] = describe(stream.faults);
        content[name] = stream.data.copy();
      }
    }
  }

  bool has_defect(std::string_view part) const {
    return std::ranges::any_of(report.defects, [&](const Defect& d) { return d.what.find(part) != std::string::npos; });
  }

  std::vector<char> bytes;
  Budget budget;
  Report report;
  DefectLog log;
  std::optional<Result<CompoundFile>> opened;
  std::vector<std::string> order;
  std::map<std::string, std::string> content, faults;
  std::map<std::string, std::size_t> pieces;
};

std::string pattern(std::size_t size, char seed = 0) {
  std::string out(size, '\0');
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<char>(seed + i * 7 + i / 251);
  return out;
}

CfbBuilder sample() {
  return CfbBuilder()
      .stream("small", pattern(100))
      .stream("empty", "")
      .stream("edge", pattern(4095, 1))
      .stream("big", pattern(4096, 2))
      .stream("bigger", pattern(100'001, 3))
      .stream("in/side/deep", pattern(65, 4))
      .storage("bare");
}

void expect_sample(const Streams& streams) {
  EXPECT_THAT(streams.content,
              UnorderedElementsAre(Pair("small", pattern(100)), Pair("empty", ""), Pair("edge", pattern(4095, 1)),
                                   Pair("big", pattern(4096, 2)), Pair("bigger", pattern(100'001, 3)),
                                   Pair("in/side/deep", pattern(65, 4))));
  EXPECT_THAT(streams.report.defects, IsEmpty());
}

TEST(CompoundFile, ReadsStreamsOfVersion3) { expect_sample(Streams(sample().build())); }
TEST(CompoundFile, ReadsStreamsOfVersion4) { expect_sample(Streams(sample().version(4).build())); }
TEST(CompoundFile, ReadsScatteredSectors) {
  expect_sample(Streams(sample().scattered().build()));
  expect_sample(Streams(sample().version(4).scattered().build()));
}
TEST(CompoundFile, ReadsDirectoriesThatAreLists) { expect_sample(Streams(sample().degenerate().build())); }

TEST(CompoundFile, AdjoiningSectorsAreOnePiece) {
  EXPECT_EQ(Streams(sample().build()).pieces["bigger"], 1u);
  EXPECT_GT(Streams(sample().scattered().build()).pieces["bigger"], 100u);
}

TEST(CompoundFile, MembersComeInTheOrderOfTheirNames) {
  const Streams streams(CfbBuilder().stream("ccc", "1").stream("Bb", "2").stream("aa", "3").stream("d", "4").build());
  EXPECT_THAT(streams.order, ::testing::ElementsAre("d", "aa", "Bb", "ccc"));
}

TEST(CompoundFile, FatBeyondTheHeaderIsFoundByDifat) {
  const std::string data = pattern(9'000'000);  // 138 FAT sectors
  EXPECT_EQ(Streams(CfbBuilder().stream("s", data).build()).content["s"], data);
}

TEST(CompoundFile, DifatLoopEnds) {
  std::string file = CfbBuilder().stream("s", pattern(16'500'000)).build();
  const std::uint32_t first = cfb::get32(file, cfb::kFirstDifatSector);
  const std::size_t link = cfb::sector_offset(file, first) + 508;
  cfb::set32(file, link, first);
  const Streams streams(file);
  EXPECT_TRUE(streams.has_defect("DIFAT"));
  EXPECT_EQ(streams.content.at("s").size(), 16'500'000u);
}

TEST(CompoundFile, NamesAreComparedIgnoringCase) {
  EXPECT_TRUE(name_is(as_bytes(utf16le("__SubStg1.0_")), "__substg1.0_"));
  EXPECT_FALSE(name_is(as_bytes(utf16le("__substg1.0")), "__substg1.0_"));
  EXPECT_FALSE(name_is(as_bytes(utf16le("ㅟsubstg1.0_")), "__substg1.0_"));
}

TEST(CompoundFile, OtherBytesAreNoCompoundFile) {
  const Streams streams("This is text, and long enough to be looked at.");
  ASSERT_FALSE(*streams.opened);
  EXPECT_EQ(streams.opened->error().code, ErrorCode::not_a_message);
}

TEST(CompoundFile, SignatureAloneSaysThatTheDirectoryIsMissing) {
  const Streams streams(std::string_view("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"));
  ASSERT_FALSE(*streams.opened);
  EXPECT_THAT(streams.opened->error().message, HasSubstr("directory"));
}

TEST(CompoundFile, UpperHalfOfSizeIsIgnoredInVersion3) {
  std::string file = sample().build();
  cfb::set32(file, cfb::directory_entry(file, "big") + cfb::kSize + 4, 0xDEADBEEF);
  expect_sample(Streams(file));
}

TEST(CompoundFile, StreamsOfATruncatedFileAreCutWhereItEnds) {
  std::string file = CfbBuilder().stream("s", pattern(50'000)).build();
  // The builder puts streams first and the tables behind: move the cut into the stream by cutting its sectors' tail.
  cfb::set32(file, cfb::directory_entry(file, "s") + cfb::kSize, 80'000'000);
  const Streams streams(file);
  EXPECT_THAT(streams.faults.at("s"), HasSubstr("cut short"));
  EXPECT_EQ(streams.content.at("s").substr(0, 50'000), pattern(50'000));
}

TEST(CompoundFile, LoopInAChainIsCut) {
  std::string file = CfbBuilder().stream("s", pattern(10'000)).build();
  const std::uint32_t start = cfb::start_sector(file, "s");
  cfb::set32(file, cfb::fat_entry(file, start + 3), start + 1);
  const Streams streams(file);
  EXPECT_THAT(streams.faults.at("s"), HasSubstr("loop"));
  EXPECT_EQ(streams.content.at("s"), pattern(10'000).substr(0, 4 * 512));
}

TEST(CompoundFile, SectorThatFollowsItselfIsCut) {
  std::string file = CfbBuilder().stream("s", pattern(10'000)).build();
  const std::uint32_t start = cfb::start_sector(file, "s");
  cfb::set32(file, cfb::fat_entry(file, start), start);
  EXPECT_EQ(Streams(file).content.at("s").size(), 512u);
}

TEST(CompoundFile, ChainThatRunsIntoAnotherIsReadAndReported) {
  std::string file = CfbBuilder().stream("a", pattern(8192)).stream("b", pattern(8192, 9)).build();
  cfb::set32(file, cfb::directory_entry(file, "b") + cfb::kStart, cfb::start_sector(file, "a"));
  const Streams streams(file);
  EXPECT_EQ(streams.content.at("a"), pattern(8192));
  EXPECT_EQ(streams.content.at("b"), pattern(8192));
  EXPECT_THAT(streams.faults.at("b"), HasSubstr("another stream"));
}

TEST(CompoundFile, ManyStreamsOfOneChainCostNoMoreThanTheFile) {
  CfbBuilder builder;
  for (int i = 0; i < 400; ++i) builder.stream("s" + std::to_string(i), pattern(i == 0 ? 400'000 : 4096));
  std::string file = builder.build();
  const std::uint32_t start = cfb::start_sector(file, "s0");
  for (int i = 1; i < 400; ++i) {
    const std::size_t entry = cfb::directory_entry(file, "s" + std::to_string(i));
    cfb::set32(file, entry + cfb::kStart, start);
    cfb::set32(file, entry + cfb::kSize, 400'000);
  }
  const Streams streams(file);
  std::size_t total = 0;
  for (const auto& [name, data] : streams.content) total += data.size();
  EXPECT_LE(total, 2 * file.size());
}

TEST(CompoundFile, LostLinkIsBridgedByTheSectorBehind) {
  std::string file = CfbBuilder().stream("s", pattern(10'000)).build();
  const std::uint32_t start = cfb::start_sector(file, "s");
  cfb::set32(file, cfb::fat_entry(file, start + 5), 0x00FFFFFF);
  const Streams streams(file);
  EXPECT_EQ(streams.content.at("s"), pattern(10'000));
  EXPECT_THAT(streams.faults.at("s"), HasSubstr("guessed"));
}

TEST(CompoundFile, MissingMiniFatIsBridged) {
  std::string file = CfbBuilder().stream("a", pattern(200)).stream("b", pattern(300, 5)).build();
  cfb::set32(file, cfb::kFirstMiniFatSector, cfb::kEnd);
  const Streams streams(file);
  EXPECT_EQ(streams.content.at("a"), pattern(200));
  EXPECT_EQ(streams.content.at("b"), pattern(300, 5));
}

TEST(CompoundFile, StartBeyondTheFileGivesNothing) {
  std::string file = CfbBuilder().stream("s", pattern(5000)).stream("t", pattern(50)).build();
  cfb::set32(file, cfb::directory_entry(file, "s") + cfb::kStart, 0x12345678);
  cfb::set32(file, cfb::directory_entry(file, "t") + cfb::kStart, 0x12345678);
  const Streams streams(file);
  EXPECT_EQ(streams.content.at("s"), "");
  EXPECT_THAT(streams.faults.at("s"), HasSubstr("cut"));
  EXPECT_THAT(streams.faults.at("t"), HasSubstr("cut"));
}

TEST(CompoundFile, DirectoryIsFoundWhenTheHeaderPointsNowhere) {
  std::string file = sample().build();
  cfb::set32(file, cfb::kFirstDirectorySector, 0x00ABCDEF);
  const Streams streams(file);
  EXPECT_EQ(streams.content.at("in/side/deep"), pattern(65, 4));
  EXPECT_TRUE(streams.has_defect("directory"));
}

TEST(CompoundFile, DirectoryIsFoundWhenItsChainIsBroken) {
  CfbBuilder builder;
  for (int i = 0; i < 40; ++i) builder.stream("stream " + std::to_string(i), pattern(100, static_cast<char>(i)));
  std::string file = builder.build();
  cfb::set32(file, cfb::fat_entry(file, cfb::get32(file, cfb::kFirstDirectorySector) + 2), cfb::kFree);
  EXPECT_EQ(Streams(file).content.size(), 40u);
}

TEST(CompoundFile, EntriesOfABrokenTreeAreGivenBack) {
  std::string file = sample().build();
  cfb::set32(file, cfb::directory_entry(file, "Root Entry") + cfb::kChild, 0x0BADF00D);
  const Streams streams(file);
  EXPECT_THAT(streams.content, Contains(Key("bigger")));
  EXPECT_THAT(streams.content, Contains(Key("in/side/deep")));
  EXPECT_TRUE(streams.has_defect("given back"));
}

TEST(CompoundFile, MembersOfAStorageThatLostItsLinkReturnToIt) {
  std::string file = CfbBuilder().stream("top", "1").stream("box/a", "2").stream("box/b", "3").build();
  cfb::set32(file, cfb::directory_entry(file, "box") + cfb::kChild, 0x0BADF00D);
  const Streams streams(file);
  EXPECT_THAT(streams.content, UnorderedElementsAre(Pair("top", "1"), Pair("box/a", "2"), Pair("box/b", "3")));
}

TEST(CompoundFile, RingOfSiblingsIsReadOnce) {
  std::string file = CfbBuilder().degenerate().stream("a", "1").stream("b", "2").stream("c", "3").build();
  const std::uint32_t first = cfb::get32(file, cfb::directory_entry(file, "Root Entry") + cfb::kChild);
  cfb::set32(file, cfb::directory_entry(file, "c") + cfb::kRight, first);
  EXPECT_THAT(Streams(file).content, UnorderedElementsAre(Pair("a", "1"), Pair("b", "2"), Pair("c", "3")));
}

TEST(CompoundFile, StorageThatHoldsItselfIsReadOnce) {
  std::string file = CfbBuilder().stream("box/a", "1").build();
  const std::uint32_t box = cfb::get32(file, cfb::directory_entry(file, "Root Entry") + cfb::kChild);
  cfb::set32(file, cfb::directory_entry(file, "a") + cfb::kLeft, box);
  EXPECT_THAT(Streams(file).content, UnorderedElementsAre(Pair("box/a", "1")));
}

TEST(CompoundFile, NameWithoutSaneLengthIsReadUpToItsNul) {
  std::string file = CfbBuilder().stream("stream", "1").build();
  const std::size_t entry = cfb::directory_entry(file, "stream");
  for (const char length : {'\0', '\x03', '\x77', '\x06', '\x20'}) {
    file[entry + cfb::kNameLength] = length;
    EXPECT_THAT(Streams(file).content, UnorderedElementsAre(Pair("stream", "1"))) << int{length};
  }
}

TEST(CompoundFile, EntryOfImpossibleTypeIsTakenForWhatItLooksLike) {
  std::string file = CfbBuilder().stream("box/a", "1").build();
  file[cfb::directory_entry(file, "box") + cfb::kType] = '\x42';
  file[cfb::directory_entry(file, "a") + cfb::kType] = '\x42';
  EXPECT_THAT(Streams(file).content, UnorderedElementsAre(Pair("box/a", "1")));
}

TEST(CompoundFile, HeaderWithImpossibleGeometryIsReadWithTheUsual) {
  for (const int version : {3, 4}) {
    std::string file = sample().version(version).build();
    file[26] = '\x55';
    file[30] = '\x55';
    file[32] = '\x55';
    cfb::set32(file, 56, 0x55555555);
    const Streams streams(file);
    EXPECT_EQ(streams.content.at("bigger"), pattern(100'001, 3)) << version;
    EXPECT_EQ(streams.content.at("small"), pattern(100)) << version;
    EXPECT_TRUE(streams.has_defect("geometry"));
  }
}

TEST(CompoundFile, DegenerateTreeOfManyEntriesNeedsNoStack) {
  CfbBuilder builder;
  builder.degenerate();
  for (int i = 0; i < 20'000; ++i) builder.add({std::to_string(100'000 + i), false, {}, "x", {}});
  EXPECT_EQ(Streams(builder.build()).content.size(), 20'000u);
}

TEST(CompoundFile, StepsGrowLinearlyWithEntries) {
  const auto steps = [](int count) {
    CfbBuilder builder;
    for (int i = 0; i < count; ++i) builder.add({std::to_string(100'000 + i), false, {}, pattern(100), {}});
    const Streams streams(builder.build(), 1'000'000'000);
    return 1'000'000'000 - streams.budget.left();
  };
  EXPECT_LT(steps(8000), 9 * steps(1000));
}

TEST(CompoundFile, ExhaustedBudgetEndsTheReading) {
  const std::string file = sample().build();
  for (std::uint64_t budget = 0; budget < 400; budget += 7) Streams streams(file, budget);
}

TEST(CompoundFile, TruncationAnywhereIsSurvived) {
  const std::string file = sample().build();
  for (std::size_t size = 0; size < file.size(); size += 61) Streams streams(file.substr(0, size));
}

}  // namespace
}  // namespace mapiguard
