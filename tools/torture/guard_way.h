// Guard way: threads on the library's Guard in this process, with the built-in converter while its workers are killed,
// or with torture's own converter. Thread promise: of one thread, which starts others.
#pragma once

#include <memory>

#include "tools/torture/plan.h"

namespace mapiguard::torture {

std::unique_ptr<Way> make_guard_way(const Plan& plan, bool commanded);

}  // namespace mapiguard::torture
