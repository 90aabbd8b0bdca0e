#include "guardian/ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/ledger_fixture.h"

namespace mapiguard {
namespace {

using ::testing::HasSubstr;
using testing::content_of;
using testing::envelope_from;
using testing::identity_of;
using testing::LedgerTest;

TEST_F(LedgerTest, ThirdChargeBlocksAtThresholdTwo) {
  EXPECT_TRUE(standing("poison").is_clean());
  EXPECT_EQ(die("poison").action, Action::charge);
  EXPECT_EQ(die("poison").action, Action::charge);
  EXPECT_FALSE(standing("poison").blocked);
  const Decision third = die("poison");
  EXPECT_EQ(third.action, Action::block);
  EXPECT_EQ(third.crashes, 3u);
  EXPECT_TRUE(standing("poison").blocked);
  EXPECT_EQ(events(9680).size(), 3u);
  EXPECT_EQ(events(9681).size(), 1u);
  EXPECT_EQ(content_of(state("quarantine/" + hex(identity_of("poison").sha256) + ".bin")), "poison");
}

TEST_F(LedgerTest, ThresholdZeroBlocksAtTheFirstDeath) {
  set("poisonthreshold", "0");
  EXPECT_EQ(die("poison").action, Action::block);
  EXPECT_TRUE(standing("poison").blocked);
}

TEST_F(LedgerTest, SuccessClearsTheCount) {
  die("flaky");
  die("flaky");
  ASSERT_TRUE(ledger_->acquit(identity_of("flaky")));
  EXPECT_TRUE(standing("flaky").is_clean());
  EXPECT_EQ(die("flaky").crashes, 1u);
}

}  // namespace
}  // namespace mapiguard
