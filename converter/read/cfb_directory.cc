#include "converter/read/cfb_directory.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "converter/read/cfb_orphans.h"

namespace mapiguard {
namespace {

constexpr unsigned kEntryShift = 7;  // 128 bytes

}  // namespace

Bytes DirectoryEntry::name_up_to_nul() const {
  std::size_t end = 0;
  while (end < kNameBytes && !is_nul(end)) end += 2;
  return slice(raw_, 0, end);
}

DirectoryEntry::Type DirectoryEntry::guessed_type() const {
  if (name().empty()) return Type::unused;
  return child() == kNone ? Type::stream : Type::storage;
}

Guid DirectoryEntry::clsid() const {
  Guid guid;
  const Bytes field = slice(raw_, 80, guid.bytes.size());
  if (field.size() == guid.bytes.size()) std::memcpy(guid.bytes.data(), field.data(), field.size());
  return guid;
}

bool DirectoryEntry::is_plausible(std::uint32_t entries) const {
  if (raw_.size() < kSize) return false;
  const std::size_t length = ByteCursor(slice(raw_, kNameBytes, 2)).u16().value_or(0);
  const std::uint8_t raw = raw_type();
  if (raw == 0) return length == 0;
  const auto is_link = [&](std::uint32_t link) { return link == kNone || link < entries; };
  const bool has_type = raw == 1 || raw == 2 || raw == 5;
  const bool has_name = length % 2 == 0 && length >= 4 && length <= kNameBytes && is_nul(length - 2);
  return has_type && has_name && is_link(left()) && is_link(right()) && is_link(child());
}

bool looks_like_directory(Bytes sector) {
  constexpr std::uint32_t kAnyCount = 1u << 25;  // 4 GiB of file hold no more entries
  std::size_t entries = 0, plausible = 0, used = 0;
  for (std::size_t at = 0; at < sector.size(); at += DirectoryEntry::kSize, ++entries) {
    const DirectoryEntry entry(slice(sector, at, DirectoryEntry::kSize));
    if (!entry.is_plausible(kAnyCount)) continue;
    ++plausible;
    used += entry.raw_type() != 0;
  }
  return used > 0 && plausible * 2 >= entries;
}

Directory::Directory(std::vector<Bytes> sectors, unsigned sector_shift)
    : sectors_(std::move(sectors)), entries_shift_(sector_shift - kEntryShift) {
  entries_ = static_cast<std::uint32_t>(sectors_.size() << entries_shift_);
}

bool Directory::lay_out(Budget& budget, DefectLog& defects) {
  if (entries_ == 0) return false;
  const std::uint32_t root = find_root();
  walk(root, {}, budget);
  const std::uint32_t bad_links = bad_links_;
  OrphanFinder finder(*this);
  std::uint64_t found = 0;
  // A second round finds what hangs below entries that the first one gave back, a third those in a ring.
  constexpr int kRounds = 3;
  for (int round = 0; round < kRounds && finder.find(round > 0); ++round) {
    const std::size_t before = nodes_.size();
    walk(root, finder.adoptions(), budget);
    found += nodes_.size() - std::min(before, nodes_.size());
  }
  is_damaged_ = bad_links > 0 || found > 0;
  if (bad_links > 0)
    defects.repaired(
        "", "the directory of the compound file has " + std::to_string(bad_links) + " links that lead nowhere");
  if (found > 0)
    defects.repaired("", "the directory of the compound file had lost " + std::to_string(found) +
                             " of its entries; they were given back to where they most likely belong");
  if (budget.exhausted()) defects.loss("", "the step limit was reached in the directory of the compound file");
  return true;
}

// MS-CFB 2.6: entry 0. Where that is damaged another one may say that it is the root.
std::uint32_t Directory::find_root() const {
  if (entry(0).raw_type() == 5) return 0;
  for (std::uint32_t i = 1; i < entries_; ++i)
    if (entry(i).raw_type() == 5 && entry(i).is_plausible(entries_)) return i;
  return 0;
}

void Directory::walk(std::uint32_t root, std::span<const Adoption> adoptions, Budget& budget) {
  bad_links_ = 0;
  seen_.assign((std::size_t{entries_} + 63) / 64, 0);
  seen_[root >> 6] |= std::uint64_t{1} << (root & 63);
  nodes_.clear();
  nodes_.reserve(entries_);
  nodes_.push_back({root, 0, 0, true});
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const std::uint32_t number = nodes_[i].entry;
    const auto first = static_cast<std::uint32_t>(nodes_.size());
    nodes_[i].first_child = first;
    if (!nodes_[i].is_storage) continue;
    append_tree(entry(number).child(), budget);
    const auto adopted = std::ranges::equal_range(adoptions, number, {}, &Adoption::parent);
    for (const Adoption& adoption : adopted) append_tree(adoption.top, budget);
    nodes_[i].children = static_cast<std::uint32_t>(nodes_.size()) - first;
  }
}

// In order, with a stack of its own: a hostile tree may be one long list.
void Directory::append_tree(std::uint32_t top, Budget& budget) {
  path_.clear();
  for (std::uint32_t at = top;;) {
    while (enter(at)) {
      if (!budget.spend()) return;
      path_.push_back(at);
      at = entry(at).left();
    }
    if (path_.empty()) return;
    const std::uint32_t number = path_.back();
    path_.pop_back();
    nodes_.push_back({number, 0, 0, entry(number).type() != DirectoryEntry::Type::stream});
    at = entry(number).right();
  }
}

bool Directory::enter(std::uint32_t number) {
  if (number == DirectoryEntry::kNone) return false;
  if (number >= entries_ || was_seen(number) || entry(number).type() == DirectoryEntry::Type::unused) {
    ++bad_links_;
    return false;
  }
  seen_[number >> 6] |= std::uint64_t{1} << (number & 63);
  return true;
}

}  // namespace mapiguard
