// Replay: one message through a Guard of its own, with a state directory that is thrown away: what comes of it is
// charged to nobody.
//
// Thread promise: replay() from any thread.
#pragma once

#include <mapiguard/guard.h>
#include "tools/mapiguard/spool.h"

namespace mapiguard {

// Errors: internal, config (no Guard could be had), io (no room for the temporary state).
Result<Conversion> replay(const Spool& message, GuardOptions options);

}  // namespace mapiguard
