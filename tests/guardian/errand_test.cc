// Errands: other work than conversions, in the same workers.
#include "guardian/errand.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "tests/guardian/pool_fixture.h"

namespace mapiguard {
namespace {

std::string trouble_plugin() { return std::string(MAPIGUARD_BUILD_DIR) + "/libtrouble-plugin.so"; }
// Wherever the checkout is, every user can run it.
ExternalConverter crashing() { return {{"/bin/sh", "-c", "kill -SEGV $$"}, {65}}; }

std::unique_ptr<Errands> opened(GuardOptions options, const std::string& plugin = {}) {
  if (options.worker_path.empty()) options.worker_path = testing::real_worker();
  options.workers = 1;
  auto errands = Errands::open(std::move(options), plugin);
  if (!errands) ADD_FAILURE() << errands.error().message;
  return errands ? std::move(*errands) : nullptr;
}

Errands::Answer fed(Errands& errands, std::string_view input) { return errands.run("plugin", "", as_bytes(input)); }

std::vector<std::uint32_t> features(const Errands::Answer& answer) {
  std::vector<std::uint32_t> list(answer.output ? answer.output->size() / 4 : 0);
  if (answer.output) std::memcpy(list.data(), answer.output->data(), list.size() * 4);
  return list;
}

TEST(Errand, AnUnknownErrandIsAnErrorThatNamesIt) {
  const auto errands = opened({});
  const auto answer = errands->run("fly", "", as_bytes("x"));
  ASSERT_TRUE(answer.error);
  EXPECT_NE(answer.error->message.find("'fly'"), std::string::npos) << answer.error->message;
  EXPECT_FALSE(answer.death);
}

TEST(Errand, WithoutANameItIsAConversion) {
  const auto errands = opened({});
  const auto answer = errands->run("", "", as_bytes("From: a@example.org\r\nSubject: s\r\n\r\nbody\r\n"));
  ASSERT_TRUE(answer.output);
  EXPECT_NE(answer.output->find("Subject: s"), std::string::npos);
}

TEST(Errand, ACommandCanRunIt) {
  GuardOptions options;
  options.converter = ExternalConverter{{"/bin/cat"}, {65}};
  const auto errands = opened(options);
  const auto answer = errands->run("ignored", "", as_bytes("hello"));
  EXPECT_EQ(answer.output.value_or("none"), "hello");
}

TEST(Errand, ADeathIsJudgedAndNobodyIsCharged) {
  GuardOptions options;
  options.converter = crashing();
  const auto errands = opened(options);
  const auto answer = errands->run("", "", as_bytes("hello"));
  ASSERT_TRUE(answer.death);
  EXPECT_EQ(answer.death->death, DeathClass::crashed);
  EXPECT_FALSE(answer.death->charged);
}

TEST(Errand, TheEvidenceOfACommandsDeathIsKeptWhenItIsAskedFor) {
  GuardOptions options;
  options.converter = crashing();
  const auto errands = opened(options);
  Errands::Request request{.errand = "", .argument = "", .input = as_bytes("hello"), .options = {}};
  EXPECT_EQ(errands->run(request).evidence, "");
  request.examine = true;
  const auto answer = errands->run(request);
  ASSERT_TRUE(answer.death);
  EXPECT_EQ(answer.death->death, DeathClass::crashed);
  EXPECT_TRUE(answer.evidence.starts_with("MGEVID01"));
  EXPECT_NE(answer.evidence.find("/libc.so"), std::string::npos) << "what it has mapped";
  EXPECT_NE(answer.evidence.find("[stack]"), std::string::npos);
}

TEST(Errand, ACommandThatIsExaminedAndWorksAnswersAsUsual) {
  GuardOptions options;
  options.converter = ExternalConverter{{"/bin/sh", "-c", "cat; kill -WINCH $$; (exit 3); exit 0"}, {65}};
  const auto errands = opened(options);
  Errands::Request request{.errand = "", .argument = "", .input = as_bytes("hello"), .options = {}};
  request.examine = true;
  const auto answer = errands->run(request);
  EXPECT_EQ(answer.output.value_or("none"), "hello") << (answer.error ? answer.error->message : "");
}

TEST(Plugin, WhatItReachesIsToldOnce) {
  GuardOptions options;
  options.isolation = Isolation::worker;
  const auto errands = opened(options, trouble_plugin());
  EXPECT_EQ(features(fed(*errands, "plain")), std::vector<std::uint32_t>{0});
  EXPECT_EQ(features(fed(*errands, "plain")), std::vector<std::uint32_t>{});
  EXPECT_EQ(features(fed(*errands, "many")), std::vector<std::uint32_t>{2 * 8 + 6}) << "40 is in the bucket 32 to 127";
}

TEST(Plugin, ARefusedInputReachesNothing) {
  const auto errands = opened({}, trouble_plugin());
  const auto answer = fed(*errands, "refuse");
  EXPECT_EQ(answer.output.value_or("none"), "");
}

TEST(Plugin, AnEmptyInputIsAnInput) {
  const auto errands = opened({}, trouble_plugin());
  EXPECT_EQ(features(fed(*errands, "")), std::vector<std::uint32_t>{0});
}

TEST(Plugin, ReadingPastTheInputIsACrash) {
  const auto errands = opened({}, trouble_plugin());
  for (const char* input : {"over", "over and a bit more"}) {
    const auto answer = fed(*errands, input);
    ASSERT_TRUE(answer.death) << input;
    EXPECT_EQ(answer.death->death, DeathClass::crashed);
  }
}

TEST(Plugin, DeathsAreGroupedByTheirStacks) {
  const auto errands = opened({}, trouble_plugin());
  const auto one = fed(*errands, "crash"), same = fed(*errands, "crash again"), other = fed(*errands, "again");
  ASSERT_TRUE(one.death && same.death && other.death);
  EXPECT_FALSE(one.death->stack.empty());
  EXPECT_EQ(one.death->stack, same.death->stack);
  EXPECT_NE(one.death->stack, other.death->stack);
  EXPECT_NE(one.crash_report.find("libtrouble-plugin.so"), std::string::npos) << one.crash_report;
}

TEST(Plugin, AbortsAndLoopsAreTheirClasses) {
  GuardOptions options;
  options.timeout_seconds = 1;
  const auto errands = opened(options, trouble_plugin());
  EXPECT_EQ(fed(*errands, "abort").death->death, DeathClass::aborted);
  EXPECT_EQ(fed(*errands, "loop").death->death, DeathClass::cpu_limit);
}

TEST(Plugin, ALibraryThatIsNoneIsRefusedWithTheLoadersWords) {
  GuardOptions options;
  options.worker_path = testing::real_worker();
  const auto errands = Errands::open(options, testing::real_worker());
  ASSERT_FALSE(errands);
  EXPECT_NE(errands.error().message.find("plug-in"), std::string::npos) << errands.error().message;
}

}  // namespace
}  // namespace mapiguard
