// What tests of the body stage share: a budget, a report, and RTF conversions in one word each.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "converter/body/rtf.h"

namespace mapiguard::testing {

class BodyTest : public ::testing::Test {
 protected:
  std::string html_of(std::string_view rtf) { return rtf_deencapsulate_html(rtf, budget, defects, "rtf"); }
  std::string text_of(std::string_view rtf) { return rtf_to_text(rtf, budget, defects, "rtf"); }
  std::string page_of(std::string_view rtf) { return rtf_to_html(rtf, pictures, budget, defects, "rtf"); }
  // The inside of <body> alone.
  std::string content_of(std::string_view rtf) {
    const std::string page = page_of(rtf);
    const std::size_t begin = page.find('>', page.find("<body")) + 3;
    return page.substr(begin, page.rfind("</body>") - begin);
  }
  std::string plain_of(std::string_view html) { return html_to_text(html, budget); }
  std::uint64_t spent() const { return kSteps - budget.left(); }
  bool has(Severity severity) const {
    for (const Defect& defect : report.defects)
      if (defect.severity == severity) return true;
    return false;
  }

  static constexpr std::uint64_t kSteps = 1'000'000'000;
  Budget budget{kSteps};
  Report report;
  DefectLog defects{report, 1000};
  std::vector<EmbeddedPicture> pictures;
};

// RTF that says it holds HTML: a header with fonts 0 Latin, 1 Japanese, 2 Symbol, 3 Cyrillic, 4 Traditional Chinese.
inline std::string encapsulated(std::string_view body, std::string_view codepage = "1252") {
  return "{\\rtf1\\ansi\\ansicpg" + std::string(codepage) +
         "\\fromhtml1 \\deff0{\\fonttbl{\\f0\\fswiss\\fcharset0 Arial;}{\\f1\\fcharset128 MS Gothic;}{\\f2\\fcharset2 "
         "Symbol;}"
         "{\\f3\\fcharset204 Arial CYR;}{\\f4\\fcharset136 "
         "MingLiU;}}{\\colortbl\\red0\\green0\\blue0;}\\uc1\\pard\\plain\\f0 " +
         std::string(body) + "}";
}

inline std::string pure(std::string_view body) {
  return "{\\rtf1\\ansi\\ansicpg1252\\deff0{\\fonttbl{\\f0\\fswiss Arial;}{\\f1\\fcharset2 Symbol;}{\\f2\\fcharset2 "
         "Wingdings;}"
         "{\\f3 Courier New;}}{\\colortbl;\\red255\\green0\\blue0;\\red0\\green0\\blue128;}\\pard\\plain\\f0\\fs20 " +
         std::string(body) + "}";
}

inline std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  all.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

}  // namespace mapiguard::testing
