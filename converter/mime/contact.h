// Contacts and distribution lists as vCard (MS-OXVCARD 2.1.3, RFC 2426 and, for groups, RFC 6350).
//
// Thread promise: pure functions.
#pragma once

#include "converter/mime/content.h"

namespace mapiguard {

void add_contact(const ItemSource& item, Content& content);            // IPM.Contact
void add_distribution_list(const ItemSource& item, Content& content);  // IPM.DistList

}  // namespace mapiguard
