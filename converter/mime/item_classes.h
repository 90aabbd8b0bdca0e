// Message classes that are more than a note (MS-OXCMSG 2.2.1.3): each has a builder of its own.
//
// Thread promise: pure functions.
#pragma once

#include <optional>
#include <string_view>

#include "converter/mime/content.h"

namespace mapiguard {

// Builds the tree below the message's header. nullopt: this message lacks what its class promises, and is built
// as a note.
using ItemBuilder = std::optional<Part> (*)(const ItemSource& item);

// The builder of a class; nullptr for notes and for every class that is not known.
ItemBuilder builder_of_class(std::string_view message_class);

}  // namespace mapiguard
