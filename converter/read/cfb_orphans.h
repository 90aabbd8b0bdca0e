// Orphans: directory entries of a damaged compound file that are in use but that no tree leads to. Each tree of
// them is given to a storage: to one before it whose own link to its members leads nowhere, else to that among whose
// members it stands, for writers put the entries of one storage together.
//
// Thread promise: belongs to one conversion.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "converter/read/cfb_directory.h"

namespace mapiguard {

class OrphanFinder {
 public:
  explicit OrphanFinder(const Directory& directory) : directory_(directory) {}

  // Looks for entries that the last walk did not reach. True when there are new ones to adopt. `singly`: each for
  // itself, whatever the links among them say (they may form a ring).
  bool find(bool singly);

  // Ordered by parent.
  std::span<const Directory::Adoption> adoptions() const { return adoptions_; }

 private:
  void collect();
  void mark_referenced();
  void find_homes();
  std::uint32_t take_home(std::uint32_t orphan);
  std::uint32_t first_of_group(std::uint32_t top);

  const Directory& directory_;
  std::vector<std::uint32_t> orphans_;
  std::vector<bool> is_orphan_, is_referenced_, was_visited_;
  std::vector<std::uint32_t> home_;    // of an entry: the storage that has its predecessor
  std::vector<std::uint32_t> bereft_;  // storages whose link to their members leads nowhere, ascending
  std::vector<Directory::Adoption> adoptions_;
};

}  // namespace mapiguard
