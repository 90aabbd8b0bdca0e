// Groups nested millions deep: the work grows as the text does, told by the Budget's steps and not by a clock.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "converter/body/rtf.h"

namespace mapiguard {
namespace {

constexpr std::uint64_t kSteps = 20'000'000'000;
constexpr std::size_t kFive = 5 << 20, kTen = 10 << 20;

enum class Reader : std::uint8_t { html, text, encapsulated };

std::string nested(Reader reader, std::size_t size) {
  const std::string head =
      reader == Reader::encapsulated ? "{\\rtf1\\ansi\\fromhtml1 {\\*\\htmltag <p>}" : "{\\rtf1\\ansi ";
  return head + std::string(size / 2, '{') + "deepest" + std::string(size / 2, '}') + "after}";
}

class RtfDepthTest : public testing::TestWithParam<Reader> {
 protected:
  // The steps that reading `rtf` takes.
  std::uint64_t steps(const std::string& rtf) {
    Report report;
    DefectLog defects(report, 100);
    Budget budget(kSteps);
    std::vector<EmbeddedPicture> pictures;
    switch (GetParam()) {
      case Reader::html: out_ = rtf_to_html(rtf, pictures, budget, defects, ""); break;
      case Reader::text: out_ = rtf_to_text(rtf, budget, defects, ""); break;
      case Reader::encapsulated: out_ = rtf_deencapsulate_html(rtf, budget, defects, ""); break;
    }
    return kSteps - budget.left();
  }
  std::string out_;
};

TEST_P(RtfDepthTest, TenMegabytesOfBracesTakeTwiceTheStepsOfFive) {
  const std::uint64_t five = steps(nested(GetParam(), kFive)), ten = steps(nested(GetParam(), kTen));
  EXPECT_GE(five, kFive / 2);  // the Budget is drawn on at all
  EXPECT_LE(ten, five * 21 / 10);
}

TEST_P(RtfDepthTest, TextBehindTheBracesIsRead) {
  steps(nested(GetParam(), kFive));
  EXPECT_NE(out_.find("after"), std::string::npos) << out_.substr(0, 300);
}

TEST_P(RtfDepthTest, BracesThatAreNeverClosedTakeNoMore) {
  const auto open = [](std::size_t size) { return "{\\rtf1\\ansi " + std::string(size, '{') + "deepest"; };
  EXPECT_LE(steps(open(kTen)), steps(open(kFive)) * 21 / 10);
}

INSTANTIATE_TEST_SUITE_P(Readers, RtfDepthTest, testing::Values(Reader::html, Reader::text, Reader::encapsulated),
                         [](const auto& tested) {
                           return std::string(tested.param == Reader::html   ? "Html"
                                              : tested.param == Reader::text ? "Text"
                                                                             : "Encapsulated");
                         });

}  // namespace
}  // namespace mapiguard
