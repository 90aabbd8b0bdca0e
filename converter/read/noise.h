// Whether a text is none: what comes out of a damaged file where sectors of something else were read.
//
// Thread promise: pure functions.
#pragma once

#include "base/bytes.h"
#include "converter/model/property.h"

namespace mapiguard {

enum class Script : std::uint8_t { none, common, rare, other };  // of one UTF-16 unit; none: no text has it

Script script_of(std::uint16_t unit);

// Of a string, an HTML or a compressed-RTF property. Empty ones and those of other types are none. Judges the head of
// the value; text with some damaged characters in it is still text.
bool is_noise(const Property& property);

}  // namespace mapiguard
