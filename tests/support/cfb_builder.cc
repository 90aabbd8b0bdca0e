#include "tests/support/cfb_builder.h"

#include <algorithm>
#include <cstring>

#include "base/text.h"
#include "tests/support/property_setters.h"

namespace mapiguard::testing {
namespace {

constexpr std::uint32_t kNone = 0xFFFFFFFF, kEndOfChain = 0xFFFFFFFE, kFatSector = 0xFFFFFFFD,
                        kDifatSector = 0xFFFFFFFC;
constexpr std::size_t kMiniSector = 64, kMiniCutoff = 4096, kHeaderDifat = 109;

// Sectors of one size and the table that chains them: the file's sectors with the FAT, or the mini stream's.
class Sectors {
 public:
  Sectors(std::size_t size, bool scattered) : size_(size), scattered_(scattered) {}

  std::uint32_t add(const std::string& data) {
    const std::size_t count = (data.size() + size_ - 1) / size_;
    if (count == 0) return kEndOfChain;
    const std::size_t first = table.size();
    table.resize(first + count);
    bytes.resize((first + count) * size_);
    const auto place = [&](std::size_t i) { return first + (scattered_ ? count - 1 - i : i); };
    for (std::size_t i = 0; i < count; ++i) {
      bytes.replace(place(i) * size_, std::min(size_, data.size() - i * size_), data, i * size_, size_);
      table[place(i)] = i + 1 < count ? static_cast<std::uint32_t>(place(i + 1)) : kEndOfChain;
    }
    return static_cast<std::uint32_t>(place(0));
  }

  // Sectors that belong to no chain (FAT, DIFAT): marked, and filled later.
  std::size_t reserve(std::size_t count, std::uint32_t mark) {
    const std::size_t first = table.size();
    table.resize(first + count, mark);
    bytes.resize(table.size() * size_);
    return first;
  }

  std::vector<std::uint32_t> table;
  std::string bytes;

 private:
  std::size_t size_;
  bool scattered_;
};

struct Entry {
  std::string name16;
  const CfbNode* node = nullptr;
  std::uint8_t type = 0;
  std::uint32_t left = kNone, right = kNone, child = kNone, start = 0;
  std::uint64_t size = 0;
};

// MS-CFB 2.6.4: shorter names first, then by upper-case code units.
bool comes_before(const CfbNode& a, const CfbNode& b) {
  const std::string left = utf16le(a.name), right = utf16le(b.name);
  if (left.size() != right.size()) return left.size() < right.size();
  return ascii_lower(a.name) < ascii_lower(b.name);
}

class CompoundWriter {
 public:
  CompoundWriter(int version, bool scattered, bool degenerate)
      : sector_size_(version == 4 ? 4096 : 512),
        version_(version),
        degenerate_(degenerate),
        sectors_(sector_size_, scattered),
        mini_(kMiniSector, scattered) {}

  std::string write(const CfbNode& root) {
    entries_.push_back({utf16le("Root Entry"), &root, 5});
    add_children(0);
    store_streams();
    entries_[0].size = mini_.bytes.size();
    entries_[0].start = sectors_.add(mini_.bytes);
    const std::string mini_fat = table_bytes(mini_.table);
    mini_fat_start_ = sectors_.add(mini_fat);
    mini_fat_sectors_ = (mini_fat.size() + sector_size_ - 1) / sector_size_;
    const std::string directory = directory_bytes();
    directory_start_ = sectors_.add(directory);
    directory_sectors_ = directory.size() / sector_size_;
    place_tables();
    return header() + sectors_.bytes;
  }

 private:
  // The members of one storage stand together; then come those of each storage among them.
  void add_children(std::size_t parent) {
    std::vector<const CfbNode*> sorted;
    for (const CfbNode& child : entries_[parent].node->children) sorted.push_back(&child);
    std::stable_sort(sorted.begin(), sorted.end(), [](auto* a, auto* b) { return comes_before(*a, *b); });
    const std::size_t first = entries_.size();
    for (const CfbNode* child : sorted)
      entries_.push_back({utf16le(child->name), child, static_cast<std::uint8_t>(child->is_storage ? 1 : 2)});
    entries_[parent].child = degenerate_ ? link_list(first, sorted.size()) : link_tree(first, sorted.size());
    for (std::size_t i = 0; i < sorted.size(); ++i)
      if (sorted[i]->is_storage) add_children(first + i);
  }

