// Changes to plain bytes: flips, insertions, copies, awkward numbers, words of the formats.
//
// Thread promise: pure functions.
#pragma once

#include <cstddef>
#include <string>

#include "fuzz/mutation/dice.h"

namespace mapiguard::mutation {

void mutate_bytes(std::string& bytes, Dice& dice, std::size_t most);
// The same, biased towards fields of two and four bytes at even places: for binary structures.
void mutate_fields(std::string& bytes, Dice& dice, std::size_t most);
// A part of `donor` put into `bytes` at some place.
void splice_bytes(std::string& bytes, const std::string& donor, Dice& dice, std::size_t most);

}  // namespace mapiguard::mutation
