// The named-property table of a .msg (MS-OXMSG 2.2.3): what IDs from 0x8000 on stand for in this message and in all
// messages inside it.
//
// Thread promise: belongs to one conversion.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "base/defects.h"
#include "converter/model/property.h"

namespace mapiguard {

inline constexpr PropertyId kFirstNamedId = 0x8000;

class NamedProperties {
 public:
  NamedProperties() = default;
  // The three streams of __nameid_version1.0; they must outlive the object.
  NamedProperties(Bytes guids, Bytes entries, Bytes strings, DefectLog& defects);

  bool empty() const { return entries_.empty(); }
  // Null when the table does not have the ID. Made at the first asking, then shared.
  std::shared_ptr<const PropertyName> find(PropertyId id);

 private:
  struct Entry {
    std::uint32_t number = 0;  // LID, or offset into the string stream
    std::uint16_t guid_and_kind = 0;
    bool is_set = false;
    std::shared_ptr<const PropertyName> name;
  };

  std::shared_ptr<const PropertyName> make(const Entry& entry) const;
  bool read_guid(std::uint16_t index, Guid& guid) const;

  Bytes guids_, strings_;
  std::vector<Entry> entries_;  // by ID - 0x8000
};

}  // namespace mapiguard
