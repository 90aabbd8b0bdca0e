// Messages: what torture feeds. Each is unique, so is what it must become, and both follow from seed and number alone.
//
// For our own converter: the built-in canaries with another text in the place of one of theirs. For the misbehaving
// one: a first line that says what to do (tools/torture/converter.h), and a body.
//
// Thread promise: pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/sha256.h"
#include "tools/torture/mix.h"

namespace mapiguard::torture {

inline constexpr std::string_view kMarker = "MAPIGUARD-TORTURE ";
inline constexpr std::string_view kAnswerHead = "X-Converted-By: mapiguard torture-converter\r\n\r\n";

struct Message {
  std::uint64_t number = 0;
  std::string name;  // also a file name
  Fault fault = Fault::none;
  std::string bytes;
  Digest expected{};  // of the whole output; of no meaning for a killer
  bool is_killer() const { return torture::is_killer(fault); }
  Digest sha256() const { return mapiguard::sha256(as_bytes(bytes)); }
};

// What a message does: its fault, and for the how-manieth time, for a fault may be done in several ways by turns.
struct Part {
  Fault fault = Fault::none;
  std::uint64_t turn = 0;
};
// The parts of `count` messages, shuffled; turns are counted from the number of the round.
std::vector<Part> deal(const Mix& mix, std::size_t count, std::uint64_t seed, std::uint64_t round);

// Errors: internal (a canary that this build does not convert, or whose output does not tell its variants apart).
Result<Message> make_mail(std::uint64_t number, std::uint64_t seed);
Message make_order(std::uint64_t number, std::uint64_t seed, const Part& part);

}  // namespace mapiguard::torture
