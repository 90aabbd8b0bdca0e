// PidTagAttachMethod (MS-OXCMSG 2.2.2.9), which later stages go by, for attachments whose writer left it out.
//
// Thread promise: pure functions.
#pragma once

#include "converter/model/message.h"

namespace mapiguard {

inline constexpr PropertyId kAttachMethod = 0x3705;
inline constexpr std::int64_t kAfByValue = 1, kAfEmbeddedMessage = 5, kAfStorage = 6;

// Adds what the attachment holds, and nothing when it holds nothing. The bag is indexed before and after.
void add_missing_method(Attachment& attachment);

}  // namespace mapiguard
