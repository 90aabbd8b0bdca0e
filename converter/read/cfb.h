// CompoundFile: storages and streams of a compound file (MS-CFB), version 3 or 4, however damaged.
//
//   auto file = CompoundFile::open(bytes, budget, defects);
//   for (auto node : file->members(CompoundFile::kRoot))
//     if (!file->is_storage(node)) use(file->name(node), file->read(node).data);
//
// Streams come out as Blobs over the input; sectors that lie side by side are one piece.
// Thread promise: belongs to one conversion; the input must outlive it and its Blobs.
#pragma once

#include <cstdint>
#include <ranges>
#include <string_view>

#include <mapiguard/result.h>
#include "base/budget.h"
#include "base/bytes.h"
#include "base/defects.h"
#include "converter/model/property.h"
#include "converter/read/cfb_directory.h"
#include "converter/read/cfb_header.h"
#include "converter/read/cfb_sectors.h"

namespace mapiguard {

class CompoundFile {
 public:
  using Node = std::uint32_t;
  static constexpr Node kRoot = 0;

  struct Stream {
    Blob data;
    ChainFaults faults;
    std::uint64_t lost = 0;   // bytes that the directory promises and the file does not have
    bool is_resized = false;  // the directory's size was not believed
  };

  // Errors: not_a_message, when it is no compound file or no directory is to be found in it.
  static Result<CompoundFile> open(Bytes input, Budget& budget, DefectLog& defects);

  // The members of a storage in the order of the directory; of a stream, none.
  auto members(Node node) const {
    const auto& at = directory_.nodes()[node];
    return std::views::iota(at.first_child, at.first_child + at.children);
  }
  bool is_storage(Node node) const { return directory_.nodes()[node].is_storage; }
  Bytes name(Node node) const { return entry(node).name(); }  // UTF-16LE
  std::uint64_t size(Node node) const;                        // as the directory says
  Guid clsid(Node node) const { return entry(node).clsid(); }
  // Whether anything read so far had to be guessed or is missing.
  bool is_damaged() const { return is_damaged_; }

  // Read each stream once: a second reading finds its sectors taken. `announced`: the size that another witness gives,
  // 0 for none; believed where the chain of sectors has that size and not the directory's.
  Stream read(Node node, std::uint64_t announced = 0);

 private:
  CompoundFile(SectorArray sectors, CfbHeader header, Budget& budget);
  void read_fat(DefectLog& defects);
  void add_fat_sectors(Bytes numbers);
  void note_missing_sectors(DefectLog& defects);
  void read_directory(DefectLog& defects);
  std::vector<SectorNumber> directory_sectors(DefectLog& defects);
  void add_found_sectors(std::vector<SectorNumber>& chain);
  void read_mini_stream(DefectLog& defects);
  Bytes mini_sector(SectorNumber sector) const;
  std::uint64_t likely_size(Node node, std::uint64_t announced) const;
  bool chain_has(SectorNumber start, std::uint64_t size) const;
  DirectoryEntry entry(Node node) const { return directory_.entry(directory_.nodes()[node].entry); }

  SectorArray sectors_;
  CfbHeader header_;
  Budget* budget_;
  LinkTable fat_, mini_fat_;
  Claims claims_, mini_claims_;
  Directory directory_;
  std::vector<SectorNumber> mini_stream_;  // its sectors in the file
  SectorNumber mini_sectors_ = 0;          // of 64 bytes, in the mini stream
  bool is_damaged_ = false;
};

// Names in compound files are compared ignoring case (MS-CFB 2.6.4); `ascii` must be ASCII.
bool name_is(Bytes utf16_name, std::string_view ascii);
bool name_begins(Bytes utf16_name, std::string_view ascii);
// How many characters of two names of one length differ; of other lengths, all.
std::size_t name_distance(Bytes utf16_name, std::string_view ascii);

}  // namespace mapiguard
