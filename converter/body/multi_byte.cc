#include "converter/body/multi_byte.h"

#include <iconv.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

#include "base/text.h"
#include "converter/body/charset.h"

namespace mapiguard {
namespace {

constexpr char32_t kReplacement = 0xFFFD;
constexpr std::size_t kPieceBytes = 4096;
constexpr std::size_t kMostGrowth = 3;  // UTF-8 bytes that one byte of a codec page can become

unsigned byte_at(std::string_view bytes, std::size_t i) { return static_cast<unsigned char>(bytes[i]); }

// iconv descriptors of one thread, opened on first use and kept: closing the last one unloads its shared object.
class CodecCache {
 public:
  CodecCache() = default;
  CodecCache(const CodecCache&) = delete;
  CodecCache& operator=(const CodecCache&) = delete;
  ~CodecCache() {
    for (const iconv_t codec : codecs_)
      if (codec != nullptr && codec != kCannotOpen) iconv_close(codec);
  }

  iconv_t get(const CodePage& page) {
    iconv_t& codec = codecs_[static_cast<std::size_t>(&page - kCodePages)];
    if (codec == nullptr) codec = iconv_open("UTF-8", page.iconv);
    return codec == kCannotOpen ? nullptr : codec;
  }

 private:
  static inline const iconv_t kCannotOpen = reinterpret_cast<iconv_t>(-1);
  std::array<iconv_t, std::size(kCodePages)> codecs_{};
};

CodecCache& codecs() {
  static thread_local CodecCache cache;
  return cache;
}

// A stretch of input on its way through one descriptor. The room for all of its output is made once: growing the string
// at each bad byte would cost the square of the input.
class CodecRun {
 public:
  CodecRun(iconv_t codec, std::string_view bytes, std::string& out)
      : codec_(codec), in_(bytes), out_(out), at_(out.size()) {
    out_.resize(at_ + bytes.size() * kMostGrowth + 16);
    iconv(codec_, nullptr, nullptr, nullptr, nullptr);
  }
  ~CodecRun() { out_.resize(at_); }
  CodecRun(const CodecRun&) = delete;
  CodecRun& operator=(const CodecRun&) = delete;

  bool at_end() const { return in_.empty(); }
  std::string_view rest() const { return in_; }

  // Converts up to the first byte that does not belong, or the end. In pieces: tools that watch iconv look at all of
  // its input each time, and bad bytes make it be called often.
  void convert() {
    char* to = out_.data() + at_;
    std::size_t room = out_.size() - at_;
    for (bool goes_on = true; goes_on && !in_.empty();) {
      char* from = const_cast<char*>(in_.data());  // iconv's signature; it does not write there
      const std::size_t piece = std::min(in_.size(), kPieceBytes);
      std::size_t left = piece;
      const bool clean = iconv(codec_, &from, &left, &to, &room) != static_cast<std::size_t>(-1);
      goes_on =
          clean || (errno == EINVAL && left < piece && piece < in_.size());  // a character may be cut by our piece
      in_.remove_prefix(piece - left);
    }
    iconv(codec_, nullptr, nullptr, &to, &room);  // BIG5-HKSCS holds a character back: it may combine with the next
    at_ = out_.size() - room;
  }

  void clear() { at_ = 0; }

  // Goes on behind `count` bytes that stand for `text`.
  void replace(std::size_t count, std::string_view text) {
    in_.remove_prefix(count < in_.size() ? count : in_.size());
    const std::size_t fits = std::min(text.size(), out_.size() - at_);
    out_.replace(at_, fits, text.substr(0, fits));
    at_ += fits;
  }

