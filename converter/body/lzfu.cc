// Compressed RTF (MS-OXRTFCP): an LZ77 with a 4096-byte dictionary that begins filled with common RTF.
#include <algorithm>
#include <array>
#include <cstring>

#include "base/text.h"
#include "converter/body/rtf.h"
#include "converter/model/planted_bugs.h"

namespace mapiguard {
namespace {

constexpr std::uint32_t kCompressed = 0x75465A4C;    // "LZFu"
constexpr std::uint32_t kUncompressed = 0x414C454D;  // "MELA"
constexpr std::size_t kHeaderBytes = 16;
constexpr std::size_t kSizeFieldBytes = 4;  // COMPSIZE does not count itself (2.1.3.1.1)
constexpr std::size_t kDictionaryBytes = 4096;
constexpr std::size_t kLongestMatch = 17;
constexpr std::size_t kMostPerControl = 8 * kLongestMatch;  // bytes that one control byte and its tokens can become

// 2.1.2.1: what the dictionary holds at the start; the write position stands behind it.
constexpr std::string_view kPreload =
    "{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor "
    "MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "
    "\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";
static_assert(kPreload.size() == 207);

using CrcTables = std::array<std::array<std::uint32_t, 256>, 4>;
constexpr CrcTables make_crc_tables() {
  CrcTables tables{};
  for (std::uint32_t n = 0; n < 256; ++n) {
    std::uint32_t c = n;
    for (int bit = 0; bit < 8; ++bit) c = c & 1 ? 0xEDB88320u ^ c >> 1 : c >> 1;
    tables[0][n] = c;
  }
  for (std::size_t k = 1; k < 4; ++k)
    for (std::size_t n = 0; n < 256; ++n) tables[k][n] = tables[0][tables[k - 1][n] & 0xFF] ^ tables[k - 1][n] >> 8;
  return tables;
}
constexpr CrcTables kCrc = make_crc_tables();

// 2.1.3.2: CRC-32 that begins with 0 and is not complemented.
std::uint32_t crc_of(std::string_view bytes) {
  std::uint32_t crc = 0;
  for (; bytes.size() >= 4; bytes.remove_prefix(4)) {
    std::uint32_t four;
    std::memcpy(&four, bytes.data(), 4);
    crc ^= four;
    crc = kCrc[3][crc & 0xFF] ^ kCrc[2][crc >> 8 & 0xFF] ^ kCrc[1][crc >> 16 & 0xFF] ^ kCrc[0][crc >> 24];
  }
  for (const char c : bytes) crc = kCrc[0][(crc ^ static_cast<unsigned char>(c)) & 0xFF] ^ crc >> 8;
  return crc;
}

struct Header {
  std::uint32_t compressed_size, raw_size, type, crc;
};
std::optional<Header> read_header(ByteCursor& cursor) {
  const auto compressed_size = cursor.u32();
  const auto raw_size = cursor.u32();
  const auto type = cursor.u32();
  const auto crc = cursor.u32();
  if (!crc) return std::nullopt;
  return Header{*compressed_size, *raw_size, *type, *crc};
}

// The dictionary is the output itself: the 4096 bytes before the write position, in a buffer that begins with what the
// dictionary holds at the start, turned so that the write position (207) comes last.
class Expander {
 public:
  enum class End : std::uint8_t { marker, input, full, budget };

  Expander(std::string_view in, std::size_t expected, std::size_t most)
      : in_(in), most_(kDictionaryBytes + std::min(most, SIZE_MAX / 2)) {
    const std::size_t possible = in.size() / 17 * kMostPerControl + 2 * kMostPerControl;
    buffer_.resize(kDictionaryBytes + std::min(std::min(expected, most), possible) + 2 * kMostPerControl);
    kPreload.copy(buffer_.data() + kDictionaryBytes - kPreload.size(), kPreload.size());
  }

  End run(Budget& budget) {
    while (at_ < in_.size()) {
      if (!budget.spend(8)) return End::budget;
      if (to_ >= most_) return End::full;
      if (buffer_.size() - to_ < kMostPerControl) buffer_.resize(buffer_.size() * 2);
      if (!run_of_eight(static_cast<unsigned char>(in_[at_++]))) return marker_ ? End::marker : End::input;
    }
    return End::input;
  }

  std::string take(std::size_t most) {
    buffer_.resize(std::min(to_, kDictionaryBytes + most));
    buffer_.erase(0, kDictionaryBytes);
    return std::move(buffer_);
  }
  std::size_t written() const { return to_ - kDictionaryBytes; }

