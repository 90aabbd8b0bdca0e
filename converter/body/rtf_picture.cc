#include "converter/body/rtf_picture.h"

#include <algorithm>

#include "base/sha256.h"

namespace mapiguard {
namespace {

constexpr std::int32_t kTwipsPerPixel = 15;  // 96 dots an inch
constexpr std::int32_t kMostPixels = 10'000;
constexpr std::size_t kHexDigitsInId = 32;

void append_u32(std::string& out, std::uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(value >> shift & 0xFF);
}

// A \dibitmap has no BITMAPFILEHEADER: 14 bytes that say where the pixels begin, behind header, masks and palette.
std::optional<std::string> bmp_of_dib(std::string_view dib) {
  ByteCursor cursor(as_bytes(dib));
  const auto header_size = cursor.u32();
  if (!header_size || *header_size < 40 || !cursor.skip(10)) return std::nullopt;
  const auto bits = cursor.u16();
  const auto compression = cursor.u32();
  if (!compression || !cursor.skip(12)) return std::nullopt;
  const auto used = cursor.u32();
  if (!used) return std::nullopt;
  constexpr std::uint32_t kBitFields = 3;
  const std::uint64_t colors = *used ? *used : *bits <= 8 ? 1u << *bits : 0u;
  const std::uint64_t masks = *compression == kBitFields && *header_size == 40 ? 12 : 0;
  const std::uint64_t pixels = 14 + std::uint64_t{*header_size} + masks + colors * 4;
  if (pixels > 14 + dib.size()) return std::nullopt;
  std::string out = "BM";
  append_u32(out, static_cast<std::uint32_t>(14 + dib.size()));
  append_u32(out, 0);
  append_u32(out, static_cast<std::uint32_t>(pixels));
  return out.append(dib);
}

}  // namespace

void RtfPicture::note(const RtfToken& token) {
  switch (token.row->word) {
    case RtfWord::pngblip: kind_ = Kind::png; break;
    case RtfWord::jpegblip: kind_ = Kind::jpeg; break;
    case RtfWord::emfblip: kind_ = Kind::emf; break;
    case RtfWord::wmetafile: kind_ = Kind::wmf; break;
    case RtfWord::dibitmap: kind_ = Kind::dib; break;
    case RtfWord::picwgoal: goal_width_ = token.number; break;
    case RtfWord::pichgoal: goal_height_ = token.number; break;
    case RtfWord::picscalex: scale_x_ = token.number; break;
    case RtfWord::picscaley: scale_y_ = token.number; break;
    default: break;
  }
}

void RtfPicture::add_hex(std::string_view digits) {
  for (const char c : digits) {
    const int digit = hex_digit(c);
    if (digit < 0) continue;
    if (high_digit_ < 0) {
      high_digit_ = digit;
      continue;
    }
    data_ += static_cast<char>(high_digit_ << 4 | digit);
    high_digit_ = -1;
  }
}

std::optional<EmbeddedPicture> RtfPicture::take() {
  EmbeddedPicture picture;
  // What the bytes are counts for more than what the control word says.
  if (data_.starts_with("\x89PNG\r\n"))
    kind_ = Kind::png;
  else if (data_.starts_with("\xFF\xD8\xFF"))
    kind_ = Kind::jpeg;
  switch (kind_) {
    case Kind::png: picture.mime_type = "image/png"; break;
    case Kind::jpeg: picture.mime_type = "image/jpeg"; break;
    case Kind::emf: picture.mime_type = "image/emf"; break;
    case Kind::wmf: picture.mime_type = "image/wmf"; break;
    case Kind::dib: {
      auto bmp = bmp_of_dib(data_);
      if (!bmp) return std::nullopt;
      data_ = *std::move(bmp);
      picture.mime_type = "image/bmp";
      break;
    }
    case Kind::unknown: return std::nullopt;
  }
  picture.content_id = hex(sha256(as_bytes(data_))).substr(0, kHexDigitsInId) + "@rtf.mapiguard";
  picture.data = std::move(data_);
  return picture;
}

int RtfPicture::pixels(std::int32_t twips, std::int32_t percent) {
  if (twips <= 0 || percent <= 0) return 0;
  const std::int64_t wanted = std::int64_t{twips} * percent / 100 / kTwipsPerPixel;
  return static_cast<int>(std::clamp<std::int64_t>(wanted, 1, kMostPixels));
}

}  // namespace mapiguard
