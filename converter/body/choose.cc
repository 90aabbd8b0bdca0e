#include "converter/body/choose.h"

#include <algorithm>

#include "base/text.h"
#include "converter/body/charset_table.h"
#include "converter/body/rtf.h"
#include "converter/model/planted_bugs.h"

namespace mapiguard {
namespace {

constexpr PropertyId kBody = 0x1000;              // PidTagBody
constexpr PropertyId kRtfCompressed = 0x1009;     // PidTagRtfCompressed
constexpr PropertyId kHtml = 0x1013;              // PidTagHtml, PidTagBodyHtml
constexpr PropertyId kNativeBody = 0x1016;        // PidTagNativeBody
constexpr PropertyId kRtfInSync = 0x0E1F;         // PidTagRtfInSync
constexpr PropertyId kInternetCodepage = 0x3FDE;  // PidTagInternetCodepage
constexpr std::int64_t kNativeBodyIsPlain = 1;
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::size_t kSmallHtmlBytes = 4 * 1024;  // above it HTML is not examined for being empty

std::string path_of(const Message& message, PropertyId id, std::uint16_t type) {
  return (message.where.empty() ? "" : message.where + "/") + hex32(tag_of(id, type));
}

class BodyChooser {
 public:
  BodyChooser(const Message& message, const Texts& texts, const Limits& limits, Budget& budget, DefectLog& defects)
      : message_(message),
        bag_(message.properties),
        texts_(texts),
        limits_(limits),
        budget_(budget),
        defects_(defects) {}

  Bodies run() {
    read_plain();
    read_html();
    read_rtf();
    if (bodies_.html && !has_plain()) {
      std::string text = html_to_text(*bodies_.html, budget_);
      if (!trim(text).empty()) bodies_.plain = std::move(text);
    }
    return std::move(bodies_);
  }

 private:
  bool has_plain() const { return bodies_.plain && !trim(*bodies_.plain).empty(); }

  void tell_damage(bool damaged, std::string_view text, PropertyId id, std::uint16_t type) {
    if (!damaged) return;
    const bool lost = text.find(kReplacement) != std::string_view::npos;
    defects_.add(lost ? Severity::loss : Severity::repaired, path_of(message_, id, type),
                 lost ? "Some bytes of the body are no characters of its code page; they became U+FFFD."
                      : "The body does not fit its declared code page; another one was taken.");
  }

  // Announced, but the reader could not get its value.
  bool is_unreadable(const Property& property) {
    if (!std::holds_alternative<std::monostate>(property.value)) return false;
    defects_.loss(path_of(message_, property.id, property.type), "A body is announced but cannot be read.");
    return true;
  }

  void read_plain() {
    const Property* property = bag_.string(kBody);
    if (!property) {
      if (const Property* other = bag_.find(kBody)) is_unreadable(*other);
      return;
    }
    bool damaged = false;
    bodies_.plain = texts_.decode(*property, true, &damaged);
    tell_damage(damaged, *bodies_.plain, kBody, property->type);
  }

  void read_html() {
    const Property* property = bag_.find(kHtml, PropertyType::binary);
    if (!property || !std::holds_alternative<Blob>(property->value)) property = bag_.string(kHtml);
    if (!property) property = bag_.find(kHtml);
    if (!property || is_unreadable(*property)) return;
    const Blob* blob = std::get_if<Blob>(&property->value);
    if (!blob || blob->empty()) return;
    bool damaged = false;
    std::string storage;
    std::string html = static_cast<PropertyType>(property->type) == PropertyType::unicode
                           ? texts_.decode(*property, true, &damaged)
                           : decode_html(as_chars(blob->contiguous(storage)), damaged);
    tell_damage(damaged, html, kHtml, property->type);
    MAPIGUARD_PLANTED(narrow_html(static_cast<PropertyType>(property->type) == PropertyType::string8,
                                  bag_.integer(kInternetCodepage).value_or(0)));  // 10
    MAPIGUARD_PLANTED(unclosed_comments(html));                                   // 5
    std::erase(html, '\0');
    if (!trim(html).empty()) bodies_.html = html_with_utf8_meta(std::move(html));
  }

  std::uint32_t internet_codepage() const {
    const auto value = bag_.integer(kInternetCodepage).value_or(0);
    return value > 0 && value <= 0xFFFF && find_code_page(static_cast<std::uint32_t>(value))
               ? static_cast<std::uint32_t>(value)
               : 0;
  }

  // PidTagInternetCodepage is what the property's definition promises (MS-OXCMSG 2.2.1.58.10); what <meta> says goes
  // before it where it is stricter: bytes that are all valid in a multi-byte page are hardly of a single-byte one.
  std::vector<std::uint32_t> html_ladder(std::string_view html) const {
    std::vector<std::uint32_t> ladder;
    const auto add = [&](std::uint32_t codepage) {
      const CodePage* page = find_code_page(codepage);
      const bool fits = page && page->decoder != Decoder::utf16le && page->decoder != Decoder::utf16be;
      if (fits && std::find(ladder.begin(), ladder.end(), codepage) == ladder.end()) ladder.push_back(codepage);
    };
    const std::uint32_t internet = internet_codepage();
    const std::uint32_t meta = codepage_of_charset(charset_in_html(html));
    const auto is_single = [](std::uint32_t codepage) {
      const CodePage* page = find_code_page(codepage);
      return page && page->decoder == Decoder::table;
    };
    if (internet && meta && is_single(internet) && !is_single(meta)) add(meta);
    add(internet);
    add(meta);
    for (const std::uint32_t codepage : codepage_ladder(message_)) add(codepage);
    return ladder;
  }

