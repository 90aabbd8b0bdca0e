// OLE objects, as somebody without Outlook wants them: the file that was packed into one, or the document that its
// program opens.
//
// Thread promise: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "converter/body/charset.h"
#include "converter/model/message.h"

namespace mapiguard {

struct PackedFile {
  std::string name;       // "" when the object does not tell
  std::string_view type;  // "" when the name or the content has to tell
  Blob data;              // points into the object
};

// The file of a Package (MS-OLEDS 2.3.6, and the Packager's own form in it), an Office document in XML, a PDF.
std::optional<PackedFile> file_in_object(const StorageEntry& object, const Texts& texts);

// By the streams that the programs name; "application/x-ole-storage" when they tell nothing.
std::string_view type_of_object(const StorageEntry& object);

}  // namespace mapiguard
