// TNEF attributes from before MAPI as MAPI properties (MS-OXTNEF 2.1.3.3), so that later stages need to know
// properties alone. A property that attMsgProps or attAttachment has already is left as it is.
//
// Thread promise: pure functions.
#pragma once

#include <span>
#include <string>

#include "converter/model/message.h"
#include "converter/read/tnef_attributes.h"

namespace mapiguard {

// `bag` must be indexed, and is again afterwards. Bytes that have to be made go to `document`.
void add_legacy_properties(std::span<const TnefAttribute> attributes, const std::string& where,
                           const ReadContext& context, Document& document, PropertyBag& bag);

}  // namespace mapiguard
