#include "fuzz/mutation/container.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "fuzz/mutation/numbers.h"
#include "tests/mutation/samples.h"

namespace mapiguard::mutation {
namespace {

using namespace mapiguard::testing;

bool is_container(const std::string& bytes) {
  return bytes.starts_with("\xD0\xCF\x11\xE0") || bytes.starts_with("\x78\x9F\x3E\x22");
}

TEST(MutationContainer, WrittenTreeReadsAsTheSameTree) {
  std::size_t read = 0;
  for (const Sample& one : samples()) {
    const auto container = read_container(as_bytes(one.bytes));
    if (!container) continue;
    const auto again = read_container(write_container(*container));
    ASSERT_TRUE(again) << one.name;
    if (one.outcome == "converted" || one.outcome == "tolerated") {
      EXPECT_TRUE(*again == *container) << one.name;
    }
    ++read;
  }
  EXPECT_GE(read, 100u);
}

TEST(MutationContainer, RewrittenSampleConvertsToTheSameMail) {
  std::size_t compared = 0;
  for (const Sample& one : samples()) {
    if (!is_container(one.bytes) || (one.outcome != "converted" && one.outcome != "tolerated")) continue;
    const auto container = read_container(as_bytes(one.bytes));
    ASSERT_TRUE(container) << one.name;
    EXPECT_EQ(converted(text_of(write_container(*container))), converted(one.bytes)) << one.name;
    ++compared;
  }
  EXPECT_GE(compared, 80u);
}

// From a damaged file the converter salvages what no tree leads to; what is written afresh is damaged no longer.
bool is_damaged_file(const std::string& bytes) {
  std::string out;
  StringSink sink(out);
  const auto report = convert(as_bytes(bytes), {}, sink);
  return report && std::ranges::any_of(report->defects, [](const Defect& defect) {
           return defect.severity != Severity::info && defect.what.find("the compound file") != std::string::npos;
         });
}

TEST(MutationContainer, RewrittenRealMessageConvertsToTheSameMail) {
  const char* folder = std::getenv("MAPIGUARD_CORPUS");
  if (!folder) GTEST_SKIP() << "MAPIGUARD_CORPUS names no folder of real messages";
  std::ifstream manifest(std::filesystem::path(folder) / "MANIFEST.tsv");
  std::size_t compared = 0, different = 0, damaged = 0;
  for (std::string line; std::getline(manifest, line);) {
    std::istringstream fields(line);
    std::vector<std::string> field;
    for (std::string f; std::getline(fields, f, '\t');) field.push_back(f);
    if (field.size() < 8 || (field[2] != "msg" && field[2] != "tnef")) continue;
    const std::string bytes = file_bytes(std::filesystem::path(folder) / field[7]);
    if (bytes.size() > (8u << 20)) continue;
    const auto container = read_container(as_bytes(bytes));
    if (!container) continue;
    if (is_damaged_file(bytes)) {
      ++damaged;
      continue;
    }
    ++compared;
    if (converted(text_of(write_container(*container))) == converted(bytes)) continue;
    ++different;
    ADD_FAILURE() << field[7];
  }
  EXPECT_GT(compared, 50u);
  EXPECT_LT(damaged * 10, compared);
  EXPECT_EQ(different, 0u);
  RecordProperty("compared", static_cast<int>(compared));
}

TEST(MutationContainer, PropertiesOfMessagesRecipientsAndAttachmentsAreDecoded) {
  const auto container = read_container(as_bytes(sample("plain-unicode.msg")));
  ASSERT_TRUE(container);
  const auto subject = std::ranges::find(container->root.properties, PropertyTag{0x0037001F}, &Property::tag);
  ASSERT_NE(subject, container->root.properties.end());
  EXPECT_EQ(subject->shape, Shape::stream);
  EXPECT_EQ(subject->value.size() + 2, number_in<std::uint32_t>(subject->field));
  EXPECT_EQ(std::ranges::count(container->root.children, Node::Kind::recipient, &Node::kind), 3);
  for (const Node& child : container->root.children)
    EXPECT_TRUE(child.kind != Node::Kind::recipient || !child.properties.empty());
  EXPECT_TRUE(counts_are_true(container->root));
}

TEST(MutationContainer, DroppedRecipientIsNoLongerCounted) {
  auto container = read_container(as_bytes(sample("plain-unicode.msg")));
  ASSERT_TRUE(container);
  std::erase_if(container->root.children, [](const Node& n) { return n.kind == Node::Kind::recipient; });
  EXPECT_FALSE(counts_are_true(container->root));
  correct_counts(container->root);
  EXPECT_TRUE(counts_are_true(container->root));
}

TEST(MutationContainer, ChangedValueArrivesInTheMail) {
  auto container = read_container(as_bytes(sample("plain-ansi.msg")));
  ASSERT_TRUE(container);
  for (Property& property : container->root.properties)
    if (property.id() == 0x0037) {
      property.value = "Changed by hand";
      set_number(property.field, static_cast<std::uint32_t>(property.value.size() + 1));
    }
  EXPECT_NE(converted(text_of(write_container(*container))).find("Subject: Changed by hand\r\n"), std::string::npos);
}

TEST(MutationContainer, CompressedRtfComesApartAndTogether) {
  const std::string rtf = "{\\rtf1\\ansi some text, some text, some text\\par }";
  for (const bool compressed : {false, true}) EXPECT_EQ(unpack_rtf(pack_rtf(rtf, compressed)), rtf);
  EXPECT_FALSE(unpack_rtf("no RTF"));
}

}  // namespace
}  // namespace mapiguard::mutation
