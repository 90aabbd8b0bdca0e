// Breaker: which build was found to be sick.
//
// Thread promise: functions of a Session.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "persist/state_store.h"

namespace mapiguard {

struct BreakerRow {
  std::string build;
  std::int64_t since = 0;  // ns
  std::string death_class, stack, canary;
};

Result<std::optional<BreakerRow>> breaker_of(Session& session, std::string_view build);
// False: it was open already.
Result<bool> put_breaker(Session& session, const BreakerRow& row);
Result<bool> erase_breaker(Session& session, std::string_view build);


}  // namespace mapiguard
