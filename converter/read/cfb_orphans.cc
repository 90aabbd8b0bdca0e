#include "converter/read/cfb_orphans.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace mapiguard {

bool OrphanFinder::find(bool singly) {
  collect();
  if (orphans_.empty()) return false;
  is_referenced_.assign(directory_.entries(), false);
  was_visited_.assign(directory_.entries(), false);
  if (!singly) mark_referenced();
  find_homes();
  const std::size_t before = adoptions_.size();
  for (const std::uint32_t orphan : orphans_)
    if (!is_referenced_[orphan]) adoptions_.push_back({take_home(first_of_group(orphan)), orphan});
  std::ranges::sort(adoptions_, {}, [](const auto& a) { return std::pair(a.parent, a.top); });
  return adoptions_.size() > before;
}

void OrphanFinder::collect() {
  orphans_.clear();
  is_orphan_.clear();
  // In an undamaged file all but the unused entries at the end have been seen: a word of bits tells 64 of them.
  for (std::uint32_t i = 0; i < directory_.entries(); ++i) {
    if (i % 64 == 0 && directory_.seen_[i / 64] == UINT64_MAX) {
      i += 63;
      continue;
    }
    if (directory_.was_seen(i)) continue;
    const DirectoryEntry entry = directory_.entry(i);
    const std::uint8_t raw = entry.raw_type();
    if ((raw == 1 || raw == 2) && !entry.name().empty()) orphans_.push_back(i);
  }
  if (orphans_.empty()) return;
  is_orphan_.assign(directory_.entries(), false);
  for (const std::uint32_t orphan : orphans_) is_orphan_[orphan] = true;
}

void OrphanFinder::mark_referenced() {
  const auto mark = [&](std::uint32_t from, std::uint32_t to) {
    if (to < is_orphan_.size() && to != from && is_orphan_[to]) is_referenced_[to] = true;
  };
  for (const std::uint32_t orphan : orphans_) {
    const DirectoryEntry entry = directory_.entry(orphan);
    mark(orphan, entry.left());
    mark(orphan, entry.right());
    if (entry.raw_type() == 1) mark(orphan, entry.child());
  }
}

// The home of an entry: where the nearest reached entry before it is a stream, that stream's storage; where it is
// a storage without members, that storage, which may have lost them; else the storage that it is in.
void OrphanFinder::find_homes() {
  const std::uint32_t root = directory_.nodes()[0].entry;
  home_.assign(directory_.entries(), root);
  bereft_.clear();
  std::vector<std::uint32_t> home_behind(directory_.entries(), DirectoryEntry::kNone);
  for (const auto& parent : directory_.nodes())
    for (std::uint32_t c = parent.first_child; c < parent.first_child + parent.children; ++c) {
      const auto& node = directory_.nodes()[c];
      const bool is_empty = node.is_storage && node.children == 0;
      home_behind[node.entry] = is_empty ? node.entry : parent.entry;
      if (is_empty && directory_.entry(node.entry).child() != DirectoryEntry::kNone) bereft_.push_back(node.entry);
    }
  std::ranges::sort(bereft_);
  std::uint32_t home = root;
  for (std::uint32_t i = 0; i < directory_.entries(); ++i) {
    home_[i] = home;
    if (home_behind[i] != DirectoryEntry::kNone) home = home_behind[i];
  }
}

// Each bereft storage takes one group of orphans: the first behind it.
std::uint32_t OrphanFinder::take_home(std::uint32_t orphan) {
  const auto behind = std::ranges::upper_bound(bereft_, orphan);
  if (behind == bereft_.begin()) return home_[orphan];
  const std::uint32_t home = *std::prev(behind);
  bereft_.erase(std::prev(behind));
  return home;
}

// The lowest number among an orphan and those that hang from it as siblings.
std::uint32_t OrphanFinder::first_of_group(std::uint32_t top) {
  std::uint32_t first = top;
  std::vector<std::uint32_t> path = {top};
  while (!path.empty()) {
    const std::uint32_t at = path.back();
    path.pop_back();
    if (at >= is_orphan_.size() || !is_orphan_[at] || was_visited_[at]) continue;
    was_visited_[at] = true;
    first = std::min(first, at);
    path.push_back(directory_.entry(at).left());
    path.push_back(directory_.entry(at).right());
  }
  return first;
}

}  // namespace mapiguard
