#include "converter/read/cfb.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/text.h"

namespace mapiguard {
namespace {

auto appending_to(std::vector<SectorNumber>& list) {
  return [&list](SectorNumber first, std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) list.push_back(static_cast<SectorNumber>(first + i));
  };
}

}  // namespace

CompoundFile::CompoundFile(SectorArray sectors, CfbHeader header, Budget& budget)
    : sectors_(sectors),
      header_(header),
      budget_(&budget),
      fat_(header.sector_shift),
      mini_fat_(header.sector_shift),
      claims_(sectors.count()) {}

Result<CompoundFile> CompoundFile::open(Bytes input, Budget& budget, DefectLog& defects) {
  constexpr std::size_t kDamagedSignatureBytes = 3;
  if (!has_cfb_signature(input, kDamagedSignatureBytes))
    return fail(ErrorCode::not_a_message, "the input is no compound file: it does not begin with its signature");
  const CfbHeader header = read_cfb_header(input, defects);
  CompoundFile file(SectorArray(input, header.sector_shift), header, budget);
  file.read_fat(defects);
  file.note_missing_sectors(defects);
  file.read_directory(defects);
  if (!file.directory_.lay_out(budget, defects))
    return fail(ErrorCode::not_a_message,
                "the file begins like a compound file, but its directory is not to be found in its " +
                    std::to_string(input.size()) + " bytes",
                "it may have been cut off in transfer");
  file.is_damaged_ |= file.directory_.is_damaged();
  file.read_mini_stream(defects);
  return file;
}

// MS-CFB 2.5: 109 numbers of FAT sectors stand in the header, the others in a chain of DIFAT sectors. Counts in
// the header are not needed: the FAT has to speak of the sectors that there are, and of no more.
void CompoundFile::read_fat(DefectLog& defects) {
  add_fat_sectors(header_.difat);
  SectorNumber sector = header_.difat_start;
  while (sector < sectors_.count() && budget_->spend()) {
    if (!claims_.take(sector)) {
      defects.repaired("", "the DIFAT sectors of the compound file run in a loop");
      break;
    }
    const Bytes numbers = sectors_.at(sector);
    add_fat_sectors(slice(numbers, 0, sectors_.size() - 4));
    sector = ByteCursor(slice(numbers, sectors_.size() - 4)).u32().value_or(kEndOfChain);
  }
}

void CompoundFile::add_fat_sectors(Bytes numbers) {
  const std::size_t per_page = sectors_.size() / 4;
  const std::size_t needed = (sectors_.count() + per_page - 1) / per_page;
  ByteCursor cursor(numbers);
  while (fat_.pages() < needed && budget_->spend()) {
    const auto number = cursor.u32();
    if (!number || *number == kFreeSector) return;
    const bool is_there = *number < sectors_.count();
    if (is_there) claims_.take(*number);
    fat_.add_page(is_there ? sectors_.at(*number) : Bytes());
  }
}

// Sectors in use that the file does not have: it was cut off, even where no stream that is read says so.
void CompoundFile::note_missing_sectors(DefectLog& defects) {
  const auto per_page = static_cast<SectorNumber>(sectors_.size() / 4);
  const SectorNumber count = sectors_.count();
  if (count > 0 && sectors_.at(count - 1).size() < sectors_.size() && fat_.next(count - 1) != kFreeSector)
    defects.repaired("", "the last sector of the compound file is cut short");
  SectorNumber last = static_cast<SectorNumber>(fat_.pages()) * per_page;
  while (last > count && fat_.next(last - 1) == kFreeSector) --last;
  if (last <= count) return;
  is_damaged_ = true;
  defects.loss("", "the compound file is cut short: its sector " + std::to_string(last - 1) +
                       " is in use, but it ends with sector " + std::to_string(count));
}

void CompoundFile::read_directory(DefectLog& defects) {
  std::vector<Bytes> sectors;
  for (const SectorNumber sector : directory_sectors(defects)) {
    claims_.take(sector);
    sectors.push_back(sectors_.at(sector));
  }
  directory_ = Directory(std::move(sectors), sectors_.shift());
}

