// The operations that a mutation is made of. Each changes one thing and says whether it found anything to change.
//
// Thread promise: each belongs to one mutation, as its Editor does.
#pragma once

#include <span>

#include "fuzz/mutation/editor.h"

namespace mapiguard::mutation {

struct Operation {
  const char* name;
  bool (*run)(Editor& editor);
  unsigned weight;  // how often it is chosen, against the others
};

// One table a subject; mutate.cc draws from all of them.
std::span<const Operation> property_operations();  // values, types, tags, flags, order, announced sizes
std::span<const Operation> content_operations();   // classes, code pages, RTF, calendar blobs, bodies
std::span<const Operation> tree_operations();      // members, nesting, names, counts
std::span<const Operation> tnef_operations();      // attributes, their IDs, lengths and checksums

// For crossover: the same with parts of another container.
bool transplant(Editor& editor, Container& donor);

}  // namespace mapiguard::mutation
