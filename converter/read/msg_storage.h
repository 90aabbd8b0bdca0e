// What the members of a storage of a .msg are, told by their names (MS-OXMSG 2.2).
//
// Thread promise: pure functions, plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/defects.h"
#include "converter/model/property.h"
#include "converter/read/cfb.h"

namespace mapiguard {

struct SubStorage {  // __substg1.0_TTTTTTTT or __substg1.0_TTTTTTTT-IIIIIIII
  PropertyTag tag = 0;
  std::uint32_t index = 0;
  CompoundFile::Node node = 0;
  bool is_used = false;
};

struct NumberedStorage {  // __recip_version1.0_#NNNNNNNN, __attach_version1.0_#NNNNNNNN
  std::uint32_t number = 0;
  CompoundFile::Node node = 0;
};

struct StorageContents {
  std::optional<CompoundFile::Node> properties;  // __properties_version1.0
  std::optional<CompoundFile::Node> names;       // __nameid_version1.0
  std::vector<SubStorage> values;                // ordered by tag
  std::vector<SubStorage> elements;              // of multi-valued properties, ordered by tag and index
  std::vector<NumberedStorage> recipients;       // ordered by number
  std::vector<NumberedStorage> attachments;      // ordered by number
  std::vector<CompoundFile::Node> strays;        // streams of values, the digits of whose names are damaged

  void clear();
  // Nullptr when there is none. Of two with one tag the first.
  SubStorage* find(PropertyTag tag);
};

// Fills `contents` anew. Names with up to two damaged characters are still known, with a Defect.
void classify(const CompoundFile& file, CompoundFile::Node storage, const std::string& where, DefectLog& defects,
              StorageContents& contents);

}  // namespace mapiguard
