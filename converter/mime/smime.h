// S/MIME messages (MS-OXOSMIME): their one attachment is the whole mail, and its bytes are the body, to the bit.
//
// Thread promise: pure functions.
#pragma once

#include <optional>

#include "converter/mime/content.h"

namespace mapiguard {

// nullopt: there is no such attachment.
std::optional<Part> build_smime(const ItemSource& item);

}  // namespace mapiguard
