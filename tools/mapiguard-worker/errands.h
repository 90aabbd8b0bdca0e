// What workers can be asked to do besides converting (guardian/errand.h is the asking side).
//
// Thread promise: constant data.
#pragma once

#include <span>

#include "guardian/worker.h"

namespace mapiguard {

std::span<const Errand> errands();

}  // namespace mapiguard
