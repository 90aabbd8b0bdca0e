// Mail encrypted with OpenPGP. Exchange takes its multipart/encrypted apart and leaves a message with two attachments,
// which no mail program decrypts any more.
//
// Thread promise: pure functions.
#pragma once

#include <optional>

#include "converter/mime/content.h"

namespace mapiguard {

// The multipart/encrypted put together again (RFC 3156 4); nullopt: the message was none.
std::optional<Part> build_pgp(const ItemSource& item);

}  // namespace mapiguard
