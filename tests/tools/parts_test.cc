// The small parts of the command line that are pure, or nearly.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <thread>

#include "tools/mapiguard/exit_codes.h"
#include "tools/mapiguard/in_order.h"
#include "tools/mapiguard/mbox.h"
#include "tools/mapiguard/moment.h"
#include "tools/mapiguard/nearest.h"
#include "tools/mapiguard/shell_words.h"

namespace mapiguard {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// -- shell words
// -------------------------------------------------------------------------------------------------------

TEST(ShellWords, BlanksSeparateWords) {
  EXPECT_THAT(*shell_words("  a  b\tc\nd "), ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(*shell_words(" \t\n"), IsEmpty());
}

TEST(ShellWords, QuotesKeepBlanksAndMakeEmptyWords) {
  EXPECT_THAT(*shell_words(R"(sh -c 'kill -SEGV $$' "" '')"), ElementsAre("sh", "-c", "kill -SEGV $$", "", ""));
  EXPECT_THAT(*shell_words(R"(a'b c'"d e"f)"), ElementsAre("ab cd ef"));
}

TEST(ShellWords, BackslashKeepsTheNextCharacter) {
  EXPECT_THAT(*shell_words(R"(a\ b \'c\" \\ d\e)"), ElementsAre("a b", "'c\"", "\\", "de"));
  EXPECT_THAT(*shell_words("a\\\nb"), ElementsAre("ab"));
}

TEST(ShellWords, BackslashInDoubleQuotesKeepsItselfBeforeMostCharacters) {
  EXPECT_THAT(*shell_words(R"("a\"b\\c\d\$e\`f")"), ElementsAre(R"(a"b\c\d$e`f)"));
}

TEST(ShellWords, BackslashInSingleQuotesIsItself) { EXPECT_THAT(*shell_words(R"('a\b\')"), ElementsAre(R"(a\b\)")); }

TEST(ShellWords, NothingIsExpanded) {
  EXPECT_THAT(*shell_words(R"($HOME "*" ~ `ls` $(ls) a;b|c>d &)"),
              ElementsAre("$HOME", "*", "~", "`ls`", "$(ls)", "a;b|c>d", "&"));
}

TEST(ShellWords, QuoteOrBackslashWithoutEndIsAnError) {
  for (const char* line : {"'", "\"", "a 'b", "a \"b\\\"", "a\\", "\"\\"}) {
    const auto words = shell_words(line);
    ASSERT_FALSE(words) << line;
    EXPECT_EQ(words.error().code, ErrorCode::usage);
  }
}

// -- suggestions
// -------------------------------------------------------------------------------------------------------

TEST(NearestWord, OneSlipIsForgiven) {
  const std::vector<std::string> known = {"convert", "poison", "events", "settings"};
  for (const char* slip : {"convrt", "cnovert", "convertt", "konvert", "CONVERT", "conv"})
    EXPECT_EQ(nearest_word(slip, known), "convert") << slip;
  EXPECT_EQ(nearest_word("poisno", known), "poison");
}

TEST(NearestWord, UnlikeWordsGetNoSuggestion) {
  const std::vector<std::string> known = {"convert", "ndr"};
  for (const char* word : {"", "x", "xylophone", "abc"}) EXPECT_EQ(nearest_word(word, known), "") << word;
  EXPECT_EQ(nearest_word(std::string(100'000, 'c'), known), "");
}

// -- times
// -------------------------------------------------------------------------------------------------------------

std::optional<std::int64_t> date(const std::string& value) {
  return date_of_header("Subject: x\r\nDate: " + value + "\r\n\r\nDate: no\r\n");
}

TEST(DateOfHeader, UnderstandsWhatMailersWrite) {
  EXPECT_EQ(date("Thu, 01 Jan 1970 00:00:00 +0000"), 0);
  EXPECT_EQ(date("Fri, 21 Nov 1997 09:55:06 -0600"), 880127706);
  EXPECT_EQ(date("21 Nov 97 09:55:06 GMT"), 880106106);
  EXPECT_EQ(date("Fri, 21 Nov 1997 09(comment):   55  :  06 -0600"), std::nullopt);
  EXPECT_EQ(date("21 Nov 1997 09:55 EST"), 880124100);
  EXPECT_EQ(date("1 Jan 2000 00:00:00 +0000 (UTC)"), 946684800);
  EXPECT_EQ(date("1 January 2000 00:00:00 Z"), 946684800);
  EXPECT_EQ(date("29 Feb 2000 00:00:00"), 951782400);
}

TEST(DateOfHeader, RefusesWhatIsNoDate) {
  for (const char* bad : {"", "yesterday", "32 Jan 2000 00:00:00 +0000", "29 Feb 2001 00:00:00 +0000",
                          "1 Jan 2000 24:00:00", "1 Jan 2000 1:2:3", "1 Foo 2000 00:00:00", "1 Jan 20000 00:00:00",
                          "1 Jan 1899 00:00:00", "99999999999999999999 Jan 2000 00:00:00", "((((((", ",,,,"})
    EXPECT_EQ(date(bad), std::nullopt) << bad;
}

TEST(DateOfHeader, LooksNoFurtherThanTheHeader) {
  EXPECT_EQ(date_of_header("Subject: x\n\nDate: Thu, 01 Jan 1970 00:00:00 +0000\n"), std::nullopt);
  EXPECT_EQ(date_of_header(""), std::nullopt);
  EXPECT_EQ(date_of_header("dAtE:Thu, 01 Jan 1970 00:00:00 +0000"), 0);
  EXPECT_EQ(date_of_header("Date:\n Thu,\n 01 Jan 1970\n\t00:00:00 +0000\nX: y"), 0);
}

TEST(MboxDate, IsFixedInFormAndZone) {
  EXPECT_EQ(mbox_date(0), "Thu Jan  1 00:00:00 1970");
  EXPECT_EQ(mbox_date(1136214245), "Mon Jan  2 15:04:05 2006");
  EXPECT_EQ(mbox_date(-2208988800), "Mon Jan  1 00:00:00 1900");
}

TEST(MomentOf, TakesTimesDatesAndAges) {
  EXPECT_TRUE(moment_of("2026-01-31T08:00:00Z")->starts_with("2026-01-31T08:00:00"));
  EXPECT_TRUE(moment_of("2026-01-31T08:00:00+02:00")->starts_with("2026-01-31T06:00:00"));
  EXPECT_TRUE(moment_of("2026-01-31")->starts_with("2026-01-31T00:00:00"));
  EXPECT_LT(*moment_of("7d"), *moment_of("30m"));
  for (const char* bad : {"", "7", "d", "7w", "-7d", "9999999d", "soon"}) EXPECT_FALSE(moment_of(bad)) << bad;
}

// -- mbox
// --------------------------------------------------------------------------------------------------------------

std::string quoted(const std::vector<std::string>& pieces) {
  MboxQuoter quoter;
  std::string out;
  for (const std::string& piece : pieces) quoter.add(piece, out);
  quoter.finish(out);
  return out;
}

TEST(MboxQuoter, QuotesLinesThatLookLikeABeginning) {
  EXPECT_EQ(quoted({"From a\r\n>From b\r\n>>From c\r\n"}), ">From a\n>>From b\n>>>From c\n\n");
}

TEST(MboxQuoter, LeavesOtherLinesAlone) {
  for (const char* line : {"Fro", "From", ">From", "from a", " From a", "xFrom a", "> From a", ">>", ""})
    EXPECT_EQ(quoted({std::string(line) + "\n"}), std::string(line) + "\n\n") << line;
}

TEST(MboxQuoter, EndsAnOpenLine) {
  EXPECT_EQ(quoted({"a"}), "a\n\n");
  EXPECT_EQ(quoted({">>"}), ">>\n\n");
  EXPECT_EQ(quoted({"Fro"}), "Fro\n\n");
  EXPECT_EQ(quoted({"From "}), ">From \n\n");
  EXPECT_EQ(quoted({"a\r"}), "a\r\n\n");
  EXPECT_EQ(quoted({}), "\n");
}

TEST(MboxQuoter, LoneCarriageReturnStays) { EXPECT_EQ(quoted({"a\rb\r\r\nc\n\r\n"}), "a\rb\r\nc\n\n\n"); }

TEST(MboxQuoter, DivisionIntoPiecesChangesNothing) {
  std::mt19937 random(1);
  constexpr std::string_view kAlphabet = "From >\r\nx";
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (std::size_t i = random() % 40; i > 0; --i)
      text += random() % 4 ? std::string(1, kAlphabet[random() % kAlphabet.size()]) : "From ";
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t length = 1 + random() % 5;
      pieces.push_back(text.substr(at, length));
      at += length;
    }
    ASSERT_EQ(quoted(pieces), quoted({text})) << text;
  }
}

TEST(FromLine, HasSenderAndDate) {
  EXPECT_EQ(from_line("a@example.org", 0), "From a@example.org Thu Jan  1 00:00:00 1970\n");
  for (const char* unusable : {"", "<>", "a b@example.org"})
    EXPECT_EQ(from_line(unusable, std::nullopt), "From MAILER-DAEMON Thu Jan  1 00:00:00 1970\n");
}

// -- order
// -------------------------------------------------------------------------------------------------------------

TEST(InOrder, ActionsRunInTheirOrderWhoeverComesFirst) {
  constexpr std::size_t kNumbers = 2000;
  InOrder order(100);
  std::vector<std::size_t> seen;
  std::atomic<std::size_t> next{0};
  std::vector<std::jthread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&] {
      for (std::size_t number; (number = next++) < kNumbers;) {
        if (number % 7 == 0) std::this_thread::yield();
        order.settle(number, 10, [&seen, number] { seen.push_back(number); });
      }
    });
  threads.clear();
  ASSERT_EQ(seen.size(), kNumbers);
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
}

TEST(InOrder, NobodyWaitsForNumbersThatNeverCome) {
  InOrder order(0);
  std::vector<int> seen;
  std::jthread blocked([&] { order.settle(1, 10, [&] { seen.push_back(1); }); });
  std::jthread blocked_too([&] { order.settle(3, 10, [&] { seen.push_back(3); }); });
  order.let_go();
  blocked.join();
  blocked_too.join();
  EXPECT_THAT(seen, IsEmpty());
  order.settle_rest();
  EXPECT_THAT(seen, ElementsAre(1, 3));
}

TEST(WorstExit, FollowsTheOrderOfTheContract) {
  constexpr std::array kOrder = {78, 74, 73, 70, 69, 75, 66, 65, 0};
  for (std::size_t i = 0; i < kOrder.size(); ++i)
    for (std::size_t j = i; j < kOrder.size(); ++j) {
      EXPECT_EQ(worst_exit(kOrder[i], kOrder[j]), kOrder[i]);
      EXPECT_EQ(worst_exit(kOrder[j], kOrder[i]), kOrder[i]);
    }
}

}  // namespace
}  // namespace mapiguard
