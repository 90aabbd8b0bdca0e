// The Message-ID of a message: its own, kept as it is, or one made from its content, the same each time.
//
// Thread promise: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "converter/model/message.h"

namespace mapiguard {

// "<32 hexadecimal digits@domain>" of all that the message holds.
std::string made_message_id(const Message& message, std::string_view domain);

// What the header of the mail says, which is what a report names.
std::string message_id_of(const Message& message, std::string_view domain);

}  // namespace mapiguard
