// Message: a MAPI message as plain values: what every reader makes and every writer takes.
//
// Memory: blobs inside point into the input, or into Document::owned for bytes that had to be made (a
// decoded winmail.dat). Thread promise: plain values.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "converter/model/property.h"
#include <mapiguard/report.h>

namespace mapiguard {

struct Message;

// An OLE object kept as a storage (PidTagAttachMethod 6): streams by name, as in the compound file.
struct StorageEntry {
  std::u16string name;  // as the directory has it, at most 31 units
  Guid clsid;
  bool is_storage = false;
  Blob data;                           // of a stream
  std::vector<StorageEntry> children;  // of a storage
};

struct Recipient {
  PropertyBag properties;
  std::string where;  // path for Defects: "recipient[7]"
};

struct Attachment {
  PropertyBag properties;
  std::string where;                      // path for Defects: "attachment[2]"
  Blob data;                              // PidTagAttachDataBinary, or TNEF attAttachData
  std::unique_ptr<Message> embedded;      // PidTagAttachDataObject of afEmbeddedMessage
  std::unique_ptr<StorageEntry> storage;  // PidTagAttachDataObject of afStorage, from a compound file
};

struct Message {
  PropertyBag properties;
  std::vector<Recipient> recipients;
  std::vector<Attachment> attachments;
  std::string where;                // path for Defects: "" for the outermost, "attachment[0]" for one inside
  std::uint32_t oem_codepage = 0;   // TNEF attOemCodepage, 0 = none
  bool is_unicode = false;          // PidTagStoreSupportMask of a .msg says strings are UTF-16
  InputKind kind = InputKind::unknown;
};

// What a reader hands over: the outermost message and the memory that its blobs may point into.
struct Document {
  std::unique_ptr<Message> message;
  std::deque<std::string> owned;
};

}  // namespace mapiguard
