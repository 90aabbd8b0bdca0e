#include <gtest/gtest.h>

#include "converter/body/rtf.h"

namespace mapiguard {
namespace {

TEST(CharsetInHtml, IsFoundInBothForms) {
  EXPECT_EQ(charset_in_html("<html><meta charset=\"UTF-8\">"), "utf-8");
  EXPECT_EQ(charset_in_html("<META HTTP-EQUIV='Content-Type' CONTENT='text/html; charset=ISO-8859-2'>"), "iso-8859-2");
  EXPECT_EQ(charset_in_html("<meta content=text/html;charset=gb2312 http-equiv=x>"), "gb2312");
  EXPECT_EQ(charset_in_html("<?xml version=\"1.0\" encoding=\"koi8-r\"?>"), "koi8-r");
}

TEST(CharsetInHtml, ByteOrderMarkGoesBeforeAll) {
  EXPECT_EQ(charset_in_html("\xEF\xBB\xBF<meta charset=koi8-r>"), "utf-8");
  EXPECT_EQ(charset_in_html("\xFF\xFE<"), "utf-16le");
}

TEST(CharsetInHtml, OtherPlacesDoNotCount) {
  EXPECT_EQ(charset_in_html("<!-- <meta charset=x> --><p charset=y>charset=z"), "");
  EXPECT_EQ(charset_in_html("<meta name=charset content=x>"), "");
  EXPECT_EQ(charset_in_html("<metadata charset=x>"), "");
  EXPECT_EQ(charset_in_html("<meta charset="), "");
}

TEST(HtmlWithUtf8Meta, ChangesEachCharset) {
  EXPECT_EQ(html_with_utf8_meta(
                "<meta charset=\"iso-8859-1\"><meta http-equiv=a content=\"text/html; charset=big5\">charset=x"),
            "<meta charset=\"utf-8\"><meta http-equiv=a content=\"text/html; charset=utf-8\">charset=x");
}

TEST(HtmlWithUtf8Meta, LeavesAllElseAsItIs) {
  for (const char* html :
       {"", "<p>x", "<meta charset=utf-8>", "<META charset=UTF-8>", "<meta name=a>", "<meta charset"})
    EXPECT_EQ(html_with_utf8_meta(html), html);
}

}  // namespace
}  // namespace mapiguard
