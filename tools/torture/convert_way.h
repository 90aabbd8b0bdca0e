// Convert way: folders through `mapiguard convert`, with the built-in converter or with torture's own, while
// supervisors and workers are killed. Thread promise: of one thread.
#pragma once

#include <memory>

#include "tools/torture/plan.h"

namespace mapiguard::torture {

std::unique_ptr<Way> make_convert_way(const Plan& plan, bool commanded);

}  // namespace mapiguard::torture
