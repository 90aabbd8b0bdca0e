#include "converter/read/cfb_sectors.h"

#include <algorithm>
#include <cstring>

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

std::uint64_t LinkTable::run(SectorNumber sector, std::uint64_t most) const {
  constexpr std::size_t kBlock = 16;  // links compared at once
  std::uint64_t count = 1;
  while (count < most) {
    const auto last = static_cast<SectorNumber>(sector + count - 1);
    const std::size_t page = last >> page_shift_;
    if (page >= pages_.size()) break;
    const Bytes block = slice(pages_[page], std::uint64_t{last & ((1u << page_shift_) - 1)} * 4, kBlock * 4);
    if (block.size() < kBlock * 4 || most - count < kBlock) {
      if (next(last) != last + 1) break;
      ++count;
      continue;
    }
    std::uint32_t links[kBlock], difference = 0;
    std::memcpy(links, block.data(), sizeof links);
    for (std::uint32_t i = 0; i < kBlock; ++i) difference |= links[i] ^ (last + 1 + i);
    if (difference == 0) {
      count += kBlock;
      continue;
    }
    for (std::uint32_t i = 0; i < kBlock && links[i] == last + 1 + i; ++i) ++count;
    break;
  }
  return count;
}

std::uint64_t Claims::take_run(SectorNumber first, std::uint64_t count) {
  std::uint64_t taken = 0;
  while (taken < count) {
    const std::uint64_t sector = first + taken;
    std::uint64_t& word = bits_[sector >> 6];
    if (sector % 64 == 0 && word == 0 && count - taken >= 64) {
      word = UINT64_MAX;
      taken += 64;
    } else if (take(static_cast<SectorNumber>(sector))) {
      ++taken;
    } else {
      break;
    }
  }
  return taken;
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

// The run from `sector` on that may be handed out; 0 ends the walk.
std::uint64_t ChainWalk::take(SectorNumber sector, std::uint64_t done, std::uint64_t most) {
  const std::uint64_t run = links_.run(sector, std::min<std::uint64_t>(most, sectors_ - sector));
  const std::uint64_t taken = claims_.take_run(sector, run);
  if (!budget_.spend(taken + 1)) {
    faults_.costly = true;
    return 0;
  }
  return taken > 0 ? taken : may_take_again(sector, done);
}

bool ChainWalk::may_take_again(SectorNumber sector, std::uint64_t done) {
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
