// Writes compound files (MS-CFB): version 3 with sectors of 512 bytes, version 4 with 4096. The whole file is laid
// out first and then written front to back, so a stream may be longer than memory.
//
//   CfbNode root = CfbNode::storage(u"Root Entry", kMessageClsid);
//   root.add(CfbNode::stream(u"__properties_version1.0", bytes));
//   CfbFile(root, CfbVersion::v3).write(sink);
//
// Order in the file: header, DIFAT, FAT, directory, mini FAT, mini stream, streams of 4096 bytes and more.
// Thread promise: plain values; a CfbFile points into the tree it was given.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/byte_sink.h"
#include "corpus/guid.h"

namespace mapiguard::corpus {

struct CfbNode {
  std::u16string name;  // at most 31 units (MS-CFB 2.6.1)
  bool is_storage = false;
  Guid clsid;
  Content content;
  std::vector<CfbNode> children;

  static CfbNode storage(std::u16string name, const Guid& clsid = {});
  static CfbNode stream(std::u16string name, Content content);
  void add(CfbNode child) { children.push_back(std::move(child)); }
};

enum class CfbVersion : std::uint16_t { v3 = 3, v4 = 4 };

// Where the parts of a finished file lie, in sectors and counts; what one needs to damage it on purpose.
struct CfbLayout {
  std::uint32_t sector_size = 512;
  std::uint32_t difat_start = 0, difat_count = 0;
  std::uint32_t fat_start = 0, fat_count = 0;
  std::uint32_t directory_start = 0, directory_count = 0;
  std::uint32_t mini_fat_start = 0, mini_fat_count = 0;
  std::uint32_t mini_stream_start = 0, mini_stream_count = 0;
  std::uint32_t sectors = 0;
  std::uint64_t mini_stream_bytes = 0;

  std::uint64_t offset_of_sector(std::uint32_t sector) const { return (sector + std::uint64_t{1}) * sector_size; }
  std::uint64_t file_size() const { return offset_of_sector(sectors); }
};

class CfbFile {
 public:
  CfbFile(const CfbNode& root, CfbVersion version);

  const CfbLayout& layout() const { return layout_; }
  void write(ByteSink& sink) const;

  // Byte offset of the 128-byte directory entry at a path ("a/b/c"; "" = root); std::logic_error if there is none.
  std::uint64_t entry_offset(std::u16string_view path) const;
  // First sector of a stream's chain: in the FAT, or in the mini FAT when it is shorter than the cutoff.
  std::uint32_t start_of(std::u16string_view path) const;

 private:
  struct Entry {
    const CfbNode* node;
    std::uint32_t left, right, child;
    bool red;
    std::uint32_t start;
  };

  void add_entries(const CfbNode& storage, std::uint32_t id);
  std::uint32_t link(const std::vector<std::uint32_t>& ids, std::size_t first, std::size_t last, unsigned depth,
                     unsigned full_levels);
  void place_mini_streams();
  void place_sectors();
  bool is_mini(const Entry& entry) const;
  std::size_t find(std::u16string_view path) const;

  std::string header() const;
  std::string difat() const;
  std::string fat() const;
  std::string directory() const;
  std::string mini_fat() const;
  std::string entry_bytes(const Entry& entry) const;
  void write_mini_stream(ByteSink& sink) const;

  CfbVersion version_;
  CfbLayout layout_;
  std::vector<Entry> entries_;
};

// The order of siblings (MS-CFB 2.6.4): shorter names first, then by upper-cased UTF-16 units.
bool cfb_name_less(std::u16string_view a, std::u16string_view b);

}  // namespace mapiguard::corpus
