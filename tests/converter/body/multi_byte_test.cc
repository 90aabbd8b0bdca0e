// The tables that the build made, against the iconv of the machine that runs the test: each pair of each page, and
// random strings with the rules for bytes that glibc's pages lack written once more.
#include "converter/body/multi_byte.h"

#include <gtest/gtest.h>
#include <iconv.h>

#include <random>

#include "base/text.h"
#include "converter/body/charset.h"
#include "converter/body/charset_table.h"

namespace mapiguard {
namespace {

struct Decoded {
  std::string text;
  bool damaged = false;
  bool operator==(const Decoded&) const = default;
};

Decoded by_table(std::string_view bytes, const CodePage& page) {
  Decoded decoded;
  decode_by_glibc_table(bytes, page, decoded.text, decoded.damaged);
  return decoded;
}

// A descriptor of iconv's that says how far it came.
class Iconv {
 public:
  explicit Iconv(const char* name) : codec_(iconv_open("UTF-8", name)) {
    EXPECT_NE(codec_, reinterpret_cast<iconv_t>(-1)) << name;
  }
  ~Iconv() { iconv_close(codec_); }
  Iconv(const Iconv&) = delete;
  Iconv& operator=(const Iconv&) = delete;

  // Appends what can be converted; how many bytes that was.
  std::size_t convert(std::string_view bytes, std::string& out) const {
    std::string text(bytes.size() * 3 + 16, '\0');
    char* from = const_cast<char*>(bytes.data());  // iconv's signature; it does not write there
    char* to = text.data();
    std::size_t left = bytes.size();
    std::size_t room = text.size();
    iconv(codec_, nullptr, nullptr, nullptr, nullptr);
    iconv(codec_, &from, &left, &to, &room);
    iconv(codec_, nullptr, nullptr, &to, &room);
    out.append(text, 0, text.size() - room);
    return bytes.size() - left;
  }

 private:
  iconv_t codec_;
};

// Characters that Windows has and glibc lacks: leads, trails, the first of them. A trail of 0 is none.
struct WindowsRow {
  std::uint32_t codepage;
  unsigned lead, first_trail, last_trail;
  char32_t code_point;
};
constexpr WindowsRow kWindowsRows[] = {
    {932, 0xA0, 0, 0, 0xA0},         {932, 0xFD, 0, 0, 0xF8F1},       {932, 0xFE, 0, 0, 0xF8F2},
    {932, 0xFF, 0, 0, 0xF8F3},       {936, 0x80, 0, 0, 0x20AC},       {54936, 0x80, 0, 0, 0x20AC},
    {949, 0xC9, 0xA1, 0xFE, 0xE000}, {949, 0xFE, 0xA1, 0xFE, 0xE05E},
};

// The user-defined rows of Windows' Big5: 63 trails from 40 on, 94 from A1 on.
std::optional<char32_t> user_defined_big5(unsigned lead, unsigned trail) {
  const bool is_low = trail >= 0x40 && trail <= 0x7E;
  if (!is_low && !(trail >= 0xA1 && trail <= 0xFE)) return std::nullopt;
  const unsigned column = is_low ? trail - 0x40 : trail - 0x62;
  if (lead >= 0xFA && lead <= 0xFE) return 0xE000 + (lead - 0xFA) * 157 + column;
  if (lead >= 0x8E && lead <= 0xA0) return 0xE311 + (lead - 0x8E) * 157 + column;
  if (lead >= 0x81 && lead <= 0x8D) return 0xEEB8 + (lead - 0x81) * 157 + column;
  return std::nullopt;
}

// iconv, and what is done where it stops.
class Reference {
 public:
  explicit Reference(const CodePage& page) : page_(page), codec_(page.iconv) {}

  Decoded decode(std::string_view bytes) const {
    Decoded out;
    for (;;) {
      bytes.remove_prefix(codec_.convert(bytes, out.text));
      if (bytes.empty()) return out;
      bytes.remove_prefix(get_past(bytes, out));
    }
  }

 private:
  std::size_t get_past(std::string_view rest, Decoded& out) const {
    const auto lead = static_cast<unsigned char>(rest[0]);
    const unsigned trail = rest.size() > 1 ? static_cast<unsigned char>(rest[1]) : 0;
    std::string supplement;
    if (page_.number == 950 && trail && hong_kong_.convert(rest.substr(0, 2), supplement) == 2) {
      out.text += supplement;
      return 2;
    }
    for (const WindowsRow& row : kWindowsRows)
      if (row.codepage == page_.number && row.lead == lead &&
          (!row.last_trail || (trail >= row.first_trail && trail <= row.last_trail))) {
        append_utf8(out.text, row.code_point + (row.last_trail ? trail - row.first_trail : 0));
        return row.last_trail ? 2 : 1;
      }
    if (page_.number == 950 || page_.number == 951)
      if (const auto c = user_defined_big5(lead, trail)) {
        append_utf8(out.text, *c);
        return 2;
      }
    out.damaged = true;
    append_utf8(out.text, 0xFFFD);
    return trail >= 0x80 && length_by_lead(page_.number, lead) > 1 ? 2 : 1;
  }

