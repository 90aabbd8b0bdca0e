#include "converter/mime/storage_file.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <numeric>
#include <string_view>

namespace mapiguard {
namespace {

constexpr std::size_t kSector = 512, kMiniSector = 64, kDirectoryEntry = 128;
constexpr std::uint64_t kMiniCutoff = 4096;     // MS-CFB 2.2: smaller streams live in the mini stream
constexpr std::uint64_t kLargest = 1ull << 31;  // MS-CFB 2.6.3, version 3
constexpr std::uint32_t kFree = 0xFFFFFFFF, kEndOfChain = 0xFFFFFFFE, kFatSector = 0xFFFFFFFD,
                        kDifatSector = 0xFFFFFFFC;
constexpr std::size_t kHeaderDifat = 109, kPerSector = kSector / 4, kDifatPerSector = kPerSector - 1;
constexpr int kDeepest = 64;
constexpr std::array<std::byte, kSector> kZeros{};

std::uint64_t sectors_for(std::uint64_t bytes, std::uint64_t unit = kSector) { return (bytes + unit - 1) / unit; }

template <class T>
void put(std::string& out, std::size_t at, T value) {
  std::memcpy(out.data() + at, &value, sizeof value);
}
void append_u32(std::string& out, std::uint32_t value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

// One directory entry, with its place in the tree of its siblings.
struct Node {
  const StorageEntry* entry;
  std::uint32_t left = kFree, right = kFree, child = kFree;
  bool is_black = true;
  std::uint32_t start = kEndOfChain;
  std::uint64_t size = 0;
};

// MS-CFB 2.6.4: the shorter name is less; of equal length the one with the lesser upper-case unit.
bool name_less(const StorageEntry& a, const StorageEntry& b) {
  if (a.name.size() != b.name.size()) return a.name.size() < b.name.size();
  const auto upper = [](char16_t c) { return c >= u'a' && c <= u'z' ? static_cast<char16_t>(c - 32) : c; };
  return std::lexicographical_compare(a.name.begin(), a.name.end(), b.name.begin(), b.name.end(),
                                      [&](char16_t x, char16_t y) { return upper(x) < upper(y); });
}

class StorageWriter {
 public:
  explicit StorageWriter(Budget& budget) : budget_(budget) {}

  bool write(const StorageEntry& root, Part& part) {
    nodes_.push_back({&root});
    if (!add_children(0, kDeepest) || !place_streams()) return false;
    auto made = std::make_shared<std::string>(tables());
    part.blob = Blob();
    const Bytes whole = as_bytes(*made);
    part.blob.append(slice(whole, 0, mini_stream_at_));
    for (const std::size_t node : mini_) append_padded(part.blob, nodes_[node].entry->data, kMiniSector);
    append_zeros(part.blob, mini_bytes_, kSector);
    for (const std::size_t node : large_) append_padded(part.blob, nodes_[node].entry->data, kSector);
    part.made = std::move(made);
    return true;
  }

 private:
  // Siblings hang below their parent as a balanced tree. Its last, incomplete level is red and all else black, so that
  // every path has as many black nodes (MS-CFB 2.6.4).
  bool add_children(std::size_t parent, int depth) {
    const auto& children = nodes_[parent].entry->children;
    if (children.empty()) return true;
    if (depth == 0 || !budget_.spend(64 * children.size())) return false;
    std::vector<const StorageEntry*> sorted;
    for (const StorageEntry& child : children) sorted.push_back(&child);
    std::sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return name_less(*a, *b); });
    const std::size_t first = nodes_.size();
    for (const StorageEntry* child : sorted) nodes_.push_back({child});
    const auto levels = std::bit_width(sorted.size());
    const bool is_perfect = std::has_single_bit(sorted.size() + 1);
    nodes_[parent].child = balance(first, nodes_.size(), static_cast<int>(levels), is_perfect);
    for (std::size_t i = first; i < first + sorted.size(); ++i)
      if (nodes_[i].entry->is_storage && !add_children(i, depth - 1)) return false;
    return true;
  }

  std::uint32_t balance(std::size_t begin, std::size_t end, int levels_left, bool is_perfect) {
    if (begin == end) return kFree;
    const std::size_t middle = begin + (end - begin) / 2;
    nodes_[middle].is_black = levels_left > 1 || is_perfect;
    nodes_[middle].left = balance(begin, middle, levels_left - 1, is_perfect);
    nodes_[middle].right = balance(middle + 1, end, levels_left - 1, is_perfect);
    return static_cast<std::uint32_t>(middle);
  }

