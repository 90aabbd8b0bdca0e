// The properties of one object of a .msg (MS-OXMSG 2.4): the records of its __properties_version1.0 stream and the
// __substg1.0_ streams beside it, whichever of the two knows of a property.
//
// Thread promise: belongs to one conversion.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "converter/model/property.h"
#include "converter/read/cfb.h"
#include "converter/read/msg_storage.h"
#include "converter/read/named_properties.h"
#include "converter/read/read.h"

namespace mapiguard {

// Bytes before the first record, MS-OXMSG 2.4.1.
enum class PropertyStreamHeader : std::uint8_t { member = 8, embedded = 24, top = 32 };

class PropertyReader {
 public:
  PropertyReader(CompoundFile& file, NamedProperties& names, const ReadContext& context, Document& document)
      : file_(file), names_(names), context_(context), document_(document) {}

  // In the order of the property stream, then those that only have a stream, by tag. Indexes the bag.
  void read(StorageContents& contents, PropertyStreamHeader header, const std::string& where, PropertyBag& bag);

  // The header of the object read last: of a message, how many recipients and attachments it counts.
  Bytes last_header() const { return last_header_; }

  // Whether its property stream is lost or damaged, so that properties may be missing of which nothing tells.
  bool is_incomplete() const { return is_incomplete_; }

  // A whole stream in one place, copied to the document's memory only where its sectors lie apart.
  Bytes read_whole(CompoundFile::Node node, const std::string& where, const char* what, bool* is_damaged = nullptr);

 private:
  void read_record(Bytes record, StorageContents& contents);
  void add_announced(PropertyTag tag, std::uint32_t announced, StorageContents& contents);
  void add_missing(StorageContents& contents);
  std::optional<CompoundFile::Node> find_stray(PropertyTag tag, std::uint32_t announced, StorageContents& contents);
  void add_from_stream(SubStorage& stream, StorageContents& contents, std::uint32_t announced = 0);
  Value read_elements(PropertyTag tag, StorageContents& contents, Bytes lengths);
  Value read_value(CompoundFile::Node node, PropertyTag tag, std::uint32_t announced);
  Blob read_stream(CompoundFile::Node node, PropertyTag tag, std::uint32_t announced = 0);
  void add(PropertyTag tag, Value value);
  std::string path(PropertyTag tag) const;
  std::size_t header_size(Bytes stream, PropertyStreamHeader header);

  CompoundFile& file_;
  NamedProperties& names_;
  const ReadContext& context_;
  Document& document_;
  const std::string* where_ = nullptr;  // of the object being read
  PropertyBag* bag_ = nullptr;
  Bytes last_header_;
  std::vector<std::pair<PropertyTag, std::uint32_t>> missing_;  // announced with that many bytes, without a stream
  std::size_t unknown_types_ = 0;
  bool has_nameless_ = false;
  bool is_incomplete_ = false;
};

}  // namespace mapiguard
