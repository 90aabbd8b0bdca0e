// The control words of RTF that mean something to us, with what the reader does at each.
//
// Sources: Rich Text Format Specification 1.9.1, MS-OXRTFEX 2.1.3.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace mapiguard {

// What the common reader does; the rest is left to the converter that sits on it.
enum class RtfRole : std::uint8_t {
  unknown,      // not in the table
  skip,         // a destination whose text is never shown
  destination,  // a destination that somebody reads
  character,    // stands for one character: value
  control,      // steers the reader: fonts, code pages, skipping
  format,       // for the converter alone
};

// clang-format off
enum class RtfWord : std::uint8_t {
  none, other,
  // control
  ansi, ansicpg, bin, cpg, deff, f, fcharset, fromhtml, fromtext, htmlrtf, mac, pc, pca, plain, u, uc,
  // destinations
  colortbl, field, fldinst, fldrslt, fonttbl, htmltag, listtext, mhtmltag, nonshppict, object, pict, pn, pntext, result,
  shppict, ud, upr,
  // text flow
  cell, line, nestcell, nestrow, page, par, row, sect, tab,
  // characters' look
  b, caps, cb, cf, chcbpat, fs, highlight, i, nosupersub, strike, sub, super, ul, ulnone, v,
  // paragraphs
  fi, ilvl, intbl, itap, li, ls, pard, pnlvlblt, pnlvlbody, pnlvlcont, qc, qj, ql, qr, trowd,
  // colours
  blue, green, red,
  // pictures
  dibitmap, emfblip, jpegblip, macpict, pich, pichgoal, picscalex, picscaley, picw, picwgoal, pngblip, wbitmap, wmetafile,
  objattph,
};
// clang-format on

struct RtfWordRow {
  std::string_view name;
  RtfWord word = RtfWord::none;
  RtfRole role = RtfRole::unknown;
  char16_t value = 0;  // the character
};

namespace rtf {
constexpr RtfWordRow skip(std::string_view name) { return {name, RtfWord::other, RtfRole::skip}; }
constexpr RtfWordRow sign(std::string_view name, char16_t c) { return {name, RtfWord::other, RtfRole::character, c}; }
constexpr RtfWordRow look(std::string_view name, RtfWord word) { return {name, word, RtfRole::format}; }
constexpr RtfWordRow rule(std::string_view name, RtfWord word) { return {name, word, RtfRole::control}; }
constexpr RtfWordRow place(std::string_view name, RtfWord word) { return {name, word, RtfRole::destination}; }
}  // namespace rtf

