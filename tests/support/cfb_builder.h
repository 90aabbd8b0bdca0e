// CfbBuilder writes compound files (MS-CFB): a tree of storages and streams, made valid, and verbs to damage it.
//
//   std::string file = CfbBuilder().stream("a/b", "bytes").storage("empty").build();
//
// Streams below 4096 bytes go to the mini stream, as the format demands. Thread promise: plain values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "converter/model/property.h"

namespace mapiguard::testing {

struct CfbNode {
  std::string name;  // UTF-8
  bool is_storage = false;
  Guid clsid{};
  std::string data;               // of a stream
  std::vector<CfbNode> children;  // of a storage
};

class CfbBuilder {
 public:
  CfbBuilder();
  CfbBuilder& version(int major);           // 3: sectors of 512 bytes (default), 4: of 4096
  CfbBuilder& scattered(bool yes = true);   // no two sectors of a stream lie side by side
  CfbBuilder& degenerate(bool yes = true);  // each directory tree is a list (all right siblings), not balanced
  CfbBuilder& stream(std::string_view path, std::string data);  // storages on the way are made
  CfbBuilder& storage(std::string_view path, const Guid& clsid = {});
  CfbBuilder& add(CfbNode child);  // below the root
  CfbNode& root() { return root_; }
  std::string build() const;

 private:
  CfbNode root_;
  int version_ = 3;
  bool scattered_ = false;
  bool degenerate_ = false;
};

// Offsets into a built file, for tests that damage it. The file must be undamaged where these look.
namespace cfb {
inline constexpr std::uint32_t kFree = 0xFFFFFFFF;
inline constexpr std::uint32_t kEnd = 0xFFFFFFFE;
inline constexpr std::size_t kFirstDirectorySector = 48, kFirstMiniFatSector = 60, kFirstDifatSector = 68;  // header

std::size_t sector_offset(const std::string& file, std::uint32_t sector);
std::size_t fat_entry(const std::string& file, std::uint32_t sector);  // where FAT[sector] stands
// Where the 128-byte directory entry stands that has this name (the last part of a path); npos = none.
std::size_t directory_entry(const std::string& file, std::string_view name);
std::uint32_t start_sector(const std::string& file, std::string_view name);
// Fields of a directory entry.
inline constexpr std::size_t kNameLength = 64, kType = 66, kLeft = 68, kRight = 72, kChild = 76, kStart = 116,
                             kSize = 120;
std::uint32_t get32(const std::string& file, std::size_t offset);
void set32(std::string& file, std::size_t offset, std::uint32_t value);
}  // namespace cfb

}  // namespace mapiguard::testing
