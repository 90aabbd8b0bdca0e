#include "fuzz/mutation/mutate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "fuzz/mutation/container.h"
#include "fuzz/mutation/operations.h"
#include "tests/mutation/samples.h"

namespace mapiguard::mutation {
namespace {

using namespace mapiguard::testing;

constexpr std::size_t kMost = 128 << 10;

bool is_small(const Sample& one) { return one.bytes.size() < 16 << 10; }

TEST(Mutate, SameSeedGivesTheSameBytes) {
  for (const Sample& one : samples())
    for (std::uint64_t seed = 0; seed < 4; ++seed)
      ASSERT_EQ(mutate(as_bytes(one.bytes), seed, kMost), mutate(as_bytes(one.bytes), seed, kMost)) << one.name;
}

TEST(Mutate, DifferentSeedsGiveManyDifferentMutants) {
  for (const char* name : {"plain-unicode.msg", "tnef-html.dat", "mail-winmail.eml"}) {
    std::set<std::vector<std::byte>> mutants;
    for (std::uint64_t seed = 0; seed < 200; ++seed) mutants.insert(mutate(as_bytes(sample(name)), seed, kMost));
    EXPECT_GE(mutants.size(), 180u) << name;
    EXPECT_FALSE(mutants.contains({as_bytes(sample(name)).begin(), as_bytes(sample(name)).end()})) << name;
  }
}

// One in eight containers is broken on purpose.
TEST(Mutate, MostMutantsAreStillMessages) {
  std::map<std::string, std::pair<int, int>> by_kind;  // converted, all
  for (const Sample& one : samples()) {
    if (one.outcome != "converted" || !is_small(one) || !read_container(as_bytes(one.bytes))) continue;
    auto& [good, all] = by_kind[one.name.ends_with(".dat") ? "TNEF" : ".msg"];
    for (std::uint64_t seed = 0; seed < 8; ++seed, ++all)
      good += read_container(mutate(as_bytes(one.bytes), seed, kMost)).has_value();
  }
  ASSERT_EQ(by_kind.size(), 2u);
  for (const auto& [kind, counts] : by_kind) {
    EXPECT_GT(counts.second, 40) << kind;
    EXPECT_GE(counts.first * 100, counts.second * 90) << kind << ": " << counts.first << " of " << counts.second;
  }
}

TEST(Mutate, NoMutantIsLongerThanAllowed) {
  for (const Sample& one : samples())
    for (const std::size_t most : {std::size_t{0}, std::size_t{1}, std::size_t{700}, std::size_t{9000}})
      for (std::uint64_t seed = 0; seed < 3; ++seed) {
        ASSERT_LE(mutate(as_bytes(one.bytes), seed, most).size(), most) << one.name;
        ASSERT_LE(crossover(as_bytes(one.bytes), as_bytes(sample("plain-ansi.msg")), seed, most).size(), most)
            << one.name;
      }
}

TEST(Mutate, MutantsOfMutantsNeverCrash) {
  std::size_t generations = 0;
  for (const char* name :
       {"nested-3.msg", "meeting-series.msg", "tnef-nested.dat", "tnef-ole.dat", "html-in-rtf.msg"}) {
    std::vector<std::byte> message(as_bytes(sample(name)).begin(), as_bytes(sample(name)).end());
    for (std::uint64_t seed = 0; seed < 150 && !message.empty(); ++seed, ++generations)
      message = mutate(message, seed, kMost);
  }
  EXPECT_GT(generations, 500u);
}

TEST(Mutate, TruncatedAndFlippedInputNeverCrashes) {
  std::size_t tried = 0;
  for (const Sample& one : samples()) {
    if (!is_small(one)) continue;
    for (std::uint64_t seed = 1; seed < 6; ++seed, ++tried) {
      std::string damaged = one.bytes;
      if (seed % 2) damaged.resize(damaged.size() * seed / 6);
      for (std::uint64_t i = 0; !damaged.empty() && i < seed * 3; ++i) {
        char& byte = damaged[i * 2654435761u * seed % damaged.size()];
        byte = static_cast<char>(byte ^ (37 * i + seed));
      }
      mutate(as_bytes(damaged), seed, kMost);
      crossover(as_bytes(damaged), as_bytes(one.bytes), seed, kMost);
      crossover(as_bytes(one.bytes), as_bytes(damaged), seed, kMost);
    }
  }
  EXPECT_GT(tried, 400u);
}

TEST(Mutate, PlainBytesAreChangedToo) {
  const std::string text = "This is neither a compound file nor a TNEF stream.";
  std::set<std::string> mutants;
  for (std::uint64_t seed = 0; seed < 50; ++seed) mutants.insert(text_of(mutate(as_bytes(text), seed, 200)));
  EXPECT_GE(mutants.size(), 45u);
  EXPECT_FALSE(mutants.contains(text));
  EXPECT_LE(mutate({}, 1, 100).size(), 100u);
}

std::size_t attachments_in(const std::vector<std::byte>& bytes) {
  const auto container = read_container(bytes);
  if (!container) return 0;
  return static_cast<std::size_t>(std::ranges::count_if(container->root.children, [](const Node& child) {
    return child.kind == Node::Kind::attachment || (child.kind == Node::Kind::property_list && child.level == 2);
  }));
}

TEST(Crossover, AttachmentIsCarriedIntoAnotherMessage) {
  for (const auto& [base, donor] :
       {std::pair("plain-unicode.msg", "attachment-text.msg"), std::pair("tnef-html.dat", "tnef-attachments.dat")}) {
    const Bytes without = as_bytes(sample(base)), with = as_bytes(sample(donor));
    ASSERT_EQ(attachments_in({without.begin(), without.end()}), 0u) << base;
    ASSERT_GT(attachments_in({with.begin(), with.end()}), 0u) << donor;
    int carried = 0;
    for (std::uint64_t seed = 0; seed < 100; ++seed)
      carried += attachments_in(crossover(without, with, seed, kMost)) > 0;
    EXPECT_GT(carried, 5) << donor;
  }
}

TEST(Crossover, PropertyOfTnefIsCarriedIntoMsg) {
  int different = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const auto child =
        crossover(as_bytes(sample("plain-unicode.msg")), as_bytes(sample("tnef-meeting.dat")), seed, kMost);
    const auto container = read_container(child);
    if (container) different += !(*container == *read_container(as_bytes(sample("plain-unicode.msg"))));
  }
  EXPECT_GT(different, 30);
}

// Each row of the tables finds something to do in some sample, and does something there.
TEST(Operations, EachChangesSomeSample) {
  for (const auto table : {property_operations(), content_operations(), tree_operations(), tnef_operations()})
    for (const Operation& operation : table) {
      bool changed = false;
      for (const Sample& one : samples()) {
        const auto original = read_container(as_bytes(one.bytes));
        for (std::uint64_t seed = 0; original && !changed && seed < 10; ++seed) {
          Container container = *original;
          Dice dice(seed);
          Editor editor(container, dice, 4096);
          changed = operation.run(editor) && !(container == *original);
        }
        if (changed) break;
      }
      EXPECT_TRUE(changed) << operation.name;
    }
}

}  // namespace
}  // namespace mapiguard::mutation
