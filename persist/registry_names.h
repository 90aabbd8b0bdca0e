// How a state directory is named in a registry: a server and two databases, made once and kept with the settings.
//
// Thread promise: functions of a Session.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "persist/state_store.h"

namespace mapiguard {

struct StoreNames {
  std::string server, mailbox_guid, public_guid;
};

// Those that stand in the database; where none do, `server_if_new` and two random GUIDs, which stand there from then
// on.
Result<StoreNames> store_names(Session& session, std::string_view server_if_new, std::int64_t now);

}  // namespace mapiguard
