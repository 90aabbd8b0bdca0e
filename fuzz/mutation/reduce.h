// Reduction: smaller and emptier candidates of an input, for a minimiser that asks of each whether it still does what
// the input did. A candidate is made from the input and a number alone, so that the making can happen in one process
// and the asking in another:
//
//   for (std::uint64_t i = 0; i < candidate_count(input);) {
//     const auto smaller = candidate(input, i);
//     if (smaller && still_dies(*smaller)) { input = *smaller; i = resume_at(i); } else ++i;   // until none is
//     accepted
//   }
//
// Big cuts come first: everything blanked, the file written afresh, then attachments, embedded messages, recipients,
// storages, properties in halves, values in halves, single values, blanks piece by piece; at the end the bytes as such.
// Each candidate has a lower weight() than its input, so that the loop ends.
// Blanking keeps every length: letters become "x", digits "0", other values zero. The words that formats
// are made of (HTML elements, RTF control words, header names, message classes) are kept at first, and blanked where
// that is accepted, too.
// Thread promise: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace mapiguard::mutation {

std::uint64_t candidate_count(Bytes input);
// nullopt: there is none of that number, or it is not simpler than the input.
std::optional<std::vector<std::byte>> candidate(Bytes input, std::uint64_t index);
// What the candidate of that number does, for a log: "without recipient 3", "blank 0x1000001F of attachment 1".
std::string describe_candidate(Bytes input, std::uint64_t index);
// Where to go on after the candidate of that number was accepted: a little before it, since numbers have shifted.
// The loop above asks once more from 0 at its end, until a whole round accepts none.
std::uint64_t resume_at(std::uint64_t accepted);

// Everything that candidates lower: bytes, parts, and bytes that are not blank.
std::uint64_t weight(Bytes input);

// Words of four letters and more (ASCII, UTF-8, UTF-16) of `original` that `reduced` still has, but for those that
// formats are made of: each once, in order. Compressed RTF is looked into.
std::vector<std::string> kept_words(Bytes original, Bytes reduced);

}  // namespace mapiguard::mutation
