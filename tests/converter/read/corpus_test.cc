// Real messages and the facts that an independent reader found in them; the folder comes from MAPIGUARD_CORPUS.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <sstream>

#include "base/sha256.h"
#include "tests/support/reading.h"

namespace mapiguard {
namespace {

using namespace mapiguard::testing;
using nlohmann::json;

struct Sample {
  std::string name, bytes;
  json facts;
};

std::string file_bytes(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// MANIFEST.tsv: sha256, size, kind, repository, path, licence, note, local path, …
std::vector<Sample> samples() {
  std::vector<Sample> out;
  const char* folder = std::getenv("MAPIGUARD_CORPUS");
  if (!folder) return out;
  std::ifstream manifest(std::filesystem::path(folder) / "MANIFEST.tsv");
  for (std::string line; std::getline(manifest, line);) {
    std::istringstream fields(line);
    std::vector<std::string> field;
    for (std::string f; std::getline(fields, f, '\t');) field.push_back(f);
    if (field.size() < 8 || (field[2] != "msg" && field[2] != "tnef")) continue;
    const auto facts = std::filesystem::path(folder) / "facts" / (field[0] + ".json");
    out.push_back({field[7], file_bytes(std::filesystem::path(folder) / field[7]), json::parse(file_bytes(facts))});
  }
  return out;
}

std::string sha256_of(const Blob& blob) {
  Sha256 sum;
  for (std::size_t i = 0; i < blob.pieces(); ++i) sum.add(blob.piece(i));
  return hex(sum.finish());
}

void expect_facts(const Message& message, const json& facts, const std::string& name) {
  EXPECT_EQ(message.recipients.size(), facts.value("recipient_count", 0u)) << name;
  const json attachments = facts.value("attachments", json::array());
  ASSERT_EQ(message.attachments.size(), attachments.size()) << name;
  for (std::size_t i = 0; i < attachments.size(); ++i) {
    const Attachment& attachment = message.attachments[i];
    const json& fact = attachments[i];
    const std::string path = name + " " + attachment.where;
    if (fact.contains("sha256") && fact["sha256"].is_string()) {
      EXPECT_EQ(sha256_of(attachment.data), fact["sha256"]) << path;
    }
    ASSERT_EQ(attachment.embedded != nullptr, fact.contains("embedded")) << path;
    if (attachment.embedded) expect_facts(*attachment.embedded, fact["embedded"], path);
  }
}

class Corpus : public ::testing::Test {
 protected:
  void SetUp() override {
    all_ = samples();
    if (all_.empty()) GTEST_SKIP() << "MAPIGUARD_CORPUS names no folder of samples";
  }
  // A file made for fuzzing may be read in several legitimate ways.
  static bool is_fuzzed(const Sample& sample) {
    return sample.name.find("fuzz") != std::string::npos || sample.name.find("asarubbo") != std::string::npos;
  }
  std::vector<Sample> all_;
};

TEST_F(Corpus, SamplesHaveTheRecipientsAndAttachmentsOfTheFacts) {
  for (const Sample& sample : all_) {
    const Reading r(sample.bytes);
    if (sample.facts.value("malformed", false)) continue;
    ASSERT_TRUE(r.ok()) << sample.name << ": " << r.error().message;
    if (!is_fuzzed(sample)) expect_facts(r.message(), sample.facts, sample.name);
  }
}

// Reads, and fails when that takes more than a second.
void read_quickly(const std::string& bytes, const std::string& name) {
  const auto start = std::chrono::steady_clock::now();
  const Reading r(bytes);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(1)) << name;
}

TEST_F(Corpus, TruncatedSamplesAreSurvived) {
  for (const Sample& sample : all_)
    for (std::size_t i = 1; i <= 20; ++i)
      read_quickly(sample.bytes.substr(0, sample.bytes.size() * i / 21), sample.name);
}

TEST_F(Corpus, SamplesWithFiftyRandomBytesAreSurvived) {
  std::mt19937 random(1);
  for (const Sample& sample : all_)
    for (int i = 0; i < 5; ++i) {
      std::string bytes = sample.bytes;
      for (int k = 0; k < 50; ++k) bytes[random() % bytes.size()] = static_cast<char>(random());
      read_quickly(bytes, sample.name);
    }
}

}  // namespace
}  // namespace mapiguard
