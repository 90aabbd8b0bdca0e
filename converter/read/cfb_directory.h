// The directory of a compound file (MS-CFB 2.6): entries that form one red-black tree a storage, laid out once as
// a flat tree in which the members of a storage stand side by side, in the order of their names.
//
// A damaged directory is read as far as it goes: entries that no tree leads to any more are given back to the
// storage among whose members they stand.
//
// Thread promise: plain values over the input.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/budget.h"
#include "base/bytes.h"
#include "base/defects.h"
#include "converter/model/property.h"
#include "converter/read/cfb_sectors.h"

namespace mapiguard {

// One 128-byte entry where it stands in the input.
class DirectoryEntry {
 public:
  static constexpr std::size_t kSize = 128;
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;
  enum class Type : std::uint8_t { unused = 0, storage = 1, stream = 2, root = 5 };

  explicit DirectoryEntry(Bytes raw) : raw_(raw) {}

  // UTF-16LE without its NUL; where the length is damaged, as far as a NUL.
  Bytes name() const {
    if (raw_.size() < kSize) return {};
    const std::size_t length = std::to_integer<std::size_t>(raw_[kNameBytes]);  // its upper byte is always 0
    const bool is_sane = raw_[kNameBytes + 1] == std::byte{0} && length % 2 == 0 && length >= 4 &&
                         length <= kNameBytes && is_nul(length - 2) && !is_nul(length - 4);
    return is_sane ? raw_.first(length - 2) : name_up_to_nul();
  }
  std::uint8_t raw_type() const { return raw_.size() < kSize ? 0 : std::to_integer<std::uint8_t>(raw_[66]); }
  // As the entry says; where that is nonsense but there is a name, what the other fields suggest.
  Type type() const {
    const std::uint8_t raw = raw_type();
    return raw == 1 || raw == 2 || raw == 5 ? static_cast<Type>(raw) : guessed_type();
  }
  std::uint32_t left() const { return u32(68); }
  std::uint32_t right() const { return u32(72); }
  std::uint32_t child() const { return u32(76); }
  Guid clsid() const;
  SectorNumber start() const { return u32(116); }
  std::uint64_t size() const { return std::uint64_t{u32(124)} << 32 | u32(120); }
  // Whether these 128 bytes look like an entry of a directory with `entries` members, in use or not.
  bool is_plausible(std::uint32_t entries) const;

 private:
  static constexpr std::size_t kNameBytes = 64;
  std::uint32_t u32(std::uint64_t at) const { return ByteCursor(slice(raw_, at, 4)).u32().value_or(kNone); }
  bool is_nul(std::size_t at) const { return raw_[at] == std::byte{0} && raw_[at + 1] == std::byte{0}; }
  Bytes name_up_to_nul() const;
  Type guessed_type() const;
  Bytes raw_;
};

class Directory {
 public:
  struct Node {
    std::uint32_t entry = 0;
    std::uint32_t first_child = 0;
    std::uint32_t children = 0;
    bool is_storage = true;
  };

  Directory() = default;
  // `sectors`: those of the directory, in order.
  Directory(std::vector<Bytes> sectors, unsigned sector_shift);

  // Lays the tree out. False when there is no entry to begin with.
  bool lay_out(Budget& budget, DefectLog& defects);

  // nodes()[0] is the root.
  std::span<const Node> nodes() const { return nodes_; }
  DirectoryEntry entry(std::uint32_t number) const {
    const std::size_t sector = number >> entries_shift_;
    if (sector >= sectors_.size()) return DirectoryEntry({});
    const std::uint64_t within = number & ((1u << entries_shift_) - 1);
    return DirectoryEntry(slice(sectors_[sector], within * DirectoryEntry::kSize, DirectoryEntry::kSize));
  }
  std::uint32_t entries() const { return entries_; }
  bool is_damaged() const { return is_damaged_; }

 private:
  friend class OrphanFinder;
  struct Adoption {  // a tree of entries that was lost, and the entry of the storage that shall have it
    std::uint32_t parent = 0, top = 0;
  };

  std::uint32_t find_root() const;
  void walk(std::uint32_t root, std::span<const Adoption> adoptions, Budget& budget);
  void append_tree(std::uint32_t top, Budget& budget);
  bool enter(std::uint32_t number);
  bool was_seen(std::uint32_t number) const { return seen_[number >> 6] >> (number & 63) & 1; }

  std::vector<Bytes> sectors_;
  unsigned entries_shift_ = 2;  // entries a sector, as a power of two
  std::uint32_t entries_ = 0;
  std::vector<Node> nodes_;
  std::vector<std::uint64_t> seen_;
  std::vector<std::uint32_t> path_;  // of the walk down one tree
  std::uint32_t bad_links_ = 0;
  bool is_damaged_ = false;
};

// Whether a sector of a damaged file looks like one of the directory.
bool looks_like_directory(Bytes sector);

}  // namespace mapiguard
