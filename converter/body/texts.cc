// The strings of one message: the ladder of its code pages, and the one way to read a string property.
#include <algorithm>
#include <cstring>

#include "base/text.h"
#include "converter/body/charset.h"
#include "converter/body/charset_guess.h"
#include "converter/body/charset_table.h"

namespace mapiguard {
namespace {

constexpr PropertyId kMessageCodepage = 0x3FFD;   // PidTagMessageCodepage
constexpr PropertyId kInternetCodepage = 0x3FDE;  // PidTagInternetCodepage
constexpr PropertyId kMessageLocaleId = 0x3FF1;   // PidTagMessageLocaleId
constexpr std::uint32_t kDefaultCodepage = 1252;
constexpr std::uint32_t kUtf8 = 65001;
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// The Windows ANSI page of an Internet page's family.
struct Family {
  std::uint32_t internet;
  std::uint32_t windows;
};
constexpr Family kFamilies[] = {
    {20127, 1252}, {20866, 1251}, {20932, 932},  {20936, 936},  {20949, 949},  {21866, 1251}, {28591, 1252},
    {28592, 1250}, {28594, 1257}, {28595, 1251}, {28596, 1256}, {28597, 1253}, {28598, 1255}, {28599, 1254},
    {28603, 1257}, {28605, 1252}, {38598, 1255}, {50220, 932},  {50221, 932},  {50222, 932},  {50225, 949},
    {50227, 936},  {51932, 932},  {51936, 936},  {51949, 949},  {51950, 950},  {52936, 936},  {54936, 936},
};
static_assert(std::is_sorted(std::begin(kFamilies), std::end(kFamilies),
                             [](const Family& a, const Family& b) { return a.internet < b.internet; }));

std::uint32_t windows_family(std::uint32_t codepage) {
  for (const Family& family : kFamilies)
    if (family.internet == codepage) return family.windows;
  return 0;
}

// UTF-16 and the 7-bit transformations are nothing that an 8-bit property is kept in.
bool is_for_properties(std::uint32_t codepage) {
  const CodePage* page = find_code_page(codepage);
  return page && page->decoder != Decoder::utf16le && page->decoder != Decoder::utf16be &&
         page->decoder != Decoder::utf7;
}

std::uint32_t integer_of(const PropertyBag& bag, PropertyId id) {
  const auto value = bag.integer(id);
  return value && *value > 0 && *value <= 0xFFFFFFFF ? static_cast<std::uint32_t>(*value) : 0;
}

bool is_western(std::uint32_t codepage) {
  return codepage == kDefaultCodepage || windows_family(codepage) == kDefaultCodepage;
}

std::optional<std::string> decoded_cleanly(std::string_view bytes, std::uint32_t codepage) {
  bool bad = false;
  std::string text = decode_codepage(bytes, codepage, &bad);
  return bad ? std::nullopt : std::optional(std::move(text));
}

// One bad byte in a Chinese letter does not make it windows-1252: a quarter of the characters may be lost.
bool is_mostly_sound(std::string_view utf8) {
  std::size_t lost = 0;
  for (std::size_t at = utf8.find(kReplacement); at != std::string_view::npos; at = utf8.find(kReplacement, at + 3))
    ++lost;
  const auto is_lead = [](char c) { return static_cast<unsigned char>(c) >= 0xC0; };
  return lost * 4 <= static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), is_lead));
}

constexpr std::string_view kUtf8Bom = "\xEF\xBB\xBF";

// Up to the first NUL unit.
Bytes cut_utf16(Bytes utf16) {
  for (std::size_t i = 0; i + 1 < utf16.size(); i += 2)
    if (utf16[i] == std::byte{0} && utf16[i + 1] == std::byte{0}) return utf16.first(i);
  return utf16;
}

std::string without_nuls(std::string text) {
  text.erase(text.find_last_not_of('\0') + 1);
  std::replace(text.begin(), text.end(), '\0', ' ');
  return text;
}

std::string decode_unicode(Bytes utf16, bool whole, bool* damaged) {
  if (utf16.size() >= 2 && utf16[0] == std::byte{0xFF} && utf16[1] == std::byte{0xFE}) utf16 = utf16.subspan(2);
  if (!whole) return decode_utf16le(cut_utf16(utf16), damaged);
  // Writers that count a single byte as terminator leave an odd one behind: no loss, so no damage.
  if (utf16.size() % 2 == 1 && utf16.back() == std::byte{0}) utf16 = utf16.first(utf16.size() - 1);
  return without_nuls(decode_utf16le(utf16, damaged));
}

