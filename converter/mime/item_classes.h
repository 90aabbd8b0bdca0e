// Message classes that are more than a note (MS-OXCMSG 2.2.1.3).
//
// Thread promise: pure functions.
#pragma once

#include <optional>
#include <string_view>

#include "converter/mime/content.h"

namespace mapiguard {

struct ItemClass {
  const char* prefix;  // "IPM.Contact": this class and those below it
  // Adds what the class has beside bodies and attachments: a calendar, a card. May be null.
  void (*enrich)(const ItemSource& item, Content& content);
  // Makes the whole tree where the class has a shape of its own; nullopt: the message lacks what its class promises.
  // May be null.
  std::optional<Part> (*make_tree)(const ItemSource& item);
};

// nullptr for notes and for every class that is not known: they are built as notes.
const ItemClass* item_class(std::string_view message_class);

}  // namespace mapiguard