 private:
  iconv_t codec_;
  std::string_view in_;
  std::string& out_;
  std::size_t at_;
};

struct Character {
  char32_t code_point;
  std::size_t bytes;
};

// Windows code page 950 puts its user-defined characters into the private use area in four stretches of 157 columns
// (bestfit950.txt): trails 0x40–0x7E, then 0xA1–0xFE.
std::optional<char32_t> big5_user_defined(unsigned lead, unsigned trail) {
  struct Stretch {
    unsigned first, last, base;
  };
  constexpr Stretch kStretches[] = {{0x81, 0x8D, 0xEEB8}, {0x8E, 0xA0, 0xE311}, {0xFA, 0xFE, 0xE000}};
  const bool low = trail >= 0x40 && trail <= 0x7E;
  if (!low && !(trail >= 0xA1 && trail <= 0xFE)) return std::nullopt;
  const unsigned column = low ? trail - 0x40 : trail - 0xA1 + 63;
  for (const Stretch& stretch : kStretches)
    if (lead >= stretch.first && lead <= stretch.last) return stretch.base + (lead - stretch.first) * 157 + column;
  return std::nullopt;
}

// What Windows has and glibc's codec lacks, at the head of `rest`.
std::optional<Character> windows_extra(std::uint32_t codepage, std::string_view rest) {
  const unsigned lead = byte_at(rest, 0);
  const unsigned trail = rest.size() > 1 ? byte_at(rest, 1) : 0;
  switch (codepage) {
    case 932:
      if (lead == 0xA0) return Character{0x00A0, 1};
      if (lead >= 0xFD) return Character{0xF8F1 + (lead - 0xFD), 1};
      return std::nullopt;
    case 936:
    case 54936: return lead == 0x80 ? std::optional(Character{0x20AC, 1}) : std::nullopt;
    case 949:  // rows C9 and FE are user-defined
      if ((lead == 0xC9 || lead == 0xFE) && trail >= 0xA1 && trail <= 0xFE)
        return Character{(lead == 0xC9 ? 0xE000u : 0xE05Eu) + (trail - 0xA1), 2};
      return std::nullopt;
    case 950:
    case 951:
      if (const auto c = big5_user_defined(lead, trail)) return Character{*c, 2};
      return std::nullopt;
    default: return std::nullopt;
  }
}

// Hong Kong's supplement fills the holes of code page 950.
std::string in_hkscs(std::string_view rest) {
  std::string out;
  const iconv_t codec = rest.size() < 2 ? nullptr : codecs().get(*find_code_page(951));
  if (!codec) return out;
  {
    CodecRun run(codec, rest.substr(0, 2), out);  // its end trims `out`
    run.convert();
    if (!run.at_end()) run.clear();
  }
  return out;
}

// Gets past the bytes that stopped the codec. WHATWG: an ASCII trail is not swallowed with its lead.
void get_past(std::uint32_t codepage, CodecRun& run, bool& damaged) {
  std::string text = codepage == 950 ? in_hkscs(run.rest()) : std::string();
  if (!text.empty()) return run.replace(2, text);
  if (const auto extra = windows_extra(codepage, run.rest())) {
    append_utf8(text, extra->code_point);
    return run.replace(extra->bytes, text);
  }
  damaged = true;
  append_utf8(text, kReplacement);
  const bool is_double = length_by_lead(codepage, static_cast<unsigned char>(run.rest()[0])) > 1;
  run.replace(is_double && run.rest().size() > 1 && byte_at(run.rest(), 1) >= 0x80 ? 2 : 1, text);
}

// Text in escape-switched sets, rewritten to the 8-bit form of the same sets while the escapes are read away.
struct Plane {
  bool shifted = false;  // the current set is a 94×94 one
  unsigned prefix = 0;   // EUC's SS2 (0x8E) or SS3 (0x8F) before each character
  bool single = false;   // JIS X 0201 katakana: one byte a character
};

struct Escape {
  std::string_view sequence;
  Plane plane;
};
constexpr Escape kEscapes[] = {
    {"\x1B(B", {}},
    {"\x1B(J", {}},
    {"\x1B(I", {true, 0x8E, true}},
    {"\x1B$@", {true, 0, false}},
    {"\x1B$B", {true, 0, false}},
    {"\x1B$(B", {true, 0, false}},
    {"\x1B$(D", {true, 0x8F, false}},
    {"\x1B$(Q", {true, 0, false}},  // JIS X 0213, whose plane 1 holds JIS X 0208
};

const Escape* escape_at(std::string_view rest) {
  for (const Escape& escape : kEscapes)
    if (rest.starts_with(escape.sequence)) return &escape;
  return nullptr;
}

bool decode_as(std::uint32_t codepage, std::string_view bytes, std::string& out, bool& damaged) {
  return decode_by_codec(bytes, *find_code_page(codepage), out, damaged);
}

}  // namespace

void warm_iconv_codecs() {
  for (const CodePage& page : kCodePages)
    if (page.warm) codecs().get(page);
}

unsigned length_by_lead(std::uint32_t codepage, unsigned char lead) {
  if (lead < 0x80) return 1;
  switch (codepage) {
    case 932:
    case 10001: return (lead >= 0x81 && lead <= 0x9F) || (lead >= 0xE0 && lead <= 0xFC) ? 2 : 1;
    case 936:
    case 949:
    case 950:
    case 951:
    case 54936:
    case 10002:
    case 10003:
    case 10008: return lead >= 0x81 && lead <= 0xFE ? 2 : 1;
    case 20936:
    case 20949:
    case 51936:
    case 51949:
    case 20000: return lead >= 0xA1 && lead <= 0xFE ? 2 : 1;
    case 1361: return (lead >= 0x84 && lead <= 0xD3) || (lead >= 0xD8 && lead <= 0xF9) ? 2 : 1;
    case 20932:
    case 51932: return lead == 0x8F ? 3 : lead == 0x8E || lead >= 0xA1 ? 2 : 1;
    case 51950: return lead == 0x8E ? 4 : lead >= 0xA1 ? 2 : 1;
    case 65001: return lead >= 0xF0 && lead <= 0xF4 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 && lead <= 0xDF ? 2 : 1;
    default: return 1;
  }
}

bool decode_by_codec(std::string_view bytes, const CodePage& page, std::string& out, bool& damaged) {
  const iconv_t codec = codecs().get(page);
  if (!codec) return false;
  CodecRun run(codec, bytes, out);
  run.convert();
  while (!run.at_end()) {
    get_past(page.number, run, damaged);
    run.convert();
  }
  return true;
}

bool decode_iso2022_jp(std::string_view bytes, std::string& out, bool& damaged) {
  std::string euc;
  euc.reserve(bytes.size() + bytes.size() / 2);
  Plane plane;
  for (std::size_t i = 0; i < bytes.size();) {
    const unsigned byte = byte_at(bytes, i);
    if (byte == 0x1B) {
      const Escape* escape = escape_at(bytes.substr(i));
      if (escape) plane = escape->plane;
      damaged = damaged || !escape;
      i += escape ? escape->sequence.size() : 1;
      continue;
    }
    if (byte == 0x0E || byte == 0x0F) {  // SO and SI switch to katakana and back (code page 50222)
      plane = byte == 0x0E ? Plane{true, 0x8E, true} : Plane{};
      ++i;
      continue;
    }
    if (byte == '\n' || byte == '\r') plane = {};  // each line begins in ASCII (RFC 1468)
    const bool pair = plane.shifted && !plane.single && byte > 0x20 && byte < 0x7F && i + 1 < bytes.size() &&
                      byte_at(bytes, i + 1) > 0x20 && byte_at(bytes, i + 1) < 0x7F;
    const bool kana = (plane.shifted && plane.single && byte > 0x20 && byte < 0x60) || (byte >= 0xA1 && byte <= 0xDF);
    if ((pair || kana) && (plane.prefix || kana)) euc += static_cast<char>(kana ? 0x8E : plane.prefix);
    if (pair || kana) euc += static_cast<char>(byte | 0x80);
    if (pair) euc += static_cast<char>(byte_at(bytes, i + 1) | 0x80);
    if (!pair && !kana) euc += static_cast<char>(byte < 0x80 && (!plane.shifted || byte <= 0x20) ? byte : 0xFF);
    i += pair ? 2 : 1;
  }
  return decode_as(51932, euc, out, damaged);
}

bool decode_iso2022_kr(std::string_view bytes, std::string& out, bool& damaged) {
  constexpr std::string_view kDesignator = "\x1B$)C";
  std::string euc;
  euc.reserve(bytes.size());
  bool shifted = false;
  for (std::size_t i = 0; i < bytes.size();) {
    if (bytes.substr(i).starts_with(kDesignator)) {
      i += kDesignator.size();
      continue;
    }
    const unsigned byte = byte_at(bytes, i++);
    if (byte == 0x0E || byte == 0x0F) {
      shifted = byte == 0x0E;
      continue;
    }
    if (byte == '\n') shifted = false;
    euc += static_cast<char>(shifted && byte > 0x20 && byte < 0x7F ? byte | 0x80 : byte);
  }
  return decode_as(949, euc, out, damaged);
}

bool decode_hz(std::string_view bytes, std::string& out, bool& damaged) {
  std::string gb;
  gb.reserve(bytes.size());
  bool shifted = false;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const unsigned byte = byte_at(bytes, i);
    const char next = i + 1 < bytes.size() ? bytes[i + 1] : '\0';
    if (byte == '~' && (next == '{' || next == '}' || next == '~' || next == '\n')) {  // RFC 1843
      if (next == '~') gb += '~';
      shifted = next == '{' || (shifted && next != '}' && next != '\n');
      ++i;
      continue;
    }
    if (byte == '\n') shifted = false;
    gb += static_cast<char>(shifted && byte > 0x20 && byte < 0x7F ? byte | 0x80 : byte);
  }
  return decode_as(936, gb, out, damaged);
}

