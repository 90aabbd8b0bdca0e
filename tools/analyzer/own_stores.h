// The settings of a state directory as two databases of a registry, its mailbox store and its public-folder store:
// values that are present (set or imported), as `settings export-reg` writes them.
//
// Thread promise: as Ledger.
#pragma once

#include <vector>

#include "guardian/ledger.h"
#include "tools/registry/information_stores.h"

namespace mapiguard {

Result<std::vector<InformationStore>> own_stores(Ledger& ledger);

}  // namespace mapiguard
