#include "converter/mime/encoded_words.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/bytes.h"
#include "converter/mime/addresses.h"
#include "converter/mime/base64.h"

namespace mapiguard {
namespace {

std::string word(std::string_view utf8) { return "=?UTF-8?B?" + base64(as_bytes(utf8)) + "?="; }

TEST(EncodedWords, OfOtherCharsetsBecomeUtf8) {
  EXPECT_EQ(with_encoded_words_in_utf8("a =?big5?B?wWPF6Q==?= b"), "a " + word("繁體") + " b");
  EXPECT_EQ(with_encoded_words_in_utf8("=?ISO-2022-JP?B?GyRCRnxLXBsoQg==?= <a@b.c>"), word("日本") + " <a@b.c>");
  EXPECT_EQ(with_encoded_words_in_utf8("=?iso-8859-1*fr?q?d=E9j=E0_vu?="), word("déjà vu"));
}

TEST(EncodedWords, NeighboursOfOneCharsetAreOne) {
  EXPECT_EQ(with_encoded_words_in_utf8("=?gb2312?B?1g==?=\r\n =?GB2312?B?0A==?= x"), word("中") + " x");
  EXPECT_EQ(with_encoded_words_in_utf8("=?gb2312?B?1tA=?= =?big5?B?wWM=?="), word("中") + " " + word("繁"));
}

TEST(EncodedWords, OfUtf8OrOfNoKnownFormStayAsTheyAre) {
  for (const char* value : {"", "=?", "=?=?", "a=?b", "=?big5?B?wWPF6Q==", "=?big5?X?wWPF6Q==?=",
                            "=?x-none?B?wWPF6Q==?=", "=?utf-8?Q?=E9?=", "=?us-ascii?q?a?=", "=?big5?B", "=?big5?"})
    EXPECT_EQ(with_encoded_words_in_utf8(value), value);
}

TEST(EncodedWords, AreReadWhereNoCodecCanBeOpened) {
  const auto child = [] {
    const rlimit none{0, 0};
    setrlimit(RLIMIT_NOFILE, &none);
    const auto mailboxes =
        parse_mailboxes("=?shift_jis?B?k/qWew==?= <a@b.example>, =?euc-kr?Q?=C7=D1?= <c@d.example>", "");
    _exit(mailboxes.size() == 2 && mailboxes[0].name == "日本" && mailboxes[1].name == "한" ? 0 : 1);
  };
  EXPECT_EXIT(child(), ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace mapiguard