namespace {

int base64_digit(unsigned c) {
  if (c >= 'A' && c <= 'Z') return static_cast<int>(c - 'A');
  if (c >= 'a' && c <= 'z') return static_cast<int>(c - 'a') + 26;
  if (c >= '0' && c <= '9') return static_cast<int>(c - '0') + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

// UTF-16 units that come out of base64, joined to code points.
class Utf16Joiner {
 public:
  Utf16Joiner(std::string& out, bool& damaged) : out_(out), damaged_(damaged) {}

  void add(char32_t unit) {
    const bool is_low = unit >= 0xDC00 && unit <= 0xDFFF;
    if (high_ && is_low) {
      append_utf8(out_, 0x10000 + ((high_ - 0xD800) << 10) + (unit - 0xDC00));
      high_ = 0;
      return;
    }
    end();
    if (unit >= 0xD800 && unit <= 0xDBFF) {
      high_ = unit;
    } else {
      damaged_ = damaged_ || is_low;
      append_utf8(out_, unit);
    }
  }
  void end() {
    if (!high_) return;
    damaged_ = true;
    append_utf8(out_, kReplacement);
    high_ = 0;
  }

 private:
  std::string& out_;
  bool& damaged_;
  char32_t high_ = 0;
};

// The base64 part after '+' (RFC 2152); the place behind it.
std::size_t decode_shifted(std::string_view bytes, std::size_t i, std::string& out, bool& damaged) {
  Utf16Joiner units(out, damaged);
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (; i < bytes.size(); ++i) {
    const int digit = base64_digit(byte_at(bytes, i));
    if (digit < 0) break;
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count < 16) continue;
    count -= 16;
    units.add(bits >> count & 0xFFFF);
  }
  units.end();
  if (count >= 6) damaged = true;
  return i < bytes.size() && bytes[i] == '-' ? i + 1 : i;
}

}  // namespace

void decode_utf7(std::string_view bytes, std::string& out, bool& damaged) {
  out.reserve(out.size() + bytes.size());
  for (std::size_t i = 0; i < bytes.size();) {
    const unsigned byte = byte_at(bytes, i++);
    if (byte == '+' && i < bytes.size() && bytes[i] == '-') {
      out += '+';
      ++i;
    } else if (byte == '+' && i < bytes.size() && base64_digit(byte_at(bytes, i)) >= 0) {
      i = decode_shifted(bytes, i, out, damaged);
    } else if (byte < 0x80) {
      out += static_cast<char>(byte);
    } else {
      damaged = true;
      append_utf8(out, kReplacement);
    }
  }
}

}  // namespace mapiguard
