// Linked into a mapiguard of its own (broken-charge): a death that nobody accounts for is held against the message that
// was being converted. The torture must find it.
#include "guardian/policy.h"

namespace mapiguard {

#define MAPIGUARD_DECIDE "ZN9mapiguard6decideERKNS_8StandingENS_10DeathClassEbbRKNS_14PolicySettingsE"
Action rightly(const Standing& standing, DeathClass death, bool alone, bool company,
               const PolicySettings& settings) asm("__real__" MAPIGUARD_DECIDE);
Action wrongly(const Standing& standing, DeathClass death, bool alone, bool company,
               const PolicySettings& settings) asm("__wrap__" MAPIGUARD_DECIDE);

Action wrongly(const Standing& standing, DeathClass death, bool alone, bool company, const PolicySettings& settings) {
  const Action action = rightly(standing, death, alone, company, settings);
  return action == Action::rerun_alone && !company ? Action::charge : action;
}

}  // namespace mapiguard
