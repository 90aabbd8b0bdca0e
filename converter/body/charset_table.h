// The code pages that mail is written in, under all the names they go by: Windows number, iconv name, MIME name.
//
// Sources: MS-UCODEREF 2.2.1 (code page numbers), WHATWG Encoding Standard 4.2 (labels), MS-LCID 2.2 (locales).
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "converter/body/single_byte_tables.h"

namespace mapiguard {

// How bytes of a code page are read. `glibc` is by a table that the build makes of glibc's (double_byte_tables.h).
enum class Decoder : std::uint8_t {
  table,
  utf8,
  utf7,
  utf16le,
  utf16be,
  utf32le,
  utf32be,
  iso2022_jp,
  iso2022_kr,
  hz,
  glibc
};

struct CodePage {
  std::uint32_t number;
  const char* iconv;      // the name that glibc's iconv knows, null when it has none
  std::string_view mime;  // the preferred MIME name
  Decoder decoder;
  std::u16string_view table = {};  // bytes 0x80 … 0xFF, for Decoder::table
};

// WHATWG: what is labelled US-ASCII, ISO-8859-1 or ISO-8859-9 is windows-1252 or -1254 in practice, ISO-8859-11 is 874.
inline constexpr CodePage kCodePages[] = {
    {37, "IBM037", "ibm037", Decoder::glibc},
    {437, "IBM437", "ibm437", Decoder::table, single_byte::kPage437},
    {500, "IBM500", "ibm500", Decoder::glibc},
    {720, nullptr, "dos-720", Decoder::table, single_byte::kPage720},
    {737, "CP737", "ibm737", Decoder::table, single_byte::kPage737},
    {775, "CP775", "ibm775", Decoder::table, single_byte::kPage775},
    {850, "IBM850", "ibm850", Decoder::table, single_byte::kPage850},
    {852, "IBM852", "ibm852", Decoder::table, single_byte::kPage852},
    {855, "IBM855", "ibm855", Decoder::table, single_byte::kPage855},
    {857, "IBM857", "ibm857", Decoder::table, single_byte::kPage857},
    {858, "IBM858", "ibm00858", Decoder::table, single_byte::kPage858},
    {860, "IBM860", "ibm860", Decoder::table, single_byte::kPage860},
    {861, "IBM861", "ibm861", Decoder::table, single_byte::kPage861},
    {862, "IBM862", "dos-862", Decoder::table, single_byte::kPage862},
    {863, "IBM863", "ibm863", Decoder::table, single_byte::kPage863},
    {864, "IBM864", "ibm864", Decoder::table, single_byte::kPage864},
    {865, "IBM865", "ibm865", Decoder::table, single_byte::kPage865},
    {866, "IBM866", "ibm866", Decoder::table, single_byte::kPage866},
    {869, "IBM869", "ibm869", Decoder::table, single_byte::kPage869},
    {874, "CP874", "windows-874", Decoder::table, single_byte::kPage874},
    {932, "CP932", "shift_jis", Decoder::glibc},
    {936, "GB18030", "gbk", Decoder::glibc},  // a superset; glibc's CP936 lacks the euro sign
    {949, "UHC", "euc-kr", Decoder::glibc},
    {950, "BIG5", "big5", Decoder::glibc},
    {951, "BIG5-HKSCS", "big5-hkscs", Decoder::glibc},
    {1026, "IBM1026", "ibm1026", Decoder::glibc},
    {1047, "IBM1047", "ibm01047", Decoder::glibc},
    {1125, "CP1125", "cp1125", Decoder::table, single_byte::kPage1125},
    {1140, "IBM1140", "ibm01140", Decoder::glibc},
    {1141, "IBM1141", "ibm01141", Decoder::glibc},
    {1200, "UTF-16LE", "utf-16le", Decoder::utf16le},
    {1201, "UTF-16BE", "utf-16be", Decoder::utf16be},
    {1250, "CP1250", "windows-1250", Decoder::table, single_byte::kPage1250},
    {1251, "CP1251", "windows-1251", Decoder::table, single_byte::kPage1251},
    {1252, "CP1252", "windows-1252", Decoder::table, single_byte::kPage1252},
    {1253, "CP1253", "windows-1253", Decoder::table, single_byte::kPage1253},
    {1254, "CP1254", "windows-1254", Decoder::table, single_byte::kPage1254},
    {1255, "CP1255", "windows-1255", Decoder::table, single_byte::kPage1255},
    {1256, "CP1256", "windows-1256", Decoder::table, single_byte::kPage1256},
    {1257, "CP1257", "windows-1257", Decoder::table, single_byte::kPage1257},
    {1258, "CP1258", "windows-1258", Decoder::table, single_byte::kPage1258},
    {1361, "JOHAB", "johab", Decoder::glibc},
    {10000, "MACINTOSH", "macintosh", Decoder::table, single_byte::kPage10000},
    {10001, "SJIS", "x-mac-japanese", Decoder::glibc},
    {10002, "BIG5", "x-mac-chinesetrad", Decoder::glibc},
    {10003, "EUC-KR", "x-mac-korean", Decoder::glibc},
    {10006, nullptr, "x-mac-greek", Decoder::table, single_byte::kPage10006},
    {10007, "MAC-CYRILLIC", "x-mac-cyrillic", Decoder::table, single_byte::kPage10007},
    {10008, "EUC-CN", "x-mac-chinesesimp", Decoder::glibc},
    {10010, nullptr, "x-mac-romanian", Decoder::table, single_byte::kPage10010},
    {10017, "MAC-UK", "x-mac-ukrainian", Decoder::table, single_byte::kPage10007},
    {10029, "MAC-CENTRALEUROPE", "x-mac-ce", Decoder::table, single_byte::kPage10029},
    {10079, "MAC-IS", "x-mac-icelandic", Decoder::table, single_byte::kPage10079},
    {10081, nullptr, "x-mac-turkish", Decoder::table, single_byte::kPage10081},
    {10082, nullptr, "x-mac-croatian", Decoder::table, single_byte::kPage10082},
    {12000, "UTF-32LE", "utf-32", Decoder::utf32le},
    {12001, "UTF-32BE", "utf-32be", Decoder::utf32be},
    {20000, "EUC-TW", "x-chinese-cns", Decoder::glibc},
    {20127, "ANSI_X3.4-1968", "us-ascii", Decoder::table, single_byte::kPage1252},
    {20273, "IBM273", "ibm273", Decoder::glibc},
    {20277, "IBM277", "ibm277", Decoder::glibc},
    {20278, "IBM278", "ibm278", Decoder::glibc},
    {20280, "IBM280", "ibm280", Decoder::glibc},
    {20284, "IBM284", "ibm284", Decoder::glibc},
    {20285, "IBM285", "ibm285", Decoder::glibc},
    {20297, "IBM297", "ibm297", Decoder::glibc},
    {20866, "KOI8-R", "koi8-r", Decoder::table, single_byte::kPage20866},
    {20932, "EUC-JP-MS", "euc-jp", Decoder::glibc},
    {20936, "GB18030", "gb2312", Decoder::glibc},
    {20949, "UHC", "ks_c_5601-1987", Decoder::glibc},
    {21866, "KOI8-U", "koi8-u", Decoder::table, single_byte::kPage21866},
    {28591, "ISO-8859-1", "iso-8859-1", Decoder::table, single_byte::kPage1252},
    {28592, "ISO-8859-2", "iso-8859-2", Decoder::table, single_byte::kPage28592},
    {28593, "ISO-8859-3", "iso-8859-3", Decoder::table, single_byte::kPage28593},
    {28594, "ISO-8859-4", "iso-8859-4", Decoder::table, single_byte::kPage28594},
    {28595, "ISO-8859-5", "iso-8859-5", Decoder::table, single_byte::kPage28595},
    {28596, "ISO-8859-6", "iso-8859-6", Decoder::table, single_byte::kPage28596},
    {28597, "ISO-8859-7", "iso-8859-7", Decoder::table, single_byte::kPage28597},
    {28598, "ISO-8859-8", "iso-8859-8", Decoder::table, single_byte::kPage28598},
    {28599, "ISO-8859-9", "iso-8859-9", Decoder::table, single_byte::kPage1254},
    {28600, "ISO-8859-10", "iso-8859-10", Decoder::table, single_byte::kPage28600},
    {28601, "ISO-8859-11", "iso-8859-11", Decoder::table, single_byte::kPage874},
    {28603, "ISO-8859-13", "iso-8859-13", Decoder::table, single_byte::kPage28603},
    {28604, "ISO-8859-14", "iso-8859-14", Decoder::table, single_byte::kPage28604},
    {28605, "ISO-8859-15", "iso-8859-15", Decoder::table, single_byte::kPage28605},
    {28606, "ISO-8859-16", "iso-8859-16", Decoder::table, single_byte::kPage28606},
    {38598, "ISO-8859-8", "iso-8859-8-i", Decoder::table, single_byte::kPage28598},
    {50220, "ISO-2022-JP", "iso-2022-jp", Decoder::iso2022_jp},
    {50221, "ISO-2022-JP", "csiso2022jp", Decoder::iso2022_jp},
    {50222, "ISO-2022-JP", "iso-2022-jp", Decoder::iso2022_jp},
    {50225, "ISO-2022-KR", "iso-2022-kr", Decoder::iso2022_kr},
    {50227, "GB18030", "x-cp50227", Decoder::glibc},
    {51932, "EUC-JP-MS", "euc-jp", Decoder::glibc},
    {51936, "GB18030", "euc-cn", Decoder::glibc},
    {51949, "UHC", "euc-kr", Decoder::glibc},
    {51950, "EUC-TW", "euc-tw", Decoder::glibc},
    {52936, "GB18030", "hz-gb-2312", Decoder::hz},
    {54936, "GB18030", "gb18030", Decoder::glibc},
    {65000, "UTF-7", "utf-7", Decoder::utf7},
    {65001, "UTF-8", "utf-8", Decoder::utf8},
};

constexpr const CodePage* find_code_page(std::uint32_t number) {
  const auto* at = std::lower_bound(std::begin(kCodePages), std::end(kCodePages), number,
                                    [](const CodePage& page, std::uint32_t key) { return page.number < key; });
  return at != std::end(kCodePages) && at->number == number ? at : nullptr;
}

static_assert(std::is_sorted(std::begin(kCodePages), std::end(kCodePages),
                             [](const CodePage& a, const CodePage& b) { return a.number <= b.number; }),
              "code pages are in order and none stands twice");
static_assert(std::all_of(std::begin(kCodePages), std::end(kCodePages), [](const CodePage& page) {
  return page.table.size() == (page.decoder == Decoder::table ? 128 : 0);
}));

// Names beside CodePage::mime. "windows-N", "cpN", "ibmN", "x-cpN" and "iso-8859-N" in their many spellings are read by
// rule (codepage_of_charset), not listed.
struct CharsetAlias {
  std::string_view name;
  std::uint32_t codepage;
};
inline constexpr CharsetAlias kCharsetAliases[] = {
    {"ansi_x3.4-1968", 20127},
    {"arabic", 28596},
    {"ascii", 20127},
    {"asmo-708", 28596},
    {"big5-eten", 950},
    {"chinese", 936},
    {"cn-big5", 950},
    {"cn-gb", 936},
    {"csbig5", 950},
    {"cseuckr", 949},
    {"cseucpkdfmtjapanese", 51932},
    {"csgb2312", 936},
    {"csisolatin1", 28591},
    {"csisolatin2", 28592},
    {"csisolatin5", 28599},
    {"csisolatin9", 28605},
    {"csisolatinarabic", 28596},
    {"csisolatincyrillic", 28595},
    {"csisolatingreek", 28597},
    {"csisolatinhebrew", 28598},
    {"cskoi8r", 20866},
    {"csksc56011987", 949},
    {"csmacintosh", 10000},
    {"csshiftjis", 932},
    {"cyrillic", 28595},
    {"dos-874", 874},
    {"ecma-114", 28596},
    {"ecma-118", 28597},
    {"elot_928", 28597},
    {"euc-cn", 936},
    {"euc-jp", 51932},
    {"euc-kr", 949},
    {"eucjp", 51932},
    {"gb-2312", 936},
    {"gb2312", 936},
    {"gb_2312", 936},
    {"gb_2312-80", 936},
    {"gbk", 936},
    {"greek", 28597},
    {"greek8", 28597},
    {"hebrew", 28598},
    {"iso-10646-ucs-2", 1200},
    {"iso-2022-jp", 50220},
    {"iso-2022-jp-2", 50220},
    {"iso-2022-jp-ms", 50220},
    {"iso-ir-100", 28591},
    {"iso-ir-101", 28592},
    {"iso-ir-149", 949},
    {"iso-ir-58", 936},
    {"koi", 20866},
    {"koi8", 20866},
    {"koi8-ru", 21866},
    {"koi8_r", 20866},
    {"korean", 949},
    {"ks_c_5601-1987", 949},
    {"ks_c_5601-1989", 949},
    {"ksc5601", 949},
    {"ksc_5601", 949},
    {"l1", 28591},
    {"l2", 28592},
    {"latin1", 28591},
    {"latin2", 28592},
    {"latin5", 28599},
    {"latin9", 28605},
    {"mac", 10000},
    {"ms_kanji", 932},
    {"shift-jis", 932},
    {"shift_jis", 932},
    {"sjis", 932},
    {"tis-620", 874},
    {"ucs-2", 1200},
    {"unicode", 1200},
    {"unicode-1-1-utf-7", 65000},
    {"unicode-1-1-utf-8", 65001},
    {"unicode-2-0-utf-8", 65001},
    {"unicodefeff", 1200},
    {"unicodefffe", 1201},
    {"us", 20127},
    {"us-ascii", 20127},
    {"utf-16", 1200},
    {"utf7", 65000},
    {"utf8", 65001},
    {"visual", 28598},
    {"windows-31j", 932},
    {"x-euc-cn", 936},
    {"x-euc-jp", 51932},
    {"x-gbk", 936},
    {"x-mac-roman", 10000},
    {"x-sjis", 932},
    {"x-unicode20utf8", 65001},
    {"x-user-defined", 1252},
    {"x-x-big5", 950},
};
static_assert(std::is_sorted(std::begin(kCharsetAliases), std::end(kCharsetAliases),
                             [](const CharsetAlias& a, const CharsetAlias& b) { return a.name <= b.name; }),
              "aliases are in order and none stands twice");

// ANSI code pages of locales. A whole LCID stands before its primary language (the low ten bits) in a look-up;
// languages that Windows has no ANSI page for (Hindi, Georgian …) are absent.
struct LocaleCodePage {
  std::uint16_t locale;
  std::uint16_t codepage;
};
inline constexpr LocaleCodePage kLocaleCodePages[] = {
    {0x0001, 1256}, {0x0002, 1251}, {0x0003, 1252}, {0x0004, 936},  {0x0005, 1250}, {0x0006, 1252}, {0x0007, 1252},
    {0x0008, 1253}, {0x0009, 1252}, {0x000A, 1252}, {0x000B, 1252}, {0x000C, 1252}, {0x000D, 1255}, {0x000E, 1250},
    {0x000F, 1252}, {0x0010, 1252}, {0x0011, 932},  {0x0012, 949},  {0x0013, 1252}, {0x0014, 1252}, {0x0015, 1250},
    {0x0016, 1252}, {0x0017, 1252}, {0x0018, 1250}, {0x0019, 1251}, {0x001A, 1250}, {0x001B, 1250}, {0x001C, 1250},
    {0x001D, 1252}, {0x001E, 874},  {0x001F, 1254}, {0x0020, 1256}, {0x0021, 1252}, {0x0022, 1251}, {0x0023, 1251},
    {0x0024, 1250}, {0x0025, 1257}, {0x0026, 1257}, {0x0027, 1257}, {0x0028, 1251}, {0x0029, 1256}, {0x002A, 1258},
    {0x002C, 1254}, {0x002D, 1252}, {0x002E, 1252}, {0x002F, 1251}, {0x0032, 1252}, {0x0034, 1252}, {0x0035, 1252},
    {0x0036, 1252}, {0x0038, 1252}, {0x003B, 1252}, {0x003C, 1252}, {0x003E, 1252}, {0x003F, 1251}, {0x0040, 1251},
    {0x0041, 1252}, {0x0042, 1250}, {0x0043, 1254}, {0x0044, 1251}, {0x0050, 1251}, {0x0052, 1252}, {0x0056, 1252},
    {0x005D, 1252}, {0x0062, 1252}, {0x0064, 1252}, {0x006A, 1252}, {0x006C, 1252}, {0x006E, 1252}, {0x006F, 1252},
    {0x007A, 1252}, {0x007C, 1252}, {0x007E, 1252}, {0x0080, 1256}, {0x0082, 1252}, {0x0083, 1252}, {0x0084, 1252},
    {0x0085, 1251}, {0x008C, 1256}, {0x0092, 1256}, {0x0404, 950},  {0x082C, 1251}, {0x0843, 1251}, {0x0C04, 950},
    {0x0C1A, 1251}, {0x1404, 950},  {0x1C1A, 1251}, {0x201A, 1251}, {0x281A, 1251}, {0x301A, 1251}, {0x7C04, 950},
};
static_assert(std::is_sorted(std::begin(kLocaleCodePages), std::end(kLocaleCodePages),
                             [](const LocaleCodePage& a, const LocaleCodePage& b) { return a.locale <= b.locale; }),
              "locales are in order and none stands twice");

}  // namespace mapiguard
