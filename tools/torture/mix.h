// Mix: which faults torture plants, and how many of each.
//
// Thread promise: plain values.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <mapiguard/result.h>

namespace mapiguard::torture {

enum class Fault : std::uint8_t {
  none,
  // what a message makes our own misbehaving converter do
  crash,
  hang,
  memory,
  flood,
  lie,
  children,
  // what befalls the processes and the disk, whatever the message
  worker_kill,
  supervisor_kill,
  disk_full,
};
inline constexpr std::size_t kFaults = 10;

struct FaultKind {
  Fault fault;
  std::string_view name;
  double quick, soak;  // percent of the messages, unless --mix says otherwise
};
inline constexpr std::array<FaultKind, kFaults> kFaultKinds{{
    {Fault::none, "none", 0, 0},
    {Fault::crash, "crash", 5, 2},
    {Fault::hang, "hang", 1, 0.2},
    {Fault::memory, "memory", 1, 0.5},
    {Fault::flood, "flood", 1, 0.5},
    {Fault::lie, "lie", 2, 1},
    {Fault::children, "children", 1, 0.5},
    {Fault::worker_kill, "worker-kill", 5, 3},
    {Fault::supervisor_kill, "supervisor-kill", 1.5, 0.6},
    {Fault::disk_full, "disk-full", 10, 2},
}};
static_assert([] {
  for (std::size_t i = 0; i < kFaults; ++i)
    if (static_cast<std::size_t>(kFaultKinds[i].fault) != i) return false;
  return true;
}());

constexpr std::string_view name_of(Fault fault) { return kFaultKinds[static_cast<std::size_t>(fault)].name; }
constexpr bool is_of_message(Fault fault) { return fault >= Fault::crash && fault <= Fault::children; }
// Whether its message must end blocked. One whose command leaves processes behind is converted.
constexpr bool is_killer(Fault fault) { return fault >= Fault::crash && fault <= Fault::lie; }

class Mix {
 public:
  static Mix quick();
  static Mix soak();
  // "crash=5,hang=0.5": percents; faults that are not named are not planted. Errors: usage.
  static Result<Mix> parse(std::string_view text);

  double percent(Fault fault) const { return percent_[static_cast<std::size_t>(fault)]; }
  // How many among so many messages: at least one of what is wanted at all.
  std::size_t count(Fault fault, std::size_t messages) const;
  std::string text() const;  // as parse() reads it
  std::string json() const;

 private:
  std::array<double, kFaults> percent_{};
};

}  // namespace mapiguard::torture
