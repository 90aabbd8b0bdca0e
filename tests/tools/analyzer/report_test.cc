#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tools/analyzer/finding.h"
#include "tools/analyzer/since.h"

namespace mapiguard {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Finding finding(std::string rule, Category category, std::string value = "5") {
  Finding made;
  made.rule = std::move(rule);
  made.category = category;
  made.setting = "HKEY_LOCAL_MACHINE\\SYSTEM\\EX1\\" + made.rule;
  made.value = std::move(value);
  made.title = "title of " + made.rule;
  made.explanation = "why";
  made.fix = {"first", "then"};
  made.server = "EX1";
  made.database = "Private-aa";
  return made;
}
Analysis analysis(std::vector<Finding> findings) {
  Analysis made;
  made.source = "a test";
  made.time = "2026-01-01T00:00:00Z";
  made.findings = std::move(findings);
  return made;
}

TEST(ReportTest, ExitCodeIsThatOfTheWorstCategory) {
  EXPECT_EQ(exit_code_of(analysis({})), 0);
  EXPECT_EQ(exit_code_of(analysis({finding("a", Category::non_default), finding("b", Category::information)})), 0);
  EXPECT_EQ(exit_code_of(analysis({finding("a", Category::warning), finding("b", Category::non_default)})), 1);
  EXPECT_EQ(exit_code_of(analysis({finding("a", Category::warning), finding("b", Category::error)})), 2);
}

TEST(ReportTest, JsonHasTheKeysOfTheContractAndNoOthers) {
  const auto report = nlohmann::json::parse(
      report_as_json(analysis({finding("a", Category::non_default), finding("b", Category::error, "null")})));
  ASSERT_EQ(report.size(), 2u);
  std::vector<std::string> keys;
  for (const auto& [key, value] : report[0].items()) keys.push_back(key);
  EXPECT_THAT(keys,
              ::testing::UnorderedElementsAre("rule", "category", "setting", "value", "title", "explanation", "fix"));
  EXPECT_EQ(report[0]["category"], "non-default");
  EXPECT_EQ(report[0]["value"], 5);
  EXPECT_TRUE(report[1]["value"].is_null());
  EXPECT_EQ(report[0]["fix"].size(), 2u);
  EXPECT_EQ(report_as_json(analysis({})), "[]");
}

TEST(ReportTest, PageEscapesAllThatItShows) {
  Finding hostile = finding("a", Category::error, R"(["<script>alert(1)</script>\"' onload=x"])");
  hostile.title = hostile.explanation = hostile.server = hostile.setting = "<script>alert(1)</script>\"' onload=x";
  hostile.fix = {hostile.title};
  hostile.change = Change::changed;
  hostile.value_before = hostile.value;
  Analysis made = analysis({hostile, finding("b", Category::warning)});
  made.source = hostile.title;
  made.since = hostile.title;
  made.databases = {hostile.title};
  const std::string page = report_as_html(made);
  EXPECT_THAT(page, Not(HasSubstr("<script>alert")));
  EXPECT_THAT(page, Not(HasSubstr("\"' onload")));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39; onload=x"));
}

TEST(ReportTest, PageLoadsNothingFromElsewhere) {
  const std::string page = report_as_html(analysis({finding("a", Category::error)}));
  for (const char* way : {"http:", "https:", "src=", "@import", "url("}) EXPECT_THAT(page, Not(HasSubstr(way)));
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
}

TEST(ReportTest, TextStandsUnderTheHeadingsOfTheOriginalTool) {
  const std::string text = report_as_text(
      analysis({finding("a", Category::error), finding("b", Category::warning), finding("c", Category::non_default)}));
  EXPECT_THAT(text, HasSubstr("1 error, 1 warning, 1 non-default, 0 best-practice, 0 information"));
  EXPECT_LT(text.find("Critical Issues"), text.find("Full Issues: Warnings"));
  EXPECT_LT(text.find("Full Issues: Warnings"), text.find("Full Issues: Non-default Configuration"));
}

TEST(SinceTest, WhatIsNewChangedAndGoneIsTold) {
  const std::string earlier =
      report_as_json(analysis({finding("same", Category::warning), finding("changed", Category::warning, "4"),
                               finding("gone", Category::error)}));
  Analysis now = analysis({finding("same", Category::warning), finding("changed", Category::warning),
                           finding("fresh", Category::non_default)});
  now.since = "yesterday.json";
  ASSERT_TRUE(compare_with(now, earlier));
  ASSERT_EQ(now.findings.size(), 4u);
  EXPECT_EQ(now.findings[0].change, Change::none);
  EXPECT_EQ(now.findings[1].change, Change::changed);
  EXPECT_EQ(now.findings[1].value_before, "4");
  EXPECT_EQ(now.findings[2].change, Change::fresh);
  EXPECT_EQ(now.findings[3].change, Change::gone);
  EXPECT_EQ(exit_code_of(now), 1) << "what is gone counts no more";
  const std::string text = report_as_text(now);
  EXPECT_THAT(text, HasSubstr("(recent change: was 4)"));
  EXPECT_THAT(text, HasSubstr("title of gone  (recent change: gone)"));
  EXPECT_THAT(report_as_html(now), HasSubstr("Gone since the earlier report"));
}

TEST(SinceTest, ReportThatWasComparedItselfIsComparedByWhatWasThere) {
  Analysis then = analysis({finding("a", Category::warning)});
  then.since = "x";
  ASSERT_TRUE(compare_with(then, report_as_json(analysis({finding("gone", Category::error)}))));
  Analysis now = analysis({finding("a", Category::warning)});
  ASSERT_TRUE(compare_with(now, report_as_json(then)));
  EXPECT_EQ(now.findings.size(), 1u);
}

TEST(SinceTest, TextThatIsNoReportIsRefused) {
  for (const char* text : {"", "{}", "nonsense", "[1]", R"([{"rule":"a"}])",
                           R"([{"rule":"a","setting":"b","category":"odd"}])", "[[[[[["}) {
    Analysis now = analysis({});
    const auto done = compare_with(now, text);
    ASSERT_FALSE(done) << text;
    EXPECT_EQ(done.error().code, ErrorCode::not_a_message);
  }
}

}  // namespace
}  // namespace mapiguard