// Destinations that writers mark with \* need not stand here: what is not known is skipped with its group then.
// clang-format off
inline constexpr RtfWordRow kRtfWords[] = {
    rtf::rule("ansi", RtfWord::ansi), rtf::rule("ansicpg", RtfWord::ansicpg), rtf::rule("bin", RtfWord::bin),
    rtf::rule("cpg", RtfWord::cpg), rtf::rule("deff", RtfWord::deff), rtf::rule("f", RtfWord::f),
    rtf::rule("fcharset", RtfWord::fcharset), rtf::rule("fromhtml", RtfWord::fromhtml),
    rtf::rule("fromtext", RtfWord::fromtext), rtf::rule("htmlrtf", RtfWord::htmlrtf), rtf::rule("mac", RtfWord::mac),
    rtf::rule("pc", RtfWord::pc), rtf::rule("pca", RtfWord::pca), rtf::rule("plain", RtfWord::plain),
    rtf::rule("u", RtfWord::u), rtf::rule("uc", RtfWord::uc),

    rtf::place("colortbl", RtfWord::colortbl), rtf::place("field", RtfWord::field),
    rtf::place("fldinst", RtfWord::fldinst), rtf::place("fldrslt", RtfWord::fldrslt),
    rtf::place("fonttbl", RtfWord::fonttbl), rtf::place("htmltag", RtfWord::htmltag),
    rtf::place("listtext", RtfWord::listtext), rtf::place("mhtmltag", RtfWord::mhtmltag),
    rtf::place("nonshppict", RtfWord::nonshppict), rtf::place("object", RtfWord::object),
    rtf::place("pict", RtfWord::pict), rtf::place("pn", RtfWord::pn), rtf::place("pntext", RtfWord::pntext),
    rtf::place("result", RtfWord::result), rtf::place("shppict", RtfWord::shppict), rtf::place("ud", RtfWord::ud),
    rtf::place("upr", RtfWord::upr),

    rtf::skip("annotation"), rtf::skip("atnauthor"), rtf::skip("atndate"), rtf::skip("atnicn"), rtf::skip("atnid"),
    rtf::skip("atnparent"), rtf::skip("atnref"), rtf::skip("atntime"), rtf::skip("atrfend"), rtf::skip("atrfstart"),
    rtf::skip("author"), rtf::skip("background"), rtf::skip("bkmkend"), rtf::skip("bkmkstart"), rtf::skip("blipuid"),
    rtf::skip("buptim"), rtf::skip("category"), rtf::skip("colorschememapping"), rtf::skip("comment"),
    rtf::skip("company"), rtf::skip("creatim"), rtf::skip("datafield"), rtf::skip("datastore"), rtf::skip("defchp"),
    rtf::skip("defpap"), rtf::skip("do"), rtf::skip("doccomm"), rtf::skip("docvar"), rtf::skip("falt"),
    rtf::skip("filetbl"), rtf::skip("fontemb"), rtf::skip("fontfile"), rtf::skip("footer"), rtf::skip("footerf"),
    rtf::skip("footerl"), rtf::skip("footerr"), rtf::skip("footnote"), rtf::skip("formfield"), rtf::skip("ftncn"),
    rtf::skip("ftnsep"), rtf::skip("ftnsepc"), rtf::skip("generator"), rtf::skip("header"), rtf::skip("headerf"),
    rtf::skip("headerl"), rtf::skip("headerr"), rtf::skip("hlinkbase"), rtf::skip("info"), rtf::skip("keycode"),
    rtf::skip("keywords"), rtf::skip("latentstyles"), rtf::skip("listoverridetable"), rtf::skip("listtable"),
    rtf::skip("manager"), rtf::skip("mmathPr"), rtf::skip("nextfile"), rtf::skip("objclass"), rtf::skip("objdata"),
    rtf::skip("objname"), rtf::skip("operator"), rtf::skip("panose"), rtf::skip("passwordhash"), rtf::skip("pgptbl"),
    rtf::skip("picprop"), rtf::skip("pnseclvl"), rtf::skip("pntxta"), rtf::skip("pntxtb"), rtf::skip("printim"),
    rtf::skip("private"), rtf::skip("revtbl"), rtf::skip("revtim"), rtf::skip("rsidtbl"), rtf::skip("rxe"),
    rtf::skip("stylesheet"), rtf::skip("subject"), rtf::skip("tc"), rtf::skip("template"), rtf::skip("themedata"),
    rtf::skip("title"), rtf::skip("txe"), rtf::skip("userprops"), rtf::skip("wgrffmtfilter"), rtf::skip("xe"),
    rtf::skip("xmlnstbl"),

    rtf::sign("bullet", u'\u2022'), rtf::sign("emdash", u'\u2014'), rtf::sign("emspace", u'\u2003'),
    rtf::sign("endash", u'\u2013'), rtf::sign("enspace", u'\u2002'), rtf::sign("ldblquote", u'\u201C'),
    rtf::sign("lquote", u'\u2018'), rtf::sign("ltrmark", u'\u200E'), rtf::sign("qmspace", u'\u2005'),
    rtf::sign("rdblquote", u'\u201D'), rtf::sign("rquote", u'\u2019'), rtf::sign("rtlmark", u'\u200F'),
    rtf::sign("zwj", u'\u200D'), rtf::sign("zwnj", u'\u200C'),

    rtf::look("cell", RtfWord::cell), rtf::look("line", RtfWord::line), rtf::look("lbr", RtfWord::line),
    rtf::look("nestcell", RtfWord::nestcell), rtf::look("nestrow", RtfWord::nestrow), rtf::look("page", RtfWord::page),
    rtf::look("par", RtfWord::par), rtf::look("row", RtfWord::row), rtf::look("sect", RtfWord::sect),
    rtf::look("softline", RtfWord::line), rtf::look("softpage", RtfWord::none), rtf::look("tab", RtfWord::tab),

    rtf::look("b", RtfWord::b), rtf::look("caps", RtfWord::caps), rtf::look("cb", RtfWord::cb),
    rtf::look("cf", RtfWord::cf), rtf::look("chcbpat", RtfWord::chcbpat), rtf::look("fs", RtfWord::fs),
    rtf::look("highlight", RtfWord::highlight), rtf::look("i", RtfWord::i),
    rtf::look("nosupersub", RtfWord::nosupersub), rtf::look("strike", RtfWord::strike),
    rtf::look("striked", RtfWord::strike), rtf::look("sub", RtfWord::sub), rtf::look("super", RtfWord::super),
    rtf::look("ul", RtfWord::ul), rtf::look("uld", RtfWord::ul), rtf::look("uldash", RtfWord::ul),
    rtf::look("uldashd", RtfWord::ul), rtf::look("uldb", RtfWord::ul), rtf::look("ulnone", RtfWord::ulnone),
    rtf::look("ulth", RtfWord::ul), rtf::look("ulw", RtfWord::ul), rtf::look("ulwave", RtfWord::ul),
    rtf::look("v", RtfWord::v),

    rtf::look("fi", RtfWord::fi), rtf::look("ilvl", RtfWord::ilvl), rtf::look("intbl", RtfWord::intbl),
    rtf::look("itap", RtfWord::itap), rtf::look("li", RtfWord::li), rtf::look("ls", RtfWord::ls),
    rtf::look("pard", RtfWord::pard), rtf::look("pnlvlblt", RtfWord::pnlvlblt),
    rtf::look("pnlvlbody", RtfWord::pnlvlbody), rtf::look("pnlvlcont", RtfWord::pnlvlcont),
    rtf::look("qc", RtfWord::qc), rtf::look("qj", RtfWord::qj), rtf::look("ql", RtfWord::ql),
    rtf::look("qr", RtfWord::qr), rtf::look("trowd", RtfWord::trowd),

    rtf::look("blue", RtfWord::blue), rtf::look("green", RtfWord::green), rtf::look("red", RtfWord::red),

    rtf::look("dibitmap", RtfWord::dibitmap), rtf::look("emfblip", RtfWord::emfblip),
    rtf::look("jpegblip", RtfWord::jpegblip), rtf::look("macpict", RtfWord::macpict),
    rtf::look("pich", RtfWord::pich), rtf::look("pichgoal", RtfWord::pichgoal),
    rtf::look("picscalex", RtfWord::picscalex), rtf::look("picscaley", RtfWord::picscaley),
    rtf::look("picw", RtfWord::picw), rtf::look("picwgoal", RtfWord::picwgoal),
    rtf::look("pngblip", RtfWord::pngblip), rtf::look("wbitmap", RtfWord::wbitmap),
    rtf::look("wmetafile", RtfWord::wmetafile), rtf::look("objattph", RtfWord::objattph),
};
// clang-format on