  const CodePage& page_;
  Iconv codec_;
  Iconv hong_kong_{"BIG5-HKSCS"};
};

// glibc's UHC passes A2E8 over in silence, and goes wrong behind it; nothing stands there.
bool is_misread_by_glibc(const CodePage& page, std::string_view bytes) {
  return std::string_view(page.iconv) == "UHC" && bytes.find("\xA2\xE8") != bytes.npos;
}
// Bytes below 80 that are no ASCII in glibc's pages: a won sign, a yen sign, an overline. Windows has ASCII there.
bool has_ascii_that_glibc_lacks(const CodePage& page, std::string_view bytes) {
  const std::string_view name = page.iconv;
  return (name == "JOHAB" || name == "SJIS") && bytes.find_first_of("\\~") != bytes.npos;
}
bool is_comparable(const CodePage& page, std::string_view bytes) {
  return !is_misread_by_glibc(page, bytes) && !has_ascii_that_glibc_lacks(page, bytes);
}

std::string bytes_of(std::initializer_list<unsigned> values) {
  std::string bytes;
  for (const unsigned value : values) bytes += static_cast<char>(value);
  return bytes;
}

std::string in_hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += {kDigits[byte >> 4], kDigits[byte & 15], ' '};
  }
  return text;
}

class GlibcTable : public ::testing::TestWithParam<const CodePage*> {
 protected:
  const CodePage& page() const { return *GetParam(); }
  bool is(std::string_view name) const { return page().iconv == name; }
  // Counts differences and tells of the first few.
  void compare(std::string_view bytes) {
    if (!is_comparable(page(), bytes)) return;
    ++compared_;
    const Decoded wanted = reference_.decode(bytes);
    const Decoded found = by_table(bytes, page());
    if (found != wanted && ++differing_ <= 5)
      ADD_FAILURE() << page().iconv << " " << in_hex(bytes) << ": " << in_hex(found.text) << found.damaged << ", not "
                    << in_hex(wanted.text) << wanted.damaged;
  }

  Reference reference_{page()};
  std::size_t compared_ = 0;
  std::size_t differing_ = 0;
};

TEST_P(GlibcTable, EachByteAndEachPairIsReadAsIconvReadsIt) {
  for (unsigned a = 0; a < 0x100; ++a) {
    compare(bytes_of({a}));
    for (unsigned b = 0; b < 0x100; ++b) compare(bytes_of({a, b}));
  }
  EXPECT_GE(compared_, 254u * 254u);
  EXPECT_EQ(differing_, 0u);
}

TEST_P(GlibcTable, EachLongerCharacterIsReadAsIconvReadsIt) {
  for (unsigned a = 0x80; a < 0x100; ++a)
    for (unsigned b = 0x80; b < 0x100; ++b) {
      if (is("EUC-JP-MS")) compare(bytes_of({0x8F, a, b}));
      for (unsigned plane = 0xA0; plane <= 0xB1 && is("EUC-TW"); ++plane) compare(bytes_of({0x8E, plane, a, b}));
    }
  for (unsigned a = 0x80; a < 0x100 && is("GB18030"); ++a)
    for (unsigned b = 0x30; b <= 0x39; ++b)
      for (unsigned c = 0x80; c < 0x100; ++c)
        for (unsigned d = 0x2F; d <= 0x3A; ++d) compare(bytes_of({a, b, c, d}));
  EXPECT_EQ(compared_ > 0, is("EUC-JP-MS") || is("EUC-TW") || is("GB18030"));
  EXPECT_EQ(differing_, 0u);
}

TEST_P(GlibcTable, RandomStringsAreReadAsIconvReadsThem) {
  std::mt19937 random(page().number);
  std::uniform_int_distribution<unsigned> any(0, 0xFF), high(0x80, 0xFF), digit(0x30, 0x39), kind(0, 9), length(0, 60);
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes;
    for (unsigned k = length(random); k > 0; --k) {
      const unsigned what = kind(random);
      bytes += static_cast<char>(what < 2   ? any(random)
                                 : what < 3 ? digit(random)
                                 : what < 4 ? 0x8E + (k & 1)
                                            : high(random));
    }
    compare(bytes);
  }
  EXPECT_GE(compared_, 10'000u);
  EXPECT_EQ(differing_, 0u);
}

std::vector<const CodePage*> pages_of_glibc() {
  std::vector<const CodePage*> pages;
  for (const CodePage& page : kCodePages)
    if (page.decoder == Decoder::glibc) pages.push_back(&page);
  return pages;
}

INSTANTIATE_TEST_SUITE_P(OfEachPage, GlibcTable, ::testing::ValuesIn(pages_of_glibc()),
                         [](const auto& page) { return "Page" + std::to_string(page.param->number); });

TEST(GlibcTables, HaveNoCharacterWhereGlibcPassesTwoBytesOver) {
  EXPECT_EQ(by_table("\xA2\xE8", *find_code_page(949)), (Decoded{"\uFFFD", true}));
}

}  // namespace
}  // namespace mapiguard
