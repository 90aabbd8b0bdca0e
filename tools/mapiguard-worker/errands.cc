#include "tools/mapiguard-worker/errands.h"

#include <array>

#include "converter/mail_digest.h"
#include "tools/mapiguard-worker/mutation_errands.h"
#include "tools/mapiguard-worker/plugin.h"
#include "tools/registry/read_errand.h"

namespace mapiguard {
namespace {

// One row an errand: its name, and the function, which sees nothing but its input.
constexpr std::array kErrands = {
    Errand{"plugin", run_plugin},
    Errand{"mail_digest", run_mail_digest},
    Errand{kReadRegErrand, read_reg_errand},
    Errand{"mutate", mutate_errand},
    Errand{"reduce", reduce_errand},
    Errand{"kept_words", kept_words_errand},
};

}  // namespace

std::span<const Errand> errands() { return kErrands; }

}  // namespace mapiguard
