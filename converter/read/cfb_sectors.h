// The sectors of a compound file and the chains that they form (MS-CFB 2.1–2.5), for a file that may lie.
//
// A table of links (FAT or mini FAT) is read where it stands in the input; nothing is copied. Every sector is
// handed out once: a second claim marks the chain as shared and draws on an allowance as large as the file, so
// that all chains of a file together cost time and memory linear in its size.
//
// Thread promise: plain values over the input.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/budget.h"
#include "base/bytes.h"

namespace mapiguard {

using SectorNumber = std::uint32_t;
inline constexpr SectorNumber kMaxRegularSector = 0xFFFFFFFA;  // MS-CFB 2.1
inline constexpr SectorNumber kEndOfChain = 0xFFFFFFFE;
inline constexpr SectorNumber kFreeSector = 0xFFFFFFFF;

// The file as an array of sectors behind its header; the last one may be cut short.
class SectorArray {
 public:
  SectorArray() = default;
  SectorArray(Bytes file, unsigned shift) : file_(file), shift_(shift) {}

  unsigned shift() const { return shift_; }
  std::size_t size() const { return std::size_t{1} << shift_; }
  SectorNumber count() const;
  Bytes at(SectorNumber sector, std::uint64_t count = 1) const {
    return slice(file_, (std::uint64_t{sector} + 1) << shift_, count << shift_);
  }

 private:
  Bytes file_;
  unsigned shift_ = 9;
};

// Which sector follows which. A page is one sector full of 32-bit links; an empty page is one that is lost.
class LinkTable {
 public:
  LinkTable() = default;
  explicit LinkTable(unsigned sector_shift) : page_shift_(sector_shift - 2) {}

  void add_page(Bytes page) { pages_.push_back(page); }
  std::size_t pages() const { return pages_.size(); }
  // kFreeSector where the table says so or has no entry.
  SectorNumber next(SectorNumber sector) const;
  // How many sectors from `sector` on, at most `most`, stand in a row: each but the last links to the one behind it.
  std::uint64_t run(SectorNumber sector, std::uint64_t most) const;

 private:
  std::vector<Bytes> pages_;
  unsigned page_shift_ = 7;
};

// Which sectors have been handed out, and how many may be handed out again.
class Claims {
 public:
  Claims() = default;
  explicit Claims(SectorNumber sectors) : bits_((std::size_t{sectors} + 63) / 64), allowance_(sectors) {}

  bool is_taken(SectorNumber sector) const { return bits_[sector >> 6] >> (sector & 63) & 1; }
  // False when the sector had been taken before.
  bool take(SectorNumber sector) {
    std::uint64_t& word = bits_[sector >> 6];
    const std::uint64_t bit = std::uint64_t{1} << (sector & 63);
    const bool is_new = (word & bit) == 0;
    word |= bit;
    return is_new;
  }
  // Takes the sectors from `first` on that nobody had taken, at most `count`. Returns how many.
  std::uint64_t take_run(SectorNumber first, std::uint64_t count);
  bool may_repeat() { return allowance_ > 0 && allowance_-- > 0; }

 private:
  std::vector<std::uint64_t> bits_;
  std::uint64_t allowance_ = 0;
};

// What was wrong with a chain.
struct ChainFaults {
  bool cut = false;      // it ends, or leaves the file, before the stream's size is reached
  bool looped = false;   // it comes back to a sector of its own
  bool shared = false;   // it runs into another chain
  bool guessed = false;  // a link was lost; the sector behind was taken to be the next
  bool costly = false;   // the budget ended it
  explicit operator bool() const { return cut || looped || shared || guessed || costly; }
};
std::string describe(const ChainFaults& faults);  // half a sentence: "its sectors run in a loop, …"

// A walk along one chain.
class ChainWalk {
 public:
  // `sectors`: how many there are.
  ChainWalk(const LinkTable& links, SectorNumber sectors, Claims& claims, Budget& budget)
      : links_(links), sectors_(sectors), claims_(claims), budget_(budget) {}

  // Calls visit(first, count) for each run of sectors that stand in a row, together `most` at most. `needed` is how
  // many the owner's size asks for: up to there a lost link is bridged by taking the sector behind, where nobody has
  // claimed that one.
  template <class Visit>
  ChainFaults follow(SectorNumber start, std::uint64_t needed, std::uint64_t most, Visit visit) {
    faults_ = {};
    start_ = start;
    first_shared_ = kFreeSector;
    std::uint64_t done = 0;
    for (SectorNumber sector = start; done < most && sector < sectors_;) {
      const std::uint64_t run = take(sector, done, most - done);
      if (run == 0) break;
      visit(sector, run);
      done += run;
      if (done < most) sector = following(static_cast<SectorNumber>(sector + run - 1), done < needed);
    }
    faults_.cut = done < needed;
    return faults_;
  }

 private:
  std::uint64_t take(SectorNumber sector, std::uint64_t done, std::uint64_t most);
  bool may_take_again(SectorNumber sector, std::uint64_t done);
  SectorNumber following(SectorNumber sector, bool is_needed);
  bool is_own(SectorNumber sector, std::uint64_t done);

  const LinkTable& links_;
  const SectorNumber sectors_;
  Claims& claims_;
  Budget& budget_;
  ChainFaults faults_;
  SectorNumber start_ = 0;
  SectorNumber first_shared_ = kFreeSector;
};

}  // namespace mapiguard
