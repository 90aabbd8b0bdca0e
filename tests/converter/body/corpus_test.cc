// Other people's RTF, where the environment names a folder of samples with facts about them (MAPIGUARD_CORPUS).
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "base/text.h"
#include "tests/converter/body/body_fixture.h"

namespace mapiguard {
namespace {

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream all;
  all << file.rdbuf();
  return all.str();
}

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> all(1);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(ascii_lower(c));
    if (byte >= 0x80 || (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9'))
      all.back() += static_cast<char>(byte);
    else if (!all.back().empty())
      all.emplace_back();
  }
  if (all.back().empty()) all.pop_back();
  return all;
}

double share_of_words(std::string_view wanted, std::string_view text) {
  const auto all = words(text);
  const std::set<std::string> found(all.begin(), all.end());
  const auto sought = words(wanted);
  std::size_t hits = 0;
  for (const std::string& word : sought) hits += found.contains(word);
  return sought.empty() ? 1.0 : static_cast<double>(hits) / static_cast<double>(sought.size());
}

class CorpusTest : public testing::BodyTest {
 protected:
  // The visible text, whatever kind of RTF it is.
  std::string text(const std::string& bytes) {
    const auto rtf = decompress_rtf(as_bytes(bytes), 64 << 20, budget, defects, "rtf");
    if (!rtf) return {};
    const bool is_html = rtf_kind(*rtf) == RtfKind::from_html;
    const std::string out = is_html ? plain_of(html_of(*rtf)) : text_of(*rtf);
    EXPECT_TRUE(is_utf8(out) && is_utf8(page_of(*rtf)));
    EXPECT_EQ(out.find('\0'), std::string::npos);
    return out;
  }
};

TEST_F(CorpusTest, RtfShowsTheWordsThatItHolds) {
  const char* folder = std::getenv("MAPIGUARD_CORPUS");
  if (!folder) GTEST_SKIP() << "MAPIGUARD_CORPUS names no folder of samples";
  std::istringstream manifest(contents(std::string(folder) + "/MANIFEST.tsv"));
  int samples = 0;
  int good = 0;
  for (std::string line; std::getline(manifest, line);) {
    std::vector<std::string> fields;
    std::istringstream row(line);
    for (std::string field; std::getline(row, field, '\t');) fields.push_back(field);
    if (fields.size() < 8 || (fields[2] != "rtf" && fields[2] != "crtf")) continue;
    const auto facts = nlohmann::json::parse(contents(std::string(folder) + "/facts/" + fields[0] + ".json"));
    const double share =
        share_of_words(facts.value("visible_text", ""), text(contents(std::string(folder) + "/" + fields[7])));
    ++samples;
    good += share >= 0.97;
    if (share < 0.97) RecordProperty(fields[7], std::to_string(share));
  }
  EXPECT_GE(good, samples * 85 / 100) << samples
                                      << " samples";  // some are templates with words in places that are not shown
}

}  // namespace
}  // namespace mapiguard