// The chain of the directory; where that is damaged, what it still leads to and every other sector of the file
// that looks like a part of a directory.
std::vector<SectorNumber> CompoundFile::directory_sectors(DefectLog& defects) {
  std::vector<SectorNumber> chain;
  Claims claims(sectors_.count());  // a bad chain must not claim other streams' sectors
  ChainWalk walk(fat_, sectors_.count(), claims, *budget_);
  const ChainFaults faults = walk.follow(header_.directory_start, 0, sectors_.count(), appending_to(chain));
  const bool has_end = !chain.empty() && fat_.next(chain.back()) == kEndOfChain;
  const bool has_root = !chain.empty() && looks_like_directory(sectors_.at(chain.front())) &&
                        DirectoryEntry(slice(sectors_.at(chain.front()), 0, DirectoryEntry::kSize)).raw_type() == 5;
  if (has_end && has_root && !faults) return chain;
  std::erase_if(chain, [&](SectorNumber sector) { return !looks_like_directory(sectors_.at(sector)); });
  add_found_sectors(chain);
  is_damaged_ = true;
  defects.repaired("", "the directory of the compound file is damaged; " + std::to_string(chain.size()) +
                           " sectors that look like it were read");
  return chain;
}

void CompoundFile::add_found_sectors(std::vector<SectorNumber>& chain) {
  Claims taken(sectors_.count());
  for (const SectorNumber sector : chain) taken.take(sector);
  for (SectorNumber sector = 0; sector < sectors_.count() && budget_->spend(); ++sector)
    if (!taken.is_taken(sector) && looks_like_directory(sectors_.at(sector))) chain.push_back(sector);
  const auto has_root = [&](SectorNumber sector) {
    return DirectoryEntry(slice(sectors_.at(sector), 0, DirectoryEntry::kSize)).raw_type() == 5;
  };
  const auto root = std::ranges::find_if(chain, has_root);
  if (root != chain.end()) std::rotate(chain.begin(), root, root + 1);
}

void CompoundFile::read_mini_stream(DefectLog& defects) {
  ChainWalk walk(fat_, sectors_.count(), claims_, *budget_);
  std::vector<SectorNumber> mini_fat;
  walk.follow(header_.mini_fat_start, 0, sectors_.count(), appending_to(mini_fat));
  for (const SectorNumber sector : mini_fat) mini_fat_.add_page(sectors_.at(sector));
  const DirectoryEntry root = entry(kRoot);
  const std::uint64_t needed =
      (std::min<std::uint64_t>(size(kRoot), UINT32_MAX) + sectors_.size() - 1) >> sectors_.shift();
  // The chain is followed beyond the root's size: where the two disagree the chain is the better witness.
  const ChainFaults faults = walk.follow(root.start(), std::min<std::uint64_t>(needed, sectors_.count()),
                                         sectors_.count(), appending_to(mini_stream_));
  is_damaged_ |= static_cast<bool>(faults);
  if (faults) defects.repaired("", "the mini stream of the compound file is damaged: " + describe(faults));
  const std::uint64_t mini_sectors = std::uint64_t{mini_stream_.size()} << (sectors_.shift() - kMiniSectorShift);
  mini_sectors_ = static_cast<SectorNumber>(std::min<std::uint64_t>(mini_sectors, kMaxRegularSector));
  mini_claims_ = Claims(mini_sectors_);
}

Bytes CompoundFile::mini_sector(SectorNumber sector) const {
  const unsigned shift = sectors_.shift() - kMiniSectorShift;
  const std::uint64_t within = sector & ((1u << shift) - 1);
  return slice(sectors_.at(mini_stream_[sector >> shift]), within << kMiniSectorShift, 1u << kMiniSectorShift);
}