 private:
  // The tokens of one control byte, lowest bit first. False at the end marker and at the end of the input.
  bool run_of_eight(unsigned control) {
    for (int bit = 0; bit < 8; ++bit, control >>= 1) {
      if (!(control & 1)) {
        if (at_ >= in_.size()) return false;
        buffer_[to_++] = in_[at_++];
        continue;
      }
      if (in_.size() - at_ < 2) return false;
      const unsigned token = static_cast<unsigned char>(in_[at_]) << 8 | static_cast<unsigned char>(in_[at_ + 1]);
      at_ += 2;
      const std::size_t back = (to_ - kDictionaryBytes + kPreload.size() - (token >> 4)) % kDictionaryBytes;
      marker_ = back == 0;  // a reference to the write position ends the text (2.1.3.1.4)
      if (marker_) return false;
      copy(back, (token & 0xF) + 2);
    }
    return true;
  }

  void copy(std::size_t back, std::size_t length) {
    char* to = buffer_.data() + to_;
    const char* from = to - back;
    to_ += length;
    if (back >= kLongestMatch) {
      std::memcpy(to, from, kLongestMatch);  // more than asked for is overwritten by what follows
      return;
    }
    for (std::size_t i = 0; i < length; ++i) to[i] = from[i];
  }

  std::string_view in_;
  std::string buffer_;
  std::size_t most_;
  std::size_t at_ = 0;
  std::size_t to_ = kDictionaryBytes;
  bool marker_ = false;
};

void check_crc(const Header& header, std::string_view all, DefectLog& defects, std::string_view where) {
  const std::size_t end = std::size_t{header.compressed_size} + kSizeFieldBytes;
  if (end > all.size() || end < kHeaderBytes) {
    defects.repaired(std::string(where),
                     "Compressed RTF does not have the size that its header tells; all of it was read.");
  } else if (crc_of(all.substr(kHeaderBytes, end - kHeaderBytes)) != header.crc) {
    defects.repaired(std::string(where), "The checksum of compressed RTF is wrong; the text was used as it is.");
  }
}

std::string expand(const Header& header, std::string_view all, std::uint64_t most, Budget& budget, DefectLog& defects,
                   std::string_view where) {
  Expander expander(all.substr(kHeaderBytes), header.raw_size, static_cast<std::size_t>(most));
  const Expander::End end = expander.run(budget);
  std::size_t size = expander.written();
  // Without an end marker, what follows the announced size is padding read as tokens.
  if (end == Expander::End::input && header.raw_size > 0) size = std::min<std::size_t>(size, header.raw_size);
  if (end == Expander::End::full || end == Expander::End::budget || size > most)
    defects.loss(std::string(where), "Compressed RTF is larger than allowed; the text was cut.");
  else if (end == Expander::End::input && size < header.raw_size)
    defects.loss(std::string(where), "Compressed RTF ends early; the text there is was used.");
  else if (size != header.raw_size)
    defects.repaired(std::string(where), "Compressed RTF expands to another size than its header tells.");
  return expander.take(std::min<std::size_t>(size, static_cast<std::size_t>(most)));
}

}  // namespace

std::optional<std::string> decompress_rtf(Bytes compressed, std::uint64_t most, Budget& budget, DefectLog& defects,
                                          std::string_view where) {
  const std::string_view all = as_chars(compressed);
  if (all.starts_with("{\\rtf")) {
    defects.repaired(std::string(where), "RTF stands uncompressed, without a header, where compressed RTF belongs.");
    return std::string(all.substr(0, static_cast<std::size_t>(most)));
  }
  ByteCursor cursor(compressed);
  const auto header = read_header(cursor);
  if (!header || (header->type != kCompressed && header->type != kUncompressed)) return std::nullopt;
  if (header->type == kCompressed) {
    MAPIGUARD_PLANTED(room_for_rtf(header->raw_size, all));  // 3
    check_crc(*header, all, defects, where);
    return expand(*header, all, most, budget, defects, where);
  }
  // Many writers count the rest of the header into the size of uncompressed RTF.
  const Bytes raw = slice(cursor.rest(), 0, header->raw_size > 0 ? header->raw_size : UINT64_MAX);
  if (raw.size() != header->raw_size && raw.size() + (kHeaderBytes - kSizeFieldBytes) != header->raw_size)
    defects.repaired(std::string(where), "Uncompressed RTF does not have the size that its header tells.");
  return std::string(as_chars(slice(raw, 0, most)));
}

}  // namespace mapiguard
