#include "converter/read/cfb_sectors.h"

#include <algorithm>

namespace mapiguard {

SectorNumber SectorArray::count() const {
  const std::uint64_t whole = (std::uint64_t{file_.size()} + size() - 1) >> shift_;
  return static_cast<SectorNumber>(std::min<std::uint64_t>(whole > 0 ? whole - 1 : 0, kMaxRegularSector));
}

SectorNumber LinkTable::next(SectorNumber sector) const {
  const std::size_t page = sector >> page_shift_;
  if (page >= pages_.size()) return kFreeSector;
  ByteCursor entry(slice(pages_[page], std::uint64_t{sector & ((1u << page_shift_) - 1)} * 4, 4));
  return entry.u32().value_or(kFreeSector);
}

std::string describe(const ChainFaults& faults) {
  std::string out;
  const auto say = [&](bool is_so, const char* what) {
    if (is_so) out.append(out.empty() ? "" : ", ").append(what);
  };
  say(faults.looped, "its sectors run in a loop");
  say(faults.shared, "its sectors belong to another stream too");
  say(faults.guessed, "a link between its sectors is lost and was guessed");
  say(faults.costly, "the step limit was reached");
  say(faults.cut, "it is cut short");
  return out;
}

// The sector is taken, or the budget is used up.
bool ChainWalk::may_visit_again(SectorNumber sector, std::uint64_t done) {
  if (budget_.exhausted()) {
    faults_.costly = true;
    return false;
  }
  const bool is_first_meeting = first_shared_ == kFreeSector;
  if (sector == first_shared_ || (is_first_meeting && is_own(sector, done))) {
    faults_.looped = true;
    return false;
  }
  if (is_first_meeting) first_shared_ = sector;
  faults_.shared = true;
  return claims_.may_repeat();
}

// Whether the walk has come by `sector` already. Asked once a chain, when it first meets a claimed sector: behind
// that point the chain is another's, and can only loop by coming back to it.
bool ChainWalk::is_own(SectorNumber sector, std::uint64_t done) {
  SectorNumber at = start_;
  for (std::uint64_t i = 0; i < done; ++i) {
    if (at == sector) return true;
    if (!budget_.spend()) return true;
    at = links_.next(at);
    if (at >= sectors_) return false;
  }
  return false;
}

SectorNumber ChainWalk::following(SectorNumber sector, bool is_needed) {
  const SectorNumber next = links_.next(sector);
  if (next < sectors_ || next == kEndOfChain || !is_needed) return next;
  // Sectors of tables and directory may stand between those of a stream.
  constexpr SectorNumber kMostSkipped = 64;
  for (SectorNumber guess = sector + 1; guess < sectors_ && guess <= sector + kMostSkipped; ++guess) {
    if (claims_.is_taken(guess)) continue;
    faults_.guessed = true;
    return guess;
  }
  return kEndOfChain;
}

}  // namespace mapiguard
