#include "base/json_text.h"

#include <gtest/gtest.h>

namespace mapiguard {
namespace {

TEST(JsonText, QuotesEscapeWhatMustBeEscaped) {
  EXPECT_EQ(json_quoted("plain"), "\"plain\"");
  EXPECT_EQ(json_quoted("a\"b\\c\nd\x1B\x7F"), "\"a\\\"b\\\\c\\u000ad\\u001b\\u007f\"");
  EXPECT_EQ(json_quoted(std::string_view("\0x", 2)), "\"\\u0000x\"");
  EXPECT_EQ(json_quoted("\xC3\xBC\xFF"), "\"\xC3\xBC\xEF\xBF\xBD\"");
}

TEST(JsonText, ObjectKeepsTheOrderOfItsKeys) {
  EXPECT_EQ(JsonObject().str(), "{}");
  EXPECT_EQ(JsonObject()
                .text("b", "x")
                .number("a", 7)
                .number("n", std::optional<int>())
                .flag("f", true)
                .text_or_null("t", "")
                .array("l", {"p", "q\""})
                .str(),
            R"({"b": "x", "a": 7, "n": null, "f": true, "t": null, "l": ["p", "q\""]})");
}

TEST(JsonText, MergeAppendsTheKeysOfAnotherObject) {
  EXPECT_EQ(JsonObject().number("seq", 1).merge(R"({"class": "crashed"})").str(), R"({"seq": 1, "class": "crashed"})");
  EXPECT_EQ(JsonObject().number("seq", 1).merge("{}").str(), R"({"seq": 1})");
  EXPECT_EQ(JsonObject().merge(R"({"a": 1})").str(), R"({"a": 1})");
  EXPECT_EQ(JsonObject().number("seq", 1).merge("no object").str(), R"({"seq": 1})");
}

}  // namespace
}  // namespace mapiguard
