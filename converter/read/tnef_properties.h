// MAPI properties as TNEF writes them (MS-OXTNEF 2.1.3.4): a count, then tag, name and values one after another.
//
// Thread promise: belongs to one conversion.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "converter/model/property.h"
#include "converter/read/read.h"

namespace mapiguard {

// A value of type object: the interface that the bytes behind its identifier belong to.
struct TnefObject {
  PropertyId id = 0;
  Guid interface_id;
  Bytes data;
};

// Reads one list from the cursor, which ends behind it, and adds its properties to `bag` without indexing it.
// Damaged properties are left out with a Defect; the reading goes on with the next that can be recognised.
// False when the list could not be read to its end, so that the cursor's place means nothing.
bool read_tnef_properties(ByteCursor& cursor, const std::string& where, const ReadContext& context, PropertyBag& bag,
                          std::vector<TnefObject>& objects);

}  // namespace mapiguard