  // Decides what lies where: FAT, DIFAT, directory, mini FAT, mini stream, large streams.
  bool place_streams() {
    std::uint64_t large_sectors = 0;
    for (std::size_t i = 1; i < nodes_.size(); ++i) {
      Node& node = nodes_[i];
      if (node.entry->is_storage) continue;
      node.size = node.entry->data.size();
      if (node.size >= kLargest || large_sectors > kLargest / kSector) return false;
      if (node.size == 0) continue;
      if (node.size < kMiniCutoff) {
        node.start = static_cast<std::uint32_t>(mini_bytes_ / kMiniSector);
        mini_bytes_ += sectors_for(node.size, kMiniSector) * kMiniSector;
        mini_.push_back(i);
      } else {
        node.start = static_cast<std::uint32_t>(large_sectors);  // from the first large sector on; moved below
        large_sectors += sectors_for(node.size);
        large_.push_back(i);
      }
    }
    if (mini_bytes_ >= kLargest) return false;
    directory_sectors_ = sectors_for(nodes_.size() * kDirectoryEntry);
    mini_fat_sectors_ = sectors_for(mini_bytes_ / kMiniSector * 4);
    mini_sectors_ = sectors_for(mini_bytes_);
    const std::uint64_t rest = directory_sectors_ + mini_fat_sectors_ + mini_sectors_ + large_sectors;
    for (bool fits = false; !fits;) {
      fits = (rest + fat_sectors_ + difat_sectors_) <= fat_sectors_ * kPerSector;
      if (!fits) ++fat_sectors_;
      difat_sectors_ = fat_sectors_ > kHeaderDifat ? sectors_for(fat_sectors_ - kHeaderDifat, kDifatPerSector) : 0;
    }
    if ((rest + fat_sectors_ + difat_sectors_ + 1) * kSector >= kLargest) return false;
    const auto first_large = static_cast<std::uint32_t>(large_at());
    for (const std::size_t i : large_) nodes_[i].start += first_large;
    return true;
  }

  std::uint64_t directory_at() const { return fat_sectors_ + difat_sectors_; }
  std::uint64_t mini_fat_at() const { return directory_at() + directory_sectors_; }
  std::uint64_t mini_at() const { return mini_fat_at() + mini_fat_sectors_; }
  std::uint64_t large_at() const { return mini_at() + mini_sectors_; }

  // All that stands before the mini stream.
  std::string tables() {
    std::string out = header() + fat() + difat() + directory() + mini_fat();
    mini_stream_at_ = out.size();
    return out;
  }

  std::string header() const {
    std::string out(kSector, '\0');
    put<std::uint64_t>(out, 0, 0xE11AB1A1E011CFD0);
    put<std::uint16_t>(out, 24, 0x3E);    // minor version
    put<std::uint16_t>(out, 26, 3);       // major version
    put<std::uint16_t>(out, 28, 0xFFFE);  // little-endian
    put<std::uint16_t>(out, 30, 9);       // sectors of 2^9
    put<std::uint16_t>(out, 32, 6);       // mini sectors of 2^6
    put(out, 44, static_cast<std::uint32_t>(fat_sectors_));
    put(out, 48, static_cast<std::uint32_t>(directory_at()));
    put(out, 56, static_cast<std::uint32_t>(kMiniCutoff));
    put(out, 60, mini_fat_sectors_ ? static_cast<std::uint32_t>(mini_fat_at()) : kEndOfChain);
    put(out, 64, static_cast<std::uint32_t>(mini_fat_sectors_));
    put(out, 68, difat_sectors_ ? static_cast<std::uint32_t>(fat_sectors_) : kEndOfChain);
    put(out, 72, static_cast<std::uint32_t>(difat_sectors_));
    for (std::size_t i = 0; i < kHeaderDifat; ++i)
      put(out, 76 + 4 * i, i < fat_sectors_ ? static_cast<std::uint32_t>(i) : kFree);
    return out;
  }

