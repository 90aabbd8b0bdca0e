// Cuts: every way to make a container a little simpler, biggest first.
//
// Thread promise: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "fuzz/mutation/container.h"

namespace mapiguard::mutation {

struct Cut {
  enum class Kind : std::uint8_t {
    nothing,           // the container written afresh: what no part of it refers to is gone
    blank_everything,  // texts and all else
    blank_texts,       // texts; the format's own words as well
    blank_words,       // texts, but for the format's own words
    members,           // children [first, first + count) of a node
    properties,        // properties [first, first + count) of a node
    elements,          // values [first, first + count) of a multi-valued property
    value,             // bytes [first, first + count) of a value
    data,              // bytes of a stream or attribute
    blank_value,
    blank_data,
    zero_row,    // the eight bytes of a row, or a value of fixed size
    plain_node,  // class ID, header, lies about lengths
  };
  Kind kind = Kind::nothing;
  std::uint32_t node = 0;  // in the order of a walk, parents first
  std::uint32_t property = 0;
  std::int32_t element = -1;  // of the property; -1: its own value
  std::uint64_t first = 0, count = 0;
  std::uint64_t saved = 0;  // bytes, about
};

std::vector<Cut> cuts_of(const Container& container);
void apply(const Cut& cut, Container& container);
std::string describe(const Cut& cut, const Container& container);

// Bytes, parts, and bytes that say something, of the whole tree.
std::uint64_t weight_of(const Node& node);

}  // namespace mapiguard::mutation