// Some writers put UTF-16 into what they call an 8-bit string; it shows in a NUL behind nearly every letter.
bool is_utf16_in_disguise(std::string_view bytes) {
  constexpr std::size_t kSample = 512, kFewest = 4;
  while (bytes.size() > 1 && bytes.ends_with(std::string_view("\0\0", 2))) bytes.remove_suffix(2);
  const std::size_t units = std::min(bytes.size(), kSample) / 2;
  if (units < kFewest) return false;
  std::size_t low = 0, high = 0;
  for (std::size_t i = 0; i < units; ++i) {
    low += bytes[2 * i] == '\0';
    high += bytes[2 * i + 1] == '\0';
  }
  return low == 0 && high * 4 >= units * 3;
}

}  // namespace

std::vector<std::uint32_t> codepage_ladder(const Message& message) {
  std::vector<std::uint32_t> ladder;
  const auto add = [&](std::uint32_t codepage) {
    if (is_for_properties(codepage) && std::find(ladder.begin(), ladder.end(), codepage) == ladder.end())
      ladder.push_back(codepage);
  };
  const std::uint32_t internet = integer_of(message.properties, kInternetCodepage);
  add(message.oem_codepage);
  add(integer_of(message.properties, kMessageCodepage));
  add(windows_family(internet));
  add(internet);
  add(codepage_of_locale(integer_of(message.properties, kMessageLocaleId)));
  add(kDefaultCodepage);
  return ladder;
}

std::string decode_by_ladder(std::string_view bytes, std::span<const std::uint32_t> ladder, bool* damaged) {
  if (bytes.starts_with(kUtf8Bom)) {
    bytes.remove_prefix(kUtf8Bom.size());
    if (is_utf8(bytes)) return std::string(bytes);
  }
  if (is_ascii(bytes) && bytes.find('\x1B') == std::string_view::npos) return std::string(bytes);
  const std::uint32_t first = ladder.empty() ? kDefaultCodepage : ladder.front();
  if (is_surely_utf8(bytes, first)) return std::string(bytes);
  // UTF-8 is a claim that bytes can refute.
  const auto tell_refuted = [&](std::uint32_t taken) {
    if (damaged && first == kUtf8 && taken != kUtf8) *damaged = true;
  };
  for (const std::uint32_t codepage : ladder) {
    if (is_western(codepage)) break;  // nearly any bytes decode as windows-1252, so see first what they say themselves
    if (auto text = decoded_cleanly(bytes, codepage)) {
      tell_refuted(codepage);
      return *std::move(text);
    }
  }
  if (const std::uint32_t guess = guess_codepage(bytes))
    if (auto text = decoded_cleanly(bytes, guess)) {
      tell_refuted(guess);
      return *std::move(text);
    }
  if (is_surely_utf8(bytes, kDefaultCodepage)) return std::string(bytes);
  for (const std::uint32_t codepage : ladder) {
    bool bad = false;
    std::string text = decode_codepage(bytes, codepage, &bad);
    const bool taken_for_western =
        is_western(codepage) || (codepage == kUtf8 && text.find(kReplacement) == std::string::npos);
    if (bad && (taken_for_western || !is_mostly_sound(text))) continue;
    if (damaged && bad) *damaged = true;
    tell_refuted(codepage);
    return text;
  }
  return decode_codepage(bytes, first, damaged);
}

Texts::Texts(const Message& message) : ladder_(codepage_ladder(message)) {}

std::string Texts::decode_bytes(std::string_view bytes, bool* damaged) const {
  return decode_by_ladder(bytes, ladder_, damaged);
}

std::string Texts::decode(const Property& property, bool whole, bool* damaged) const {
  const Blob* blob = std::get_if<Blob>(&property.value);
  if (!blob) return {};
  std::string storage;
  const Bytes bytes = blob->contiguous(storage);
  const std::string_view chars = as_chars(bytes);
  if (static_cast<PropertyType>(property.type) == PropertyType::unicode || is_utf16_in_disguise(chars))
    return decode_unicode(bytes, whole, damaged);
  if (!whole) return decode_bytes(chars.substr(0, chars.find('\0')), damaged);
  return without_nuls(decode_bytes(chars.substr(0, chars.find_last_not_of('\0') + 1), damaged));
}

std::optional<std::string> Texts::get(const PropertyBag& bag, PropertyId id, bool* damaged) const {
  const Property* property = bag.string(id);
  return property ? std::optional(decode(*property, false, damaged)) : std::nullopt;
}

std::optional<std::string> Texts::whole(const PropertyBag& bag, PropertyId id, bool* damaged) const {
  const Property* property = bag.string(id);
  return property ? std::optional(decode(*property, true, damaged)) : std::nullopt;
}

std::vector<std::string> Texts::list(const Property& property) const {
  std::vector<std::string> all;
  const auto* blobs = std::get_if<std::vector<Blob>>(&property.value);
  if (!blobs) return all;
  const auto single_type = static_cast<std::uint16_t>(property.type & ~kMultiValued);
  for (const Blob& blob : *blobs) all.push_back(decode(Property{property.id, single_type, blob, nullptr}, false));
  return all;
}

}  // namespace mapiguard