  static void append_chain(std::string& table, std::uint64_t length) {
    for (std::uint64_t i = 0; i < length; ++i)
      append_u32(table, i + 1 == length ? kEndOfChain : static_cast<std::uint32_t>(table.size() / 4 + 1));
  }
  static void fill_sector(std::string& table) {
    while (table.size() % kSector != 0) append_u32(table, kFree);
  }

  std::string fat() const {
    std::string out;
    out.reserve(fat_sectors_ * kSector);
    for (std::uint64_t i = 0; i < fat_sectors_; ++i) append_u32(out, kFatSector);
    for (std::uint64_t i = 0; i < difat_sectors_; ++i) append_u32(out, kDifatSector);
    append_chain(out, directory_sectors_);
    append_chain(out, mini_fat_sectors_);
    append_chain(out, mini_sectors_);
    for (const std::size_t i : large_) append_chain(out, sectors_for(nodes_[i].size));
    fill_sector(out);
    return out;
  }

  std::string difat() const {
    std::string out;
    for (std::uint64_t i = 0; i < difat_sectors_; ++i) {
      for (std::size_t k = 0; k < kDifatPerSector; ++k) {
        const std::uint64_t sector = kHeaderDifat + i * kDifatPerSector + k;
        append_u32(out, sector < fat_sectors_ ? static_cast<std::uint32_t>(sector) : kFree);
      }
      append_u32(out, i + 1 == difat_sectors_ ? kEndOfChain : static_cast<std::uint32_t>(fat_sectors_ + i + 1));
    }
    return out;
  }

  std::string directory() const {
    std::string out(directory_sectors_ * kSector, '\0');
    for (std::size_t i = 0; i < out.size() / kDirectoryEntry; ++i) {
      const std::size_t at = i * kDirectoryEntry;
      if (i < nodes_.size())
        put_entry(out, at, nodes_[i], i == 0);
      else
        for (const std::size_t field : {68, 72, 76}) put(out, at + field, kFree);
    }
    return out;
  }

  void put_entry(std::string& out, std::size_t at, const Node& node, bool is_root) const {
    constexpr std::size_t kMostUnits = 31;
    const std::u16string_view name =
        is_root ? u"Root Entry" : std::u16string_view(node.entry->name).substr(0, kMostUnits);
    for (std::size_t i = 0; i < name.size(); ++i) put(out, at + 2 * i, name[i]);
    put(out, at + 64, static_cast<std::uint16_t>(2 * (name.size() + 1)));
    out[at + 66] = static_cast<char>(is_root ? 5 : node.entry->is_storage ? 1 : 2);
    out[at + 67] = static_cast<char>(is_root || node.is_black);
    put(out, at + 68, node.left);
    put(out, at + 72, node.right);
    put(out, at + 76, node.child);
    if (is_root || node.entry->is_storage) std::memcpy(out.data() + at + 80, node.entry->clsid.bytes.data(), 16);
    const bool has_mini = is_root && mini_bytes_ > 0;
    const bool is_plain_storage = !is_root && node.entry->is_storage;
    put(out, at + 116, has_mini ? static_cast<std::uint32_t>(mini_at()) : is_plain_storage ? 0u : node.start);
    put(out, at + 120, has_mini ? mini_bytes_ : node.size);
  }

  std::string mini_fat() const {
    std::string out;
    for (const std::size_t i : mini_) append_chain(out, sectors_for(nodes_[i].size, kMiniSector));
    fill_sector(out);
    return out;
  }

  static void append_zeros(Blob& blob, std::uint64_t size, std::size_t unit) {
    if (const std::size_t over = size % unit) blob.append(slice(kZeros, 0, unit - over));
  }
  static void append_padded(Blob& blob, const Blob& data, std::size_t unit) {
    for (std::size_t i = 0; i < data.pieces(); ++i) blob.append(data.piece(i));
    append_zeros(blob, data.size(), unit);
  }

  Budget& budget_;
  std::vector<Node> nodes_;
  std::vector<std::size_t> mini_, large_;  // positions of nodes whose streams lie there, in order
  std::uint64_t mini_bytes_ = 0, directory_sectors_ = 0, mini_fat_sectors_ = 0, mini_sectors_ = 0, fat_sectors_ = 1,
                difat_sectors_ = 0;
  std::size_t mini_stream_at_ = 0;
};

}  // namespace

bool write_storage_file(const StorageEntry& root, Budget& budget, Part& part) {
  return StorageWriter(budget).write(root, part);
}

}  // namespace mapiguard
