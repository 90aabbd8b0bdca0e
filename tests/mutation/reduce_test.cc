#include "fuzz/mutation/reduce.h"

#include <gtest/gtest.h>

#include <functional>

#include "fuzz/mutation/blank.h"
#include "fuzz/mutation/container.h"
#include "tests/mutation/samples.h"

namespace mapiguard::mutation {
namespace {

using namespace mapiguard::testing;
using Holds = std::function<bool(const std::vector<std::byte>&)>;

std::vector<std::byte> vector_of(const std::string& bytes) { return {as_bytes(bytes).begin(), as_bytes(bytes).end()}; }

struct Reduced {
  std::vector<std::byte> bytes;
  std::size_t tests = 0;
};

Reduced reduced(const std::string& input, const Holds& holds) {
  Reduced out{vector_of(input)};
  for (bool is_better = true; is_better;) {
    is_better = false;
    for (std::uint64_t i = 0; i < candidate_count(out.bytes);) {
      const auto smaller = candidate(out.bytes, i);
      out.tests += smaller.has_value();
      if (smaller && holds(*smaller)) {
        out.bytes = *smaller;
        i = resume_at(i);
        is_better = true;
      } else {
        ++i;
      }
    }
  }
  return out;
}

bool has_tag(const Node& node, PropertyTag tag) {
  for (const Property& property : node.properties)
    if (property.tag == tag) return true;
  for (const Node& child : node.children)
    if (has_tag(child, tag)) return true;
  return false;
}

TEST(Reduce, EachCandidateWeighsLess) {
  for (const char* name : {"html-in-rtf.msg", "tnef-nested.dat", "mail-winmail.eml"}) {
    const auto input = vector_of(sample(name));
    const std::uint64_t count = candidate_count(input);
    std::size_t made = 0;
    for (std::uint64_t i = 0; i < count; i += 7)
      if (const auto smaller = candidate(input, i)) {
        ++made;
        EXPECT_LT(weight(*smaller), weight(input)) << name << ' ' << describe_candidate(input, i);
      }
    EXPECT_GT(made, 20u) << name;
    EXPECT_FALSE(candidate(input, count)) << name;
  }
}

TEST(Reduce, CandidateIsTheSameEachTime) {
  const auto input = vector_of(sample("nested-with-files.msg"));
  for (std::uint64_t i = 0; i < candidate_count(input); i += 31) EXPECT_EQ(candidate(input, i), candidate(input, i));
}

TEST(Reduce, MessageShrinksToTheOnePropertyThatMatters) {
  const auto holds = [](const std::vector<std::byte>& bytes) {
    const auto container = read_container(bytes);
    return container && has_tag(container->root, 0x3707001F);
  };
  const std::string& input = sample("nested-with-files.msg");
  ASSERT_TRUE(holds(vector_of(input)));
  const Reduced result = reduced(input, holds);
  EXPECT_LE(result.bytes.size(), 3072u);
  EXPECT_LT(result.tests, 400u);
  EXPECT_LT(weight(result.bytes) * 50, weight(vector_of(input)));
}

TEST(Reduce, TnefShrinksToTheOneAttributeThatMatters) {
  const auto holds = [](const std::vector<std::byte>& bytes) {
    const auto container = read_container(bytes);
    if (!container) return false;
    for (const Node& child : container->root.children)
      if (child.id == 0x00069002) return true;  // attAttachRendData
    return false;
  };
  const Reduced result = reduced(sample("tnef-attachments.dat"), holds);
  EXPECT_LE(result.bytes.size(), 6u + 11u + 14u);
}

TEST(Reduce, PlainTextShrinksToTheBytesThatMatter) {
  const auto holds = [](const std::vector<std::byte>& bytes) {
    return text_of(bytes).find("<!>") != std::string::npos;
  };
  const std::string input = "From: someone@example.org\r\n\r\nSome text before <!> and some text behind it.\r\n";
  EXPECT_EQ(text_of(reduced(input, holds).bytes), "<!>");
}

// As long as the death is in the structure, no word of the message is needed.
TEST(Reduce, NoWordIsKeptWhenNoneMatters) {
  for (const char* name :
       {"plain-unicode.msg", "html-in-rtf.msg", "meeting-request.msg", "tnef-html.dat", "contact.msg"}) {
    const std::string& input = sample(name);
    ASSERT_GT(kept_words(as_bytes(input), as_bytes(input)).size(), 20u) << name;
    const std::size_t parts = read_container(as_bytes(input))->root.properties.size();
    const auto holds = [&](const std::vector<std::byte>& bytes) {
      const auto container = read_container(bytes);
      return container && container->root.properties.size() == parts;
    };
    EXPECT_EQ(kept_words(as_bytes(input), reduced(input, holds).bytes), std::vector<std::string>()) << name;
  }
}

TEST(Reduce, WordThatMattersIsKeptAndTold) {
  const auto holds = [](const std::vector<std::byte>& bytes) {
    return converted(text_of(bytes)).find("quorum") != std::string::npos;
  };
  const Reduced result = reduced(sample("plain-ansi.msg"), holds);
  EXPECT_EQ(kept_words(as_bytes(sample("plain-ansi.msg")), result.bytes), std::vector<std::string>{"quorum"});
}

TEST(Reduce, HostileInputNeverCrashes) {
  std::size_t tried = 0;
  for (const Sample& one : samples()) {
    if (one.bytes.size() > 12000 || one.bytes.size() < 16) continue;
    const auto input = vector_of(one.bytes.substr(0, one.bytes.size() * 3 / 4));
    const std::uint64_t count = candidate_count(input);
    for (std::uint64_t i = 0; i < count; i += 1 + count / 9, ++tried) candidate(input, i);
  }
  EXPECT_GT(tried, 300u);
}

TEST(Blank, LengthStaysAndWordsGo) {
  std::string html = "<p class=\"MsoNormal\">Dear \xC3\x84nne, ring 0171 please</p>";
  const std::size_t size = html.size();
  blank(html, Content::text8, Blanking::words);
  EXPECT_EQ(html, "<p class=\"xxxxxxxxx\">xxxx xxxxx, xxxx 0000 xxxxxx</p>");
  EXPECT_EQ(html.size(), size);
  blank(html, Content::text8, Blanking::all);
  EXPECT_EQ(html, "<x xxxxx=\"xxxxxxxxx\">xxxx xxxxx, xxxx 0000 xxxxxx</x>");
}

TEST(Blank, RtfKeepsItsControlWordsAndNoCharacter) {
  std::string packed = pack_rtf("{\\rtf1\\ansi\\ansicpg1251 \\'ef\\u1087 ? secret\\par }", true);
  blank(packed, Content::rtf, Blanking::words);
  EXPECT_EQ(unpack_rtf(packed), "{\\rtf1\\ansi\\ansicpg1251 \\'78\\u0000 ? xxxxxx\\par }");
}

TEST(Blank, TextWithinBinaryValuesGoes) {
  std::string bytes("\x01\x02secret\x03s\0e\0c\0r\0e\0t\0\x04\xFF", 24);
  blank(bytes, Content::binary, Blanking::texts);
  EXPECT_EQ(bytes, std::string("\x01\x02xxxxxx\x03x\0x\0x\0x\0x\0x\0\x04\xFF", 24));
}

}  // namespace
}  // namespace mapiguard::mutation