  // UTF-16 shows in its NULs: every other byte of the markup at the head.
  static std::uint32_t utf16_of(std::string_view html) {
    if (html.starts_with("\xFF\xFE")) return 1200;
    if (html.starts_with("\xFE\xFF")) return 1201;
    const std::string_view head = html.substr(0, std::min<std::size_t>(html.size() & ~std::size_t{1}, 64));
    std::size_t nuls[2] = {0, 0};
    for (std::size_t i = 0; i < head.size(); ++i) nuls[i % 2] += head[i] == '\0';
    const std::size_t enough = head.size() / 4;
    if (head.size() < 8) return 0;
    return nuls[1] > enough && nuls[0] == 0 ? 1200 : nuls[0] > enough && nuls[1] == 0 ? 1201 : 0;
  }

  std::string decode_html(std::string_view html, bool& damaged) const {
    if (const std::uint32_t utf16 = utf16_of(html)) {
      const bool has_mark = html.starts_with("\xFF\xFE") || html.starts_with("\xFE\xFF");
      if (html.size() % 2 == 1 && html.ends_with('\0')) html.remove_suffix(1);
      return decode_codepage(html.substr(has_mark ? 2 : 0), utf16, &damaged);
    }
    const auto ladder = html_ladder(html);
    const CodePage* first = find_code_page(ladder.front());
    const bool hides_in_ascii = first->decoder == Decoder::utf7 || first->decoder == Decoder::hz;
    if (hides_in_ascii && is_ascii(html)) return decode_codepage(html, first->number, &damaged);
    return decode_by_ladder(html, ladder, &damaged);
  }

  // Markup around nothing: RTF beside it has the text then.
  bool is_html_empty() {
    if (!bodies_.html) return true;
    if (bodies_.html->size() > kSmallHtmlBytes) return false;
    const std::string lower = ascii_lower(*bodies_.html);
    return lower.find("<img") == std::string::npos && trim(html_to_text(*bodies_.html, budget_)).empty();
  }

  void read_rtf() {
    const Property* property = bag_.find(kRtfCompressed);
    if (!property || is_unreadable(*property)) return;
    const Blob* blob = std::get_if<Blob>(&property->value);
    const bool html_empty = is_html_empty();
    if (!blob || blob->empty() || (!html_empty && has_plain())) return;
    where_ = path_of(message_, kRtfCompressed, property->type);
    std::string storage;
    const auto rtf = decompress_rtf(blob->contiguous(storage), limits_.max_rtf_bytes, budget_, defects_, where_);
    if (!rtf) {
      defects_.loss(where_, "The RTF body is neither compressed RTF nor RTF; it was left out.");
      return;
    }
    switch (rtf_kind(*rtf)) {
      case RtfKind::not_rtf:
        if (!trim(*rtf).empty()) defects_.loss(where_, "The RTF body is not RTF; it was left out.");
        break;
      case RtfKind::from_html: use_html_in_rtf(*rtf, html_empty); break;
      case RtfKind::from_text:
        if (!has_plain()) use_text_of_rtf(*rtf);
        break;
      case RtfKind::pure: use_pure_rtf(*rtf, html_empty); break;
    }
  }

  void use_html_in_rtf(const std::string& rtf, bool html_empty) {
    if (!html_empty) return;
    const bool has_tags = rtf.find("\\htmltag") != std::string::npos;
    std::string html = has_tags ? rtf_deencapsulate_html(rtf, budget_, defects_, where_) : std::string();
    if (trim(html).empty()) html = rtf_to_html(rtf, bodies_.pictures, budget_, defects_, where_);
    bodies_.html = html_with_utf8_meta(std::move(html));
  }

  void use_text_of_rtf(const std::string& rtf) {
    std::string text = rtf_to_text(rtf, budget_, defects_, where_);
    if (!trim(text).empty()) bodies_.plain = std::move(text);
  }

  void use_pure_rtf(const std::string& rtf, bool html_empty) {
    // PidTagRtfInSync: a client that knows no RTF changed the plain text after the RTF was made (MS-OXBBODY 2.1.3.1).
    const bool stale = !bag_.boolean(kRtfInSync).value_or(true) || bag_.integer(kNativeBody) == kNativeBodyIsPlain;
    if (has_plain() && stale) {
      defects_.info(where_, "The RTF body is not in step with the plain text; the plain text was used.");
      return;
    }
    const std::string text = rtf_to_text(rtf, budget_, defects_, where_);
    const bool has_text = !trim(text).empty();
    if (html_empty) {
      std::string html = rtf_to_html(rtf, bodies_.pictures, budget_, defects_, where_);
      if (has_text || !bodies_.pictures.empty()) bodies_.html = std::move(html);
    }
    if (!has_plain() && has_text) bodies_.plain = text;
  }

  const Message& message_;
  const PropertyBag& bag_;
  const Texts& texts_;
  const Limits& limits_;
  Budget& budget_;
  DefectLog& defects_;
  Bodies bodies_;
  std::string where_;  // of the RTF body
};

}  // namespace

Bodies choose_bodies(const Message& message, const Texts& texts, const Limits& limits, Budget& budget,
                     DefectLog& defects) {
  return BodyChooser(message, texts, limits, budget, defects).run();
}

}  // namespace mapiguard
