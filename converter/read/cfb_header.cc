#include "converter/read/cfb_header.h"

#include <string>

namespace mapiguard {
namespace {

// Offsets of the header's fields, MS-CFB 2.2.
constexpr std::uint64_t kMajorVersion = 26, kSectorShift = 30, kMiniSectorShiftField = 32, kFatSectors = 44,
                        kDirectoryStart = 48, kMiniStreamCutoffField = 56, kMiniFatStart = 60, kDifatStart = 68,
                        kDifat = 76;
constexpr std::uint64_t kDifatEntries = 109;

std::uint16_t u16_at(Bytes input, std::uint64_t offset) { return ByteCursor(slice(input, offset)).u16().value_or(0); }
std::uint32_t u32_at(Bytes input, std::uint64_t offset, std::uint32_t absent) {
  return ByteCursor(slice(input, offset)).u32().value_or(absent);
}

// Where version and sector size disagree or are no known values, the directory tells: it begins with the name of
// the root, "Root Entry", in UTF-16.
bool root_is_at(Bytes input, SectorNumber directory_start, unsigned shift) {
  const Bytes name = slice(input, (std::uint64_t{directory_start} + 1) << shift, 8);
  using namespace std::string_view_literals;
  return as_chars(name) == "R\0o\0o\0t\0"sv;
}

unsigned choose_shift(Bytes input, const CfbHeader& header, DefectLog& defects) {
  const std::uint16_t version = u16_at(input, kMajorVersion);
  const std::uint16_t shift = u16_at(input, kSectorShift);
  if ((version == 3 && shift == 9) || (version == 4 && shift == 12)) return shift;
  const unsigned chosen = root_is_at(input, header.directory_start, 12)  ? 12
                          : root_is_at(input, header.directory_start, 9) ? 9
                          : shift == 12 || version == 4                  ? 12
                                                                         : 9;
  defects.repaired("", "the header of the compound file names version " + std::to_string(version) +
                           " and sector size 2^" + std::to_string(shift) + "; it was read with sectors of " +
                           std::to_string(1u << chosen) + " bytes");
  return chosen;
}

}  // namespace

bool has_cfb_signature(Bytes input, std::size_t wrong) {
  if (input.size() < kCfbSignature.size()) return false;
  std::size_t different = 0;
  for (std::size_t i = 0; i < kCfbSignature.size(); ++i)
    different += std::to_integer<std::uint8_t>(input[i]) != kCfbSignature[i];
  return different <= wrong;
}

CfbHeader read_cfb_header(Bytes input, DefectLog& defects) {
  CfbHeader header;
  header.directory_start = u32_at(input, kDirectoryStart, kEndOfChain);
  header.mini_fat_start = u32_at(input, kMiniFatStart, kEndOfChain);
  header.difat_start = u32_at(input, kDifatStart, kEndOfChain);
  header.fat_sectors = u32_at(input, kFatSectors, 0);
  header.difat = slice(input, kDifat, kDifatEntries * 4);
  header.sector_shift = choose_shift(input, header, defects);
  header.is_version_4 = header.sector_shift == 12;
  if (!has_cfb_signature(input)) defects.repaired("", "the signature of the compound file is damaged");
  if (u16_at(input, kMiniSectorShiftField) != kMiniSectorShift ||
      u32_at(input, kMiniStreamCutoffField, 0) != kMiniStreamCutoff)
    defects.repaired("", "the header of the compound file has an impossible mini stream geometry; the usual was used");
  return header;
}

}  // namespace mapiguard