  std::uint32_t link_tree(std::size_t first, std::size_t count) {
    if (count == 0) return kNone;
    const std::size_t middle = first + count / 2;
    entries_[middle].left = link_tree(first, count / 2);
    entries_[middle].right = link_tree(middle + 1, count - count / 2 - 1);
    return static_cast<std::uint32_t>(middle);
  }

  std::uint32_t link_list(std::size_t first, std::size_t count) {
    for (std::size_t i = 0; i + 1 < count; ++i) entries_[first + i].right = static_cast<std::uint32_t>(first + i + 1);
    return count ? static_cast<std::uint32_t>(first) : kNone;
  }

  void store_streams() {
    for (Entry& entry : entries_) {
      if (entry.type != 2) continue;
      const std::string& data = entry.node->data;
      entry.size = data.size();
      entry.start = data.size() < kMiniCutoff ? mini_.add(data) : sectors_.add(data);
    }
  }

  std::string directory_bytes() const {
    std::string out;
    for (const Entry& e : entries_) out += entry_bytes(e);
    while (out.size() % sector_size_ != 0) out += entry_bytes({});
    return out;
  }

  static std::string entry_bytes(const Entry& e) {
    std::string out = e.name16;
    out.resize(64);
    out += le16(e.name16.empty() ? 0 : e.name16.size() + 2);
    out += static_cast<char>(e.type);
    out += '\1';  // black
    out += le32(e.left) + le32(e.right) + le32(e.child);
    out += e.node ? raw(e.node->clsid) : std::string(16, '\0');
    out += std::string(20, '\0');  // state bits, creation and modification time
    return out + le32(e.start) + le64(e.size);
  }

  void place_tables() {
    const std::size_t per_sector = sector_size_ / 4;
    const std::size_t data = sectors_.table.size();
    std::size_t fats = 0, difats = 0;
    for (std::size_t before = 1; before != fats + difats;) {
      before = fats + difats;
      fats = (data + fats + difats + per_sector - 1) / per_sector;
      difats = fats > kHeaderDifat ? (fats - kHeaderDifat + per_sector - 2) / (per_sector - 1) : 0;
    }
    const std::size_t first_fat = sectors_.reserve(fats, kFatSector);
    const std::size_t first_difat = sectors_.reserve(difats, kDifatSector);
    for (std::size_t i = 0; i < fats; ++i) fat_sectors_.push_back(static_cast<std::uint32_t>(first_fat + i));
    const std::string table = table_bytes(sectors_.table);
    sectors_.bytes.replace(first_fat * sector_size_, table.size(), table);
    difat_start_ = difats ? static_cast<std::uint32_t>(first_difat) : kEndOfChain;
    difat_sectors_ = difats;
    for (std::size_t i = 0; i < difats; ++i) fill_difat(first_difat + i, i, difats);
  }

  void fill_difat(std::size_t sector, std::size_t index, std::size_t count) {
    const std::size_t per_sector = sector_size_ / 4 - 1;
    std::string out;
    for (std::size_t k = 0; k < per_sector; ++k) {
      const std::size_t at = kHeaderDifat + index * per_sector + k;
      out += le32(at < fat_sectors_.size() ? fat_sectors_[at] : kNone);
    }
    out += le32(index + 1 < count ? sector + 1 : kEndOfChain);
    sectors_.bytes.replace(sector * sector_size_, out.size(), out);
  }

  std::string table_bytes(const std::vector<std::uint32_t>& table) const {
    std::string out;
    for (const std::uint32_t next : table) out += le32(next);
    while (out.size() % sector_size_ != 0) out += le32(kNone);
    return out;
  }

