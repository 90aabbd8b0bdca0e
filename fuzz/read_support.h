// For the fuzzers of the readers: looks at every byte that a reader hands out, so that a sanitizer sees a bad pointer.
#pragma once

#include <cstdint>
#include <cstdlib>

#include "converter/read/read.h"

namespace mapiguard::fuzzing {

inline std::uint64_t touched = 0;

inline void touch(const Blob& blob) {
  std::uint64_t size = 0;
  for (std::size_t i = 0; i < blob.pieces(); ++i) {
    for (const std::byte b : blob.piece(i)) touched += std::to_integer<std::uint64_t>(b);
    size += blob.piece(i).size();
  }
  if (size != blob.size()) std::abort();
}

inline void touch(const PropertyBag& bag) {
  for (const Property& property : bag.all()) {
    if (const auto* blob = std::get_if<Blob>(&property.value)) touch(*blob);
    if (const auto* blobs = std::get_if<std::vector<Blob>>(&property.value))
      for (const Blob& blob : *blobs) touch(blob);
    if (property.name) touched += property.name->text.size();
    if (!bag.find(property.id)) std::abort();
  }
}

inline void touch(const StorageEntry& entry) {
  touch(entry.data);
  for (const StorageEntry& child : entry.children) touch(child);
}

inline void touch(const Message& message) {
  touch(message.properties);
  for (const Recipient& recipient : message.recipients) touch(recipient.properties);
  for (const Attachment& attachment : message.attachments) {
    touch(attachment.properties);
    touch(attachment.data);
    if (attachment.embedded) touch(*attachment.embedded);
    if (attachment.storage) touch(*attachment.storage);
  }
}

using Reader = Result<Document> (*)(Bytes, const ReadContext&);

inline void read(Reader reader, const std::uint8_t* data, std::size_t size) {
  const Bytes input(reinterpret_cast<const std::byte*>(data), size);
  Limits limits;
  limits.min_steps = 2'000'000;
  Budget budget = Budget::for_input(limits, size);
  Report report;
  DefectLog defects(report, limits.max_defects);
  detect(input);
  const auto document = reader(input, {limits, budget, defects});
  if (document) touch(*document->message);
  if (!document && document.error().code != ErrorCode::not_a_message) std::abort();
}

}  // namespace mapiguard::fuzzing
