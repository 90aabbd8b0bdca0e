#include "guardian/policy.h"

namespace mapiguard {
namespace {

// "To trigger the behavior, the threshold must be exceeded": threshold 2, three crashes (PoisonIDs article).
Action charge(const Standing& standing, const PolicySettings& settings) {
  return standing.crashes >= settings.poison_threshold ? Action::block : Action::charge;
}

}  // namespace

bool has_a_place(DeathClass death) {
  switch (death) {
    case DeathClass::crashed:
    case DeathClass::aborted:
    case DeathClass::sandbox_violation: return true;
    default: return false;
  }
}

bool is_same_death(const Verdict& a, const Verdict& b) {
  return a.death == b.death && (!has_a_place(a.death) || a.stack == b.stack);
}

Action decide(const Standing& standing, DeathClass death, bool alone, bool company, const PolicySettings& settings) {
  if (company) return Action::rerun_alone;  // any of several may have been the cause
  if (is_chargeable(death)) return charge(standing, settings);
  if (!alone || standing.uncharged_alone + 1 < settings.hold_after) return Action::rerun_alone;
  return settings.charge_unexplained ? charge(standing, settings) : Action::hold;
}

}  // namespace mapiguard
