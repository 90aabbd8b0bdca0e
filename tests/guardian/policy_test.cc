#include "guardian/policy.h"

#include <gtest/gtest.h>

namespace mapiguard {
namespace {

constexpr PolicySettings kDefault;

struct Row {
  const char* fact;
  Standing standing;
  DeathClass death;
  bool alone, company;
  PolicySettings settings;
  Action expected;
};

Standing with_crashes(unsigned crashes) { return {.crashes = crashes}; }
Standing with_uncharged(unsigned uncharged, unsigned crashes = 0) {
  return {.crashes = crashes, .uncharged_alone = uncharged};
}
PolicySettings threshold(std::uint32_t value) { return {.poison_threshold = value}; }
PolicySettings charging(std::uint32_t value = 2) { return {.poison_threshold = value, .charge_unexplained = true}; }

const Row kRows[] = {
    {"a first crash is charged", with_crashes(0), DeathClass::crashed, false, false, kDefault, Action::charge},
    {"a second crash is charged", with_crashes(1), DeathClass::crashed, false, false, kDefault, Action::charge},
    {"the third exceeds two and blocks", with_crashes(2), DeathClass::crashed, false, false, kDefault, Action::block},
    {"beyond the threshold stays blocked", with_crashes(9), DeathClass::crashed, false, false, kDefault, Action::block},
    {"threshold 0: the first blocks", with_crashes(0), DeathClass::hung, false, false, threshold(0), Action::block},
    {"threshold 1: the first is charged", with_crashes(0), DeathClass::hung, true, false, threshold(1), Action::charge},
    {"threshold 1: the second blocks", with_crashes(1), DeathClass::hung, true, false, threshold(1), Action::block},
    {"the largest threshold never blocks", with_crashes(1'000'000), DeathClass::crashed, false, false,
     threshold(0xFFFFFFFF), Action::charge},
    {"earlier unexplained deaths do not make a charge more", with_uncharged(2), DeathClass::crashed, true, false,
     kDefault, Action::charge},
    {"first unexplained alone is rerun", with_uncharged(0), DeathClass::unexplained_kill, true, false, kDefault,
     Action::rerun_alone},
    {"second unexplained alone is rerun", with_uncharged(1), DeathClass::killed_by_operator, true, false, kDefault,
     Action::rerun_alone},
    {"third unexplained alone is held", with_uncharged(2), DeathClass::supervisor_died, true, false, kDefault,
     Action::hold},
    {"more than three stay held", with_uncharged(7), DeathClass::unexplained_kill, true, false, kDefault, Action::hold},
    {"unexplained but not alone never counts", with_uncharged(2), DeathClass::unexplained_kill, false, false, kDefault,
     Action::rerun_alone},
    {"third unexplained alone, charging", with_uncharged(2), DeathClass::unexplained_kill, true, false, charging(),
     Action::charge},
    {"second unexplained alone, charging", with_uncharged(1), DeathClass::unexplained_kill, true, false, charging(),
     Action::rerun_alone},
    {"charging may block", with_uncharged(2, 2), DeathClass::unexplained_kill, true, false, charging(), Action::block},
    {"charging at threshold 0 blocks at the third", with_uncharged(2), DeathClass::unexplained_kill, true, false,
     charging(0), Action::block},
};

TEST(Policy, EachRowOfTheTableHolds) {
  for (const Row& row : kRows)
    EXPECT_EQ(decide(row.standing, row.death, row.alone, row.company, row.settings), row.expected) << row.fact;
}

// Over every class, alone or not, with company or not, and every standing that matters.
template <class F>
void for_all(F check) {
  for (std::size_t death = 0; death < kDeathClasses; ++death)
    for (const bool alone : {false, true})
      for (unsigned crashes = 0; crashes < 5; ++crashes)
        for (unsigned uncharged = 0; uncharged < 5; ++uncharged)
          check(Standing{.crashes = crashes, .uncharged_alone = uncharged}, static_cast<DeathClass>(death), alone);
}

TEST(Policy, DeathsAreTheSameWhenClassAndPlaceAre) {
  const auto death = [](DeathClass kind, const char* stack) {
    Verdict verdict;
    verdict.death = kind;
    verdict.stack = stack;
    return verdict;
  };
  EXPECT_TRUE(is_same_death(death(DeathClass::crashed, "a"), death(DeathClass::crashed, "a")));
  EXPECT_FALSE(is_same_death(death(DeathClass::crashed, "a"), death(DeathClass::crashed, "b")));
  EXPECT_FALSE(is_same_death(death(DeathClass::crashed, "a"), death(DeathClass::aborted, "a")));
  EXPECT_TRUE(is_same_death(death(DeathClass::cpu_limit, "a"), death(DeathClass::cpu_limit, "b"))) << "where a limit strikes is chance";
}

TEST(Policy, CompanyIsNeverChargedNorHeld) {
  for_all([](const Standing& standing, DeathClass death, bool alone) {
    for (const bool charges : {false, true})
      EXPECT_EQ(decide(standing, death, alone, true, {.poison_threshold = 0, .charge_unexplained = charges}),
                Action::rerun_alone);
  });
}

TEST(Policy, ChargeableDeathsAreChargedUntilTheThresholdIsExceeded) {
  for_all([](const Standing& standing, DeathClass death, bool alone) {
    if (!is_chargeable(death)) return;
    EXPECT_EQ(decide(standing, death, alone, false, kDefault), standing.crashes >= 2 ? Action::block : Action::charge);
  });
}

TEST(Policy, UnchargeableDeathsAreNotChargedUnlessTheAdministratorWantsIt) {
  for_all([](const Standing& standing, DeathClass death, bool alone) {
    if (is_chargeable(death)) return;
    const bool third_alone = alone && standing.uncharged_alone >= 2;
    EXPECT_EQ(decide(standing, death, alone, false, kDefault), third_alone ? Action::hold : Action::rerun_alone);
    const Action charged = standing.crashes >= 2 ? Action::block : Action::charge;
    EXPECT_EQ(decide(standing, death, alone, false, charging()), third_alone ? charged : Action::rerun_alone);
  });
}

}  // namespace
}  // namespace mapiguard
