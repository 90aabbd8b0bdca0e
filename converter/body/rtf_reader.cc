#include "converter/body/rtf_reader.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "converter/body/charset.h"
#include "converter/body/charset_guess.h"
#include "converter/body/multi_byte.h"

namespace mapiguard {
namespace {

constexpr std::size_t kMostSavedStates = 20'000;  // groups within groups that each change something
constexpr std::size_t kMostFonts = 8'192;
constexpr std::size_t kMostFontNameBytes = 64;
constexpr unsigned kMostFallback = 255;
constexpr std::size_t kSkippedBytesPerStep = 64;
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// RTF 1.9.1, \fcharset: the Windows character sets. 1 = the document's own, 2 = symbols.
struct Charset {
  std::int32_t number;
  std::uint32_t codepage;
};
constexpr Charset kCharsets[] = {
    {0, 1252},   {77, 10000}, {78, 10001}, {79, 10003}, {80, 10008}, {81, 10002}, {85, 10006}, {86, 10081},
    {88, 10029}, {89, 10007}, {128, 932},  {129, 949},  {130, 1361}, {134, 936},  {136, 950},  {161, 1253},
    {162, 1254}, {163, 1258}, {177, 1255}, {178, 1256}, {179, 1256}, {180, 1256}, {181, 1255}, {186, 1257},
    {204, 1251}, {222, 874},  {238, 1250}, {254, 437},  {255, 850},
};
static_assert(std::is_sorted(std::begin(kCharsets), std::end(kCharsets),
                             [](const Charset& a, const Charset& b) { return a.number < b.number; }));
constexpr std::int32_t kDefaultCharset = 1;
constexpr std::int32_t kSymbolCharset = 2;

std::uint32_t codepage_of_fcharset(std::int32_t number) {
  for (const Charset& charset : kCharsets)
    if (charset.number == number) return charset.codepage;
  return 0;
}

// Pages whose characters may be put together from several tokens.
bool is_multi_byte(std::uint32_t codepage) {
  return length_by_lead(codepage, 0xE1) > 1;  // a lead byte in each of them, and in UTF-8
}
bool is_usable(std::uint32_t codepage) {
  return iconv_name_of_codepage(codepage) != nullptr && is_ascii_compatible(codepage);
}

bool is_flow(RtfWord word) { return word >= RtfWord::cell && word <= RtfWord::tab; }

// No font table holds these: its closing brace was lost.
bool ends_font_table(RtfWord word) { return is_flow(word) || word == RtfWord::pard; }

bool can_trail(std::uint32_t codepage, unsigned char byte) {
  return codepage == 65001 ? (byte & 0xC0) == 0x80 : byte >= 0x40 && byte != 0x7F && byte != 0xFF;
}

}  // namespace

RtfReader::RtfReader(std::string_view rtf, Budget& budget, DefectLog& defects, std::string_view where)
    : rtf_(rtf), tokens_(rtf), budget_(budget), defects_(defects), where_(where) {}

void RtfReader::run() {
  for (RtfToken token = tokens_.next(); token.kind != RtfToken::Kind::end; token = tokens_.next()) {
    if (!budget_.spend()) {
      defects_.loss(where_, "RTF takes more steps than allowed; the text was cut.");
      break;
    }
    handle(token);
  }
  drop_dangling();
  tell({});
  if (too_deep_) defects_.repaired(where_, "RTF has groups nested too deep; their formats were mixed.");
}

void RtfReader::handle(const RtfToken& token) {
  const bool is_bytes =
      token.kind == RtfToken::Kind::hex || token.kind == RtfToken::Kind::text || token.kind == RtfToken::Kind::symbol;
  if (!is_bytes && !pending_.bytes.empty()) settle();
  switch (token.kind) {
    case RtfToken::Kind::open: open_group(); break;
    case RtfToken::Kind::close: close_group(); break;
    case RtfToken::Kind::text: handle_text(token.text); break;
    case RtfToken::Kind::hex: handle_hex(token.value); break;
    case RtfToken::Kind::symbol: handle_symbol(token.value); break;
    case RtfToken::Kind::word: handle_word(token); return;
    case RtfToken::Kind::star: starred_ = true; return;
    case RtfToken::Kind::end: break;
  }
  starred_ = false;
}

RtfState& RtfReader::edit() {
  if (depth_ == 0 || (!saved_.empty() && saved_.back().depth == depth_)) return state_;
  if (saved_.size() < kMostSavedStates)
    saved_.push_back({depth_, state_});
  else
    too_deep_ = true;
  return state_;
}

void RtfReader::open_group() {
  ++depth_;
  to_skip_ = 0;  // a brace ends what \u lets skip
}

void RtfReader::close_group() {
  to_skip_ = 0;
  if (!saved_.empty() && saved_.back().depth == depth_) {
    const RtfState inner = state_;
    if (inner.place == RtfPlace::html_tag) drop_dangling();
    state_ = saved_.back().state;
    saved_.pop_back();
    if (inner.place == RtfPlace::font_table && state_.place != RtfPlace::font_table) finish_font_table();
    on_group_end(inner);
  }
  if (depth_ > 0) --depth_;  // a brace too many: go on, so that a damaged document keeps its text
}

void RtfReader::handle_text(std::string_view text) {
  if (to_skip_ > 0) {
    const std::size_t skipped = std::min<std::size_t>(to_skip_, text.size());
    to_skip_ -= static_cast<unsigned>(skipped);
    text.remove_prefix(skipped);
  }
  if (text.empty() || !is_heard()) return;
  if (state_.place == RtfPlace::picture) return on_picture_bytes(text, true);
  if (state_.place == RtfPlace::font_table) return handle_font_name(text);
  add_bytes(text, false);
}

void RtfReader::handle_hex(unsigned char byte) {
  if (to_skip_ > 0) {
    --to_skip_;
    return;
  }
  const char c = static_cast<char>(byte);
  if (is_heard() && state_.place != RtfPlace::picture && state_.place != RtfPlace::font_table && c != '\0')
    add_bytes({&c, 1}, true);
}

void RtfReader::handle_symbol(unsigned char symbol) {
  const char c = static_cast<char>(symbol);
  if (c == '{' || c == '}' || c == '\\') return handle_text({&c, 1});
  if (to_skip_ > 0) {
    --to_skip_;
    return;
  }
  if (!is_heard()) return;
  if (c == '~') add_character(0x00A0);
  if (c == '-') add_character(0x00AD);
  // MS-OXRTFEX 2.1.3.1.4.2 has \_ as &shy;; in RTF itself it is a hyphen that does not break.
  if (c == '_') add_character(mode() == Mode::encapsulated ? 0x00AD : 0x2011);
}

void RtfReader::handle_word(const RtfToken& token) {
  const bool starred = std::exchange(starred_, false);
  if (token.row->word == RtfWord::bin) {
    if (to_skip_ > 0)
      --to_skip_;
    else if (state_.place == RtfPlace::picture && is_heard())
      on_picture_bytes(token.text, false);
    return;
  }
  to_skip_ = 0;
  switch (token.row->role) {
    case RtfRole::skip: return skip_group();
    case RtfRole::destination: return begin_destination(token, starred);
    case RtfRole::control: return handle_control(token);
    case RtfRole::character:
      if (is_heard() && state_.place != RtfPlace::font_table) add_character(token.row->value);
      return;
    case RtfRole::format:
      if (state_.place == RtfPlace::font_table && ends_font_table(token.row->word)) leave_font_table();
      if (!is_heard() || state_.place == RtfPlace::font_table) return;
      if (is_flow(token.row->word)) drop_dangling();
      return on_word(token);
    case RtfRole::unknown:
      if (starred) skip_group();
      return;
  }
}

void RtfReader::skip_group() {
  if (depth_ <= 1) return;  // the document itself: the word stands where it does not belong
  const std::size_t skipped = tokens_.skip_to_group_end();
  budget_.spend(skipped / kSkippedBytesPerStep);
}

void RtfReader::begin_destination(const RtfToken& token, bool starred) {
  if (depth_ <= 1) return;
  switch (token.row->word) {
    case RtfWord::fonttbl:
      edit().place = RtfPlace::font_table;
      defining_ = nullptr;
      return;
    case RtfWord::htmltag:
      if (!starred || mode() != Mode::encapsulated) return skip_group();
      drop_dangling();
      edit().place = RtfPlace::html_tag;
      return;
    case RtfWord::upr: {
      RtfState& changed = edit();
      changed.place_before_upr = changed.place;
      changed.place = RtfPlace::unused_half;
      return;
    }
    case RtfWord::ud:
      if (state_.place == RtfPlace::unused_half) edit().place = state_.place_before_upr;
      return;
    default: break;
  }
  if (!on_destination(token.row->word)) skip_group();
}

void RtfReader::handle_control(const RtfToken& token) {
  const std::int32_t n = token.number;
  const auto codepage = static_cast<std::uint32_t>(n < 0 ? 0 : n);
  switch (token.row->word) {
    case RtfWord::ansi: document_codepage_ = 1252; break;
    case RtfWord::mac: document_codepage_ = 10000; break;
    case RtfWord::pc: document_codepage_ = 437; break;
    case RtfWord::pca: document_codepage_ = 850; break;
    case RtfWord::ansicpg:
      if (is_usable(codepage)) document_codepage_ = codepage;
      break;
    case RtfWord::deff: default_number_ = n; break;
    case RtfWord::uc:
      edit().fallback_length = static_cast<std::uint8_t>(std::clamp<std::int32_t>(n, 0, kMostFallback));
      break;
    case RtfWord::u:
      to_skip_ = state_.fallback_length;
      if (token.has_number && is_heard() && state_.place != RtfPlace::font_table)
        add_unit(static_cast<char32_t>(n) & 0xFFFF);
      break;
    case RtfWord::htmlrtf:
      if (mode() == Mode::encapsulated && state_.place == RtfPlace::font_table) leave_font_table();
      if (mode() == Mode::encapsulated) edit().suppressed = !token.has_number || n != 0;
      break;
    case RtfWord::plain: {
      RtfState& changed = edit();
      changed.has_font = false;
      changed.font = nullptr;
      changed.look = {};
      break;
    }
    case RtfWord::f:
      if (state_.place != RtfPlace::font_table)
        select_font(n);
      else
        define_font(token);
      break;
    default:
      if (state_.place == RtfPlace::font_table) define_font(token);
      break;
  }
}

void RtfReader::define_font(const RtfToken& token) {
  if (token.row->word == RtfWord::f) {
    const bool has_room = fonts_.size() < kMostFonts || fonts_.contains(token.number);
    defining_ = has_room ? &(fonts_[token.number] = {}) : nullptr;
    return;
  }
  if (!defining_) return;
  const auto codepage = static_cast<std::uint32_t>(token.number < 0 ? 0 : token.number);
  if (token.row->word == RtfWord::cpg && is_usable(codepage)) defining_->codepage = codepage;
  if (token.row->word != RtfWord::fcharset) return;
  defining_->is_symbol = token.number == kSymbolCharset;
  defining_->may_be_default = token.number == 0;
  if (const std::uint32_t known = codepage_of_fcharset(token.number)) defining_->codepage = known;
}

void RtfReader::handle_font_name(std::string_view text) {
  if (!defining_ || !is_ascii(text)) return;
  std::string& name = defining_->name;
  text = text.substr(0, text.find(';'));
  name.append(text.substr(0, kMostFontNameBytes - std::min(kMostFontNameBytes, name.size())));
}

void RtfReader::leave_font_table() {
  finish_font_table();
  edit().place = RtfPlace::body;
  defects_.repaired(where_, "The font table of the RTF has no end; its end was taken to be the first paragraph.");
}

void RtfReader::finish_font_table() {
  const auto at = fonts_.find(default_number_);
  default_ = at == fonts_.end() ? nullptr : &at->second;
}

void RtfReader::select_font(std::int32_t number) {
  const auto at = fonts_.find(number);
  RtfState& changed = edit();
  changed.has_font = true;
  changed.font = at == fonts_.end() ? nullptr : &at->second;
}

const RtfFont* RtfReader::current_font() const {
  if (state_.place == RtfPlace::html_tag) return nullptr;  // its bytes are in the document's code page
  return state_.has_font ? state_.font : default_;
}

std::string RtfReader::symbol_text(std::string_view bytes, const RtfFont&) { return decode_codepage(bytes, 1252); }

void RtfReader::add_bytes(std::string_view bytes, bool escaped) {
  const bool plain = is_ascii(bytes);
  const RtfFont* used = current_font();
  if (used && used->is_symbol) {
    drop_dangling();
    return tell(symbol_text(bytes, *used));
  }
  if (plain && pending_.bytes.empty()) return tell(bytes);
  std::uint32_t codepage = used && used->codepage ? used->codepage : document_codepage_;
  const bool western_or_not = used && used->may_be_default && is_multi_byte(document_codepage_);
  if (western_or_not && !plain) codepage = document_codepage_;
  if (!pending_.bytes.empty() || (is_multi_byte(codepage) && !plain)) {
    if (pending_.bytes.empty()) pending_.may_be_western = western_or_not;
    return add_double(bytes, codepage, escaped);
  }
  // Bytes that were not escaped come from writers that do not follow the rules; some of them write UTF-8.
  if (bytes.size() > 1 && is_surely_utf8(bytes, codepage)) return tell(bytes);
  tell(decode_codepage(bytes, codepage));
}

// Joins the first bytes to an incomplete character; how many were taken.
std::size_t RtfReader::complete_pending(std::string_view bytes) {
  std::size_t taken = 0;
  for (; taken < bytes.size() && pending_.wanted > 0; ++taken, --pending_.wanted) {
    if (!can_trail(pending_.codepage, static_cast<unsigned char>(bytes[taken]))) break;
    pending_.bytes += bytes[taken];
  }
  if (pending_.wanted == 0) pending_.whole = pending_.bytes.size();
  return taken;
}

void RtfReader::add_double(std::string_view bytes, std::uint32_t codepage, bool escaped) {
  // "it\'92s" in a Western font is no half of a character; ASCII that is escaped is one.
  const bool joins = pending_.wanted > 0 && (escaped || !pending_.may_be_western || !is_ascii(bytes));
  if (joins) bytes.remove_prefix(complete_pending(bytes));
  if (bytes.empty()) return;
  if (pending_.wanted > 0 || pending_.codepage != codepage) drop_dangling();
  if (is_ascii(bytes) || !is_multi_byte(codepage)) {
    drop_dangling();
    return tell(is_ascii(bytes) ? std::string(bytes) : decode_codepage(bytes, codepage));
  }
  pending_.codepage = codepage;
  for (std::size_t i = 0; i < bytes.size();) {
    const unsigned length = length_by_lead(codepage, static_cast<unsigned char>(bytes[i]));
    const std::size_t here = std::min<std::size_t>(length, bytes.size() - i);
    pending_.bytes.append(bytes.substr(i, here));
    pending_.wanted = static_cast<unsigned>(length - here);
    if (pending_.wanted == 0) pending_.whole = pending_.bytes.size();
    i += here;
  }
}

void RtfReader::settle() {
  if (pending_.may_be_western) {
    // \fcharset0 in a document of a double-byte page: that page where the bytes are clean in it, else windows-1252.
    bool bad = pending_.wanted > 0 || pending_.bytes.size() < 4;
    std::string text = decode_codepage(pending_.bytes, pending_.codepage, &bad);
    if (bad) text = decode_codepage(pending_.bytes, 1252);
    pending_ = {};
    return tell(text);
  }
  if (pending_.whole == 0) return;
  const std::string text =
      decode_codepage(std::string_view(pending_.bytes).substr(0, pending_.whole), pending_.codepage);
  pending_.bytes.erase(0, pending_.whole);
  pending_.whole = 0;
  tell(text);
}

void RtfReader::drop_dangling() {
  if (pending_.bytes.empty()) return;
  settle();
  if (pending_.bytes.empty()) return;
  pending_ = {};
  tell(kReplacement);
}

void RtfReader::add_unit(char32_t unit) {
  drop_dangling();
  if (unit >= 0xD800 && unit <= 0xDBFF) {
    tell({});
    high_surrogate_ = unit;
    return;
  }
  if (unit >= 0xDC00 && unit <= 0xDFFF && high_surrogate_) {
    unit = 0x10000 + ((high_surrogate_ - 0xD800) << 10) + (unit - 0xDC00);
    high_surrogate_ = 0;
  }
  const RtfFont* used = current_font();
  if (used && used->is_symbol && unit >= 0xF020 && unit <= 0xF0FF) {  // where Windows puts the glyphs of symbol fonts
    const char byte = static_cast<char>(unit & 0xFF);
    return tell(symbol_text({&byte, 1}, *used));
  }
  if (unit != 0) add_character(unit);
}

void RtfReader::add_character(char32_t c) {
  drop_dangling();
  std::string utf8;
  append_utf8(utf8, c);
  tell(utf8);
}

void RtfReader::tell(std::string_view utf8) {
  if (high_surrogate_) {
    high_surrogate_ = 0;
    on_text(kReplacement);
  }
  if (!utf8.empty()) on_text(utf8);
}

}  // namespace mapiguard
