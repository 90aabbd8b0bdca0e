// An OLE object as a compound file of its own (MS-CFB, version 3: sectors of 512 bytes).
//
// Streams are not copied: the content of the part is header, tables and directory, made here, and the streams where
// they lie. Thread promise: pure functions.
#pragma once

#include "base/budget.h"
#include "converter/mime/parts.h"
#include "converter/model/message.h"

namespace mapiguard {

// Sets blob and made of `part`. False: the object does not fit a version 3 file (2 GB), nests deeper than 64 storages,
// or the budget is used up.
bool write_storage_file(const StorageEntry& root, Budget& budget, Part& part);

}  // namespace mapiguard
