#include "tools/mapiguard-worker/errands.h"

#include <array>

#include "tools/mapiguard-worker/plugin.h"

namespace mapiguard {
namespace {

// One row an errand: its name, and the function, which sees nothing but its input.
constexpr std::array kErrands = {
    Errand{"plugin", run_plugin},
};

}  // namespace

std::span<const Errand> errands() { return kErrands; }

}  // namespace mapiguard
