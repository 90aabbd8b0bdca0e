#include "corpus/cfb_writer.h"

#include <algorithm>
#include <bit>
#include <stdexcept>

namespace mapiguard::corpus {
namespace {

constexpr std::uint32_t kDifatSector = 0xFFFFFFFC;
constexpr std::uint32_t kFatSector = 0xFFFFFFFD;
constexpr std::uint32_t kEndOfChain = 0xFFFFFFFE;
constexpr std::uint32_t kFree = 0xFFFFFFFF;
constexpr std::uint32_t kNoStream = 0xFFFFFFFF;
constexpr std::uint32_t kMiniSector = 64;
constexpr std::uint32_t kMiniCutoff = 4096;
constexpr std::uint32_t kHeaderDifat = 109;
constexpr std::uint32_t kEntrySize = 128;
// 2024-03-05T09:15:00Z: storages carry a time, as Outlook's do; a fixed one, so that the files are reproducible.
constexpr std::uint64_t kModified = 133541037000000000;

// Simple upper-casing for the scripts that storage names of this corpus use (ASCII and Latin-1).
char16_t upper(char16_t c) {
  if (c >= u'a' && c <= u'z') return static_cast<char16_t>(c - 0x20);
  if (c >= 0xE0 && c <= 0xFE && c != 0xF7) return static_cast<char16_t>(c - 0x20);
  return c;
}

std::uint32_t blocks(std::uint64_t bytes, std::uint32_t block) {
  return static_cast<std::uint32_t>((bytes + block - 1) / block);
}

// Appends a chain of `count` sectors that lie side by side from `start`.
void put_chain(std::string& table, std::uint32_t start, std::uint32_t count) {
  for (std::uint32_t i = 1; i < count; ++i) put(table, start + i);
  if (count > 0) put(table, kEndOfChain);
}

void put_repeated(std::string& table, std::uint32_t value, std::uint32_t count) {
  for (std::uint32_t i = 0; i < count; ++i) put(table, value);
}

void write_padded(ByteSink& sink, const Content& content, std::uint32_t block) {
  content.write_to(sink);
  sink.write(std::string(static_cast<std::size_t>(round_up(content.size(), block) - content.size()), '\0'));
}

}  // namespace

CfbNode CfbNode::storage(std::u16string name, const Guid& clsid) {
  return {.name = std::move(name), .is_storage = true, .clsid = clsid, .content = {}, .children = {}};
}

CfbNode CfbNode::stream(std::u16string name, Content content) {
  return {.name = std::move(name), .is_storage = false, .clsid = {}, .content = std::move(content), .children = {}};
}

bool cfb_name_less(std::u16string_view a, std::u16string_view b) {
  if (a.size() != b.size()) return a.size() < b.size();
  return std::ranges::lexicographical_compare(a, b, {}, upper, upper);
}

CfbFile::CfbFile(const CfbNode& root, CfbVersion version) : version_(version) {
  layout_.sector_size = version == CfbVersion::v3 ? 512 : 4096;
  entries_.push_back({&root, kNoStream, kNoStream, kNoStream, false, kEndOfChain});
  add_entries(root, 0);
  place_mini_streams();
  place_sectors();
}

void CfbFile::add_entries(const CfbNode& storage, std::uint32_t id) {
  std::vector<const CfbNode*> sorted;
  for (const CfbNode& child : storage.children) sorted.push_back(&child);
  std::ranges::sort(sorted, cfb_name_less, &CfbNode::name);
  std::vector<std::uint32_t> ids;
  for (const CfbNode* child : sorted) {
    ids.push_back(static_cast<std::uint32_t>(entries_.size()));
    entries_.push_back({child, kNoStream, kNoStream, kNoStream, false, kEndOfChain});
  }
  // Levels that a balanced tree of so many nodes fills completely; what hangs below them is red.
  const auto full_levels = static_cast<unsigned>(std::bit_width(ids.size() + 1) - 1);
  entries_[id].child = link(ids, 0, ids.size(), 0, full_levels);
  for (const std::uint32_t child : ids)
    if (entries_[child].node->is_storage) add_entries(*entries_[child].node, child);
}

// A tree halved at each step: full down to its last level, so colouring that level red, if it is not full,
// gives every path the same number of black nodes (MS-CFB 2.6.4).
std::uint32_t CfbFile::link(const std::vector<std::uint32_t>& ids, std::size_t first, std::size_t last, unsigned depth,
                            unsigned full_levels) {
  if (first == last) return kNoStream;
  const std::size_t middle = first + (last - first) / 2;
  const std::uint32_t left = link(ids, first, middle, depth + 1, full_levels);
  const std::uint32_t right = link(ids, middle + 1, last, depth + 1, full_levels);
  Entry& entry = entries_[ids[middle]];
  entry.left = left;
  entry.right = right;
  entry.red = depth >= full_levels;
  return ids[middle];
}

bool CfbFile::is_mini(const Entry& entry) const {
  return !entry.node->is_storage && entry.node->content.size() > 0 && entry.node->content.size() < kMiniCutoff;
}

void CfbFile::place_mini_streams() {
  std::uint32_t next = 0;
  for (Entry& entry : entries_) {
    if (!is_mini(entry)) continue;
    entry.start = next;
    next += blocks(entry.node->content.size(), kMiniSector);
  }
  layout_.mini_stream_bytes = std::uint64_t{next} * kMiniSector;
}

void CfbFile::place_sectors() {
  CfbLayout& at = layout_;
  const std::uint32_t per_sector = at.sector_size / 4;
  at.directory_count = blocks(entries_.size() * kEntrySize, at.sector_size);
  at.mini_fat_count = blocks(at.mini_stream_bytes / kMiniSector * 4, at.sector_size);
  at.mini_stream_count = blocks(at.mini_stream_bytes, at.sector_size);
  std::uint32_t rest = at.directory_count + at.mini_fat_count + at.mini_stream_count;
  for (const Entry& entry : entries_)
    if (!entry.node->is_storage && !is_mini(entry)) rest += blocks(entry.node->content.size(), at.sector_size);
  // The FAT describes itself and the DIFAT too: grow both until they cover everything.
  for (bool grown = true; grown;) {
    const std::uint32_t fat = blocks(std::uint64_t{rest + at.fat_count + at.difat_count} * 4, at.sector_size);
    const std::uint32_t difat = fat <= kHeaderDifat ? 0 : (fat - kHeaderDifat + per_sector - 2) / (per_sector - 1);
    grown = fat != at.fat_count || difat != at.difat_count;
    at.fat_count = fat;
    at.difat_count = difat;
  }
  at.fat_start = at.difat_start + at.difat_count;
  at.directory_start = at.fat_start + at.fat_count;
  at.mini_fat_start = at.directory_start + at.directory_count;
  at.mini_stream_start = at.mini_fat_start + at.mini_fat_count;
  at.sectors = at.mini_stream_start + at.mini_stream_count;
  for (Entry& entry : entries_) {
    if (entry.node->is_storage || is_mini(entry) || entry.node->content.size() == 0) continue;
    entry.start = at.sectors;
    at.sectors += blocks(entry.node->content.size(), at.sector_size);
  }
  if (at.mini_stream_count > 0) entries_[0].start = at.mini_stream_start;
}

void CfbFile::write(ByteSink& sink) const {
  sink.write(header());
  sink.write(difat());
  sink.write(fat());
  sink.write(directory());
  sink.write(mini_fat());
  write_mini_stream(sink);
  for (const Entry& entry : entries_)
    if (!entry.node->is_storage && !is_mini(entry)) write_padded(sink, entry.node->content, layout_.sector_size);
}

// MS-CFB 2.2.
std::string CfbFile::header() const {
  const bool v4 = version_ == CfbVersion::v4;
  std::string out("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8);
  out.append(16, '\0');  // CLSID of the header: reserved
  put(out, std::uint16_t{0x003E});
  put(out, static_cast<std::uint16_t>(version_));
  put(out, std::uint16_t{0xFFFE});
  put(out, static_cast<std::uint16_t>(v4 ? 12 : 9));
  put(out, std::uint16_t{6});
  out.append(6, '\0');
  put(out, v4 ? layout_.directory_count : 0);  // version 3 does not count them
  put(out, layout_.fat_count);
  put(out, layout_.directory_start);
  put(out, std::uint32_t{0});
  put(out, kMiniCutoff);
  put(out, layout_.mini_fat_count > 0 ? layout_.mini_fat_start : kEndOfChain);
  put(out, layout_.mini_fat_count);
  put(out, layout_.difat_count > 0 ? layout_.difat_start : kEndOfChain);
  put(out, layout_.difat_count);
  for (std::uint32_t i = 0; i < kHeaderDifat; ++i) put(out, i < layout_.fat_count ? layout_.fat_start + i : kFree);
  pad_to(out, layout_.sector_size);
  return out;
}

// MS-CFB 2.5.1: FAT sectors beyond the header's 109; the last number of each sector leads to the next.
std::string CfbFile::difat() const {
  const std::uint32_t per_sector = layout_.sector_size / 4 - 1;
  std::string out;
  std::uint32_t fat_sector = kHeaderDifat;
  for (std::uint32_t sector = 0; sector < layout_.difat_count; ++sector) {
    for (std::uint32_t i = 0; i < per_sector; ++i, ++fat_sector)
      put(out, fat_sector < layout_.fat_count ? layout_.fat_start + fat_sector : kFree);
    put(out, sector + 1 < layout_.difat_count ? layout_.difat_start + sector + 1 : kEndOfChain);
  }
  return out;
}

std::string CfbFile::fat() const {
  std::string out;
  put_repeated(out, kDifatSector, layout_.difat_count);
  put_repeated(out, kFatSector, layout_.fat_count);
  put_chain(out, layout_.directory_start, layout_.directory_count);
  put_chain(out, layout_.mini_fat_start, layout_.mini_fat_count);
  put_chain(out, layout_.mini_stream_start, layout_.mini_stream_count);
  for (const Entry& entry : entries_)
    if (!entry.node->is_storage && !is_mini(entry))
      put_chain(out, entry.start, blocks(entry.node->content.size(), layout_.sector_size));
  pad_to(out, layout_.sector_size, '\xFF');
  return out;
}

std::string CfbFile::mini_fat() const {
  std::string out;
  for (const Entry& entry : entries_)
    if (is_mini(entry)) put_chain(out, entry.start, blocks(entry.node->content.size(), kMiniSector));
  pad_to(out, layout_.sector_size, '\xFF');
  return out;
}

void CfbFile::write_mini_stream(ByteSink& sink) const {
  for (const Entry& entry : entries_)
    if (is_mini(entry)) write_padded(sink, entry.node->content, kMiniSector);
  const std::uint64_t end = std::uint64_t{layout_.mini_stream_count} * layout_.sector_size;
  sink.write(std::string(static_cast<std::size_t>(end - layout_.mini_stream_bytes), '\0'));
}

std::string CfbFile::directory() const {
  std::string out;
  for (const Entry& entry : entries_) out += entry_bytes(entry);
  while (out.size() % layout_.sector_size != 0) {  // MS-CFB 2.6.3: an unallocated entry is zero but for its links
    std::string unused(kEntrySize, '\0');
    for (const std::size_t link : {68, 72, 76}) put_at(unused, link, kNoStream);
    out += unused;
  }
  return out;
}

// MS-CFB 2.6.1.
std::string CfbFile::entry_bytes(const Entry& entry) const {
  const bool is_root = &entry == &entries_.front();
  const CfbNode& node = *entry.node;
  std::string out;
  for (const char16_t unit : node.name) put(out, static_cast<std::uint16_t>(unit));
  out.resize(64, '\0');
  put(out, static_cast<std::uint16_t>(node.name.size() * 2 + 2));
  put(out, static_cast<std::uint8_t>(is_root ? 5 : node.is_storage ? 1 : 2));
  put(out, static_cast<std::uint8_t>(entry.red ? 0 : 1));
  put(out, entry.left);
  put(out, entry.right);
  put(out, entry.child);
  out += node.clsid.chars();
  put(out, std::uint32_t{0});  // state bits
  put(out, std::uint64_t{!is_root && node.is_storage ? kModified : 0});
  put(out, std::uint64_t{node.is_storage ? kModified : 0});
  put(out, node.is_storage && !is_root ? 0 : entry.start);
  put(out, std::uint64_t{is_root ? layout_.mini_stream_bytes : node.is_storage ? 0 : node.content.size()});
  return out;
}

std::size_t CfbFile::find(std::u16string_view path) const {
  const CfbNode* node = entries_.front().node;
  while (!path.empty()) {
    const std::u16string_view part = path.substr(0, path.find(u'/'));
    path.remove_prefix(std::min(path.size(), part.size() + 1));
    const auto child = std::ranges::find(node->children, part, &CfbNode::name);
    if (child == node->children.end()) throw std::logic_error("the catalogue names an entry that its file has not");
    node = &*child;
  }
  return static_cast<std::size_t>(std::ranges::find(entries_, node, &Entry::node) - entries_.begin());
}

std::uint64_t CfbFile::entry_offset(std::u16string_view path) const {
  return layout_.offset_of_sector(layout_.directory_start) + find(path) * kEntrySize;
}

std::uint32_t CfbFile::start_of(std::u16string_view path) const { return entries_[find(path)].start; }

}  // namespace mapiguard::corpus
