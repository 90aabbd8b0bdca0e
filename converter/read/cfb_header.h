// The header of a compound file (MS-CFB 2.2), with sane values where the file's own are not.
//
// Thread promise: pure function, plain values.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/defects.h"
#include "converter/read/cfb_sectors.h"

namespace mapiguard {

inline constexpr std::array<std::uint8_t, 8> kCfbSignature = {0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1};
inline constexpr std::uint64_t kMiniStreamCutoff = 4096;
inline constexpr unsigned kMiniSectorShift = 6;

struct CfbHeader {
  bool is_version_4 = false;
  unsigned sector_shift = 9;
  SectorNumber directory_start = kEndOfChain;
  SectorNumber mini_fat_start = kEndOfChain;
  SectorNumber difat_start = kEndOfChain;
  std::uint32_t fat_sectors = 0;
  Bytes difat;  // the 109 entries in the header, fewer where the file is cut
};

// Whether `input` begins with the signature, allowing for `wrong` damaged bytes of the eight.
bool has_cfb_signature(Bytes input, std::size_t wrong = 0);

CfbHeader read_cfb_header(Bytes input, DefectLog& defects);

}  // namespace mapiguard
