// OLE storages as plain values: what an attachment of PidTagAttachMethod afStorage holds.
//
// Thread promise: pure functions.
#pragma once

#include <memory>
#include <string>

#include "converter/model/message.h"
#include "converter/read/cfb.h"
#include "converter/read/read.h"

namespace mapiguard {

// The storage at `node` with all that is in it, to a fixed depth.
std::unique_ptr<StorageEntry> read_storage_tree(CompoundFile& file, CompoundFile::Node node, const std::string& where,
                                                const ReadContext& context);

}  // namespace mapiguard