  std::string header() const {
    std::string out("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8);
    out += std::string(16, '\0') + le16(0x3E) + le16(version_) + le16(0xFFFE) + le16(version_ == 4 ? 12 : 9) + le16(6);
    out += std::string(6, '\0') + le32(version_ == 4 ? directory_sectors_ : 0) + le32(fat_sectors_.size());
    out += le32(directory_start_) + le32(0) + le32(kMiniCutoff) + le32(mini_fat_start_) + le32(mini_fat_sectors_);
    out += le32(difat_start_) + le32(difat_sectors_);
    for (std::size_t i = 0; i < kHeaderDifat; ++i) out += le32(i < fat_sectors_.size() ? fat_sectors_[i] : kNone);
    out.resize(sector_size_);
    return out;
  }

  std::size_t sector_size_;
  int version_;
  bool degenerate_;
  Sectors sectors_, mini_;
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> fat_sectors_;
  std::uint32_t mini_fat_start_ = 0, directory_start_ = 0, difat_start_ = 0;
  std::size_t mini_fat_sectors_ = 0, directory_sectors_ = 0, difat_sectors_ = 0;
};

// The node at `path`, made (as a storage, with those on the way) where it is missing.
CfbNode& node_at(CfbNode& from, std::string_view path) {
  const std::size_t slash = path.find('/');
  const std::string_view name = path.substr(0, slash);
  from.is_storage = true;
  auto at = std::find_if(from.children.begin(), from.children.end(), [&](auto& c) { return c.name == name; });
  if (at == from.children.end()) at = from.children.insert(at, CfbNode{std::string(name), false, {}, {}, {}});
  return slash == std::string_view::npos ? *at : node_at(*at, path.substr(slash + 1));
}

}  // namespace

CfbBuilder::CfbBuilder() { root_.is_storage = true; }

CfbBuilder& CfbBuilder::version(int major) {
  version_ = major;
  return *this;
}
CfbBuilder& CfbBuilder::scattered(bool yes) {
  scattered_ = yes;
  return *this;
}
CfbBuilder& CfbBuilder::degenerate(bool yes) {
  degenerate_ = yes;
  return *this;
}
CfbBuilder& CfbBuilder::stream(std::string_view path, std::string data) {
  node_at(root_, path).data = std::move(data);
  return *this;
}
CfbBuilder& CfbBuilder::storage(std::string_view path, const Guid& clsid) {
  CfbNode& node = node_at(root_, path);
  node.is_storage = true;
  node.clsid = clsid;
  return *this;
}
CfbBuilder& CfbBuilder::add(CfbNode child) {
  root_.children.push_back(std::move(child));
  return *this;
}
std::string CfbBuilder::build() const { return CompoundWriter(version_, scattered_, degenerate_).write(root_); }

namespace cfb {
namespace {
std::size_t sector_size(const std::string& file) { return file[30] == 12 ? 4096 : 512; }
}  // namespace

std::uint32_t get32(const std::string& file, std::size_t offset) {
  std::uint32_t value = 0;
  std::memcpy(&value, file.data() + offset, sizeof value);
  return value;
}
void set32(std::string& file, std::size_t offset, std::uint32_t value) { file.replace(offset, 4, le32(value)); }
std::size_t sector_offset(const std::string& file, std::uint32_t sector) { return (sector + 1) * sector_size(file); }

std::size_t fat_entry(const std::string& file, std::uint32_t sector) {
  const std::size_t per_sector = sector_size(file) / 4;  // of the FAT sectors that the header names
  const std::uint32_t fat = get32(file, 76 + sector / per_sector * 4);
  return sector_offset(file, fat) + sector % per_sector * 4;
}

std::size_t directory_entry(const std::string& file, std::string_view name) {
  const std::string wanted = utf16le(name) + std::string(2, '\0');
  for (std::uint32_t sector = get32(file, kFirstDirectorySector); sector < kDifatSector;
       sector = get32(file, fat_entry(file, sector))) {
    const std::size_t first = sector_offset(file, sector);
    for (std::size_t at = first; at < first + sector_size(file); at += 128)
      if (file.compare(at, wanted.size(), wanted) == 0) return at;
  }
  return std::string::npos;
}

std::uint32_t start_sector(const std::string& file, std::string_view name) {
  return get32(file, directory_entry(file, name) + kStart);
}
}  // namespace cfb

}  // namespace mapiguard::testing