// MS-CFB 2.6.1: writers of version 3 may leave garbage in the upper half.
std::uint64_t CompoundFile::size(Node node) const {
  const std::uint64_t size = entry(node).size();
  return header_.is_version_4 ? size : size & UINT32_MAX;
}

// Whether the chain from `start` on is as long as a stream of this size needs, and then ends.
bool CompoundFile::chain_has(SectorNumber start, std::uint64_t size) const {
  const bool is_mini = size < kMiniStreamCutoff;
  const unsigned shift = is_mini ? kMiniSectorShift : sectors_.shift();
  const SectorNumber count = is_mini ? mini_sectors_ : sectors_.count();
  const std::uint64_t needed = (size >> shift) + ((size & ((1u << shift) - 1)) != 0);
  if (needed > count) return false;
  for (std::uint64_t i = 0; i < needed; ++i, start = (is_mini ? mini_fat_ : fat_).next(start))
    if (start >= count || !budget_->spend()) return false;
  return start == kEndOfChain;
}

std::uint64_t CompoundFile::likely_size(Node node, std::uint64_t announced) const {
  const std::uint64_t stored = size(node);
  if (announced == 0 || announced == stored) return stored;
  const SectorNumber start = entry(node).start();
  return !chain_has(start, stored) && chain_has(start, announced) ? announced : stored;
}

CompoundFile::Stream CompoundFile::read(Node node, std::uint64_t announced) {
  Stream out;
  const DirectoryEntry at = entry(node);
  const std::uint64_t size = likely_size(node, announced);
  out.is_resized = size != this->size(node);
  is_damaged_ |= out.is_resized;
  if (size == 0) return out;
  std::uint64_t left = size;
  const auto append = [&](Bytes piece) {
    piece = slice(piece, 0, left);
    left -= piece.size();
    if (out.data.empty())
      out.data = Blob(piece);
    else
      out.data.append(piece);
  };
  if (size < kMiniStreamCutoff) {
    const std::uint64_t needed = (size + (1u << kMiniSectorShift) - 1) >> kMiniSectorShift;
    ChainWalk walk(mini_fat_, mini_sectors_, mini_claims_, *budget_);
    out.faults = walk.follow(at.start(), needed, needed, [&](SectorNumber first, std::uint64_t count) {
      for (std::uint64_t i = 0; i < count; ++i) append(mini_sector(static_cast<SectorNumber>(first + i)));
    });
  } else {
    const std::uint64_t needed = (size >> sectors_.shift()) + ((size & (sectors_.size() - 1)) != 0);
    ChainWalk walk(fat_, sectors_.count(), claims_, *budget_);
    out.faults = walk.follow(at.start(), needed, needed,
                             [&](SectorNumber first, std::uint64_t count) { append(sectors_.at(first, count)); });
  }
  out.lost = left;
  if (left > 0) out.faults.cut = true;
  is_damaged_ |= static_cast<bool>(out.faults);
  return out;
}

bool name_begins(Bytes utf16_name, std::string_view ascii) {
  if (utf16_name.size() < ascii.size() * 2) return false;
  for (std::size_t i = 0; i < ascii.size(); ++i) {
    const char low = static_cast<char>(utf16_name[2 * i]);
    if (utf16_name[2 * i + 1] != std::byte{0} || ascii_lower(low) != ascii_lower(ascii[i])) return false;
  }
  return true;
}

std::size_t name_distance(Bytes utf16_name, std::string_view ascii) {
  if (utf16_name.size() != ascii.size() * 2) return ascii.size();
  std::size_t different = 0;
  for (std::size_t i = 0; i < ascii.size(); ++i) {
    const char low = static_cast<char>(utf16_name[2 * i]);
    different += utf16_name[2 * i + 1] != std::byte{0} || ascii_lower(low) != ascii_lower(ascii[i]);
  }
  return different;
}

bool name_is(Bytes utf16_name, std::string_view ascii) {
  return utf16_name.size() == ascii.size() * 2 && name_begins(utf16_name, ascii);
}

}  // namespace mapiguard
