// Identity: what a message is known by: the SHA-256 of its bytes, and the message ID that a trusted caller gave.
//
// Thread promise: plain values.
#pragma once

#include <string>

#include "base/sha256.h"

namespace mapiguard {

struct Identity {
  Digest sha256{};
  std::string message_id;  // trusted, "" = unknown; never one that was found inside the message

  // How events and lists name it: the ID, else "sha256:<hex>".
  std::string name() const { return message_id.empty() ? "sha256:" + hex(sha256) : message_id; }
};

}  // namespace mapiguard