// Words are found by hash of their first eight letters: an open table, filled at compile time.
namespace rtf {
inline constexpr std::size_t kSlots = 1024;
inline constexpr std::size_t kKeyLetters = 8;

// The letters as a little-endian number.
constexpr std::uint64_t key_of(std::string_view name) {
  std::uint64_t key = 0;
  for (std::size_t i = 0; i < name.size() && i < kKeyLetters; ++i)
    key |= std::uint64_t{static_cast<unsigned char>(name[i])} << (8 * i);
  return key;
}
constexpr std::size_t slot_of(std::uint64_t key) { return static_cast<std::size_t>(key * 0x9E3779B97F4A7C15u >> 54); }

struct Slot {
  std::uint64_t key = 0;
  std::uint16_t place = 0;  // in kRtfWords, counted from 1; 0 = empty
};
constexpr std::array<Slot, kSlots> make_slots() {
  std::array<Slot, kSlots> slots{};
  for (std::size_t i = 0; i < std::size(kRtfWords); ++i) {
    std::size_t slot = slot_of(key_of(kRtfWords[i].name));
    while (slots[slot].place != 0) slot = (slot + 1) % kSlots;
    slots[slot] = {key_of(kRtfWords[i].name), static_cast<std::uint16_t>(i + 1)};
  }
  return slots;
}
inline constexpr std::array<Slot, kSlots> kWordSlots = make_slots();
}  // namespace rtf

inline constexpr RtfWordRow kUnknownRtfWord{};

// The place of a word in kRtfWords, counted from 1; 0 = it is not there. `key` is rtf::key_of(name).
constexpr std::size_t place_of_rtf_word(std::string_view name, std::uint64_t key) {
  for (std::size_t slot = rtf::slot_of(key); rtf::kWordSlots[slot].place != 0; slot = (slot + 1) % rtf::kSlots) {
    const rtf::Slot& candidate = rtf::kWordSlots[slot];
    const std::string_view found = kRtfWords[candidate.place - 1].name;
    if (candidate.key != key || found.size() != name.size()) continue;
    if (name.size() <= rtf::kKeyLetters || found == name) return candidate.place;
  }
  return 0;
}
constexpr const RtfWordRow& find_rtf_word(std::string_view name, std::uint64_t key) {
  const std::size_t place = place_of_rtf_word(name, key);
  return place == 0 ? kUnknownRtfWord : kRtfWords[place - 1];
}
constexpr const RtfWordRow& find_rtf_word(std::string_view name) { return find_rtf_word(name, rtf::key_of(name)); }

constexpr bool every_rtf_word_is_found() {
  for (std::size_t i = 0; i < std::size(kRtfWords); ++i)
    if (place_of_rtf_word(kRtfWords[i].name, rtf::key_of(kRtfWords[i].name)) != i + 1) return false;
  return true;
}
static_assert(every_rtf_word_is_found(), "each word stands in the table once");
static_assert(find_rtf_word("nosuchword").role == RtfRole::unknown);

}  // namespace mapiguard
