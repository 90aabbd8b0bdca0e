// Canaries: small messages that every sound build converts, one of each kind, to tell a sick converter from a bad message.
//
// Made by our own corpus generator and built into the program (guardian/canaries.cc). Thread promise: constants.
#pragma once

#include <span>
#include <string_view>

#include "base/bytes.h"

namespace mapiguard {

struct Canary {
  std::string_view name;
  Bytes message;
};
std::span<const Canary> canaries();

}  // namespace mapiguard
