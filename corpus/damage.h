// Breaks files on purpose, each time in one known way.
//
// Thread promise: plain values. A path or stream that the file has not is a mistake of the catalogue:
// std::logic_error.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "corpus/cfb_writer.h"
#include "corpus/mapi.h"

namespace mapiguard::corpus {

// The small messages that damage is done to: one recipient, a plain body, one file. The file of sample_message is
// long enough to have sectors of its own; that of small_message lies in the mini stream.
Message sample_message();
Message small_message(const TextCoding& coding = TextCoding::unicode());
inline constexpr std::string_view kSampleSubject = "Bees in the attic";
inline constexpr std::string_view kSampleWords = "beekeeper Thursday ladder window";

// Offsets in the CFB header (MS-CFB 2.2).
inline constexpr std::uint32_t kHeaderSectorShift = 30, kHeaderFatCount = 44, kHeaderDirectoryStart = 48,
                               kHeaderMiniCutoff = 56, kHeaderMiniFatStart = 60, kHeaderDifatStart = 68,
                               kHeaderDifatCount = 72, kHeaderFirstFat = 76;
// Offsets in a directory entry (MS-CFB 2.6.1).
inline constexpr std::uint32_t kEntryLeft = 68, kEntryRight = 72, kEntryChild = 76, kEntrySize = 120;

class DamagedFile {
 public:
  explicit DamagedFile(const Message& message, CfbVersion version = CfbVersion::v3);
  explicit DamagedFile(CfbNode root, CfbVersion version = CfbVersion::v3);
  DamagedFile(const DamagedFile&) = delete;  // the plan points into root_
  DamagedFile& operator=(const DamagedFile&) = delete;

  const CfbFile& plan() const { return plan_; }
  const std::string& bytes() const { return bytes_; }
  void write(ByteSink& sink) const { sink.write(bytes_); }

  void set_header(std::uint32_t offset, std::uint32_t value);
  void set_fat(std::uint32_t sector, std::uint32_t next);
  void fill_sector(std::uint32_t sector, std::uint32_t number);  // with that number over and over
  void set_link(std::u16string_view path, std::uint32_t link, std::uint32_t id);
  void set_size(std::u16string_view path, std::uint64_t size);
  std::uint32_t id_of(std::u16string_view path) const;
  std::uint32_t child_of(std::u16string_view path) const;

 private:
  CfbNode root_;
  CfbFile plan_;
  std::string bytes_;
};

CfbNode& child(CfbNode& storage, std::u16string_view name);
CfbNode without(CfbNode storage, std::u16string_view name);
void patch_content(CfbNode& stream, std::size_t offset, std::string_view bytes);

// `count` bytes from `first` on get another value, chosen by the seed.
void flip_bytes(std::string& bytes, std::uint64_t seed, std::size_t first, unsigned count);
std::uint32_t number_at(const std::string& bytes, std::size_t offset);

}  // namespace mapiguard::corpus
