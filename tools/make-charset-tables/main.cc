// make-charset-tables FILE: writes what this machine's iconv knows of the pages of Decoder::glibc as C++
// (converter/body/double_byte_tables.h says what the tables mean). The build runs it; nothing that is installed does.
#include <iconv.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "converter/body/charset_table.h"
#include "converter/body/double_byte_tables.h"

namespace mapiguard {
namespace {

using namespace std::string_literals;

[[noreturn]] void give_up(const std::string& why) { throw std::runtime_error(why); }

std::string hex(unsigned value) {
  char text[12];
  std::snprintf(text, sizeof text, "%X", value);
  return text;
}

// One page of iconv's, asked for one character at a time.
class Codec {
 public:
  explicit Codec(const std::string& name) : codec_(iconv_open("WCHAR_T", name.c_str())) {
    if (reinterpret_cast<std::intptr_t>(codec_) == -1)
      give_up("iconv does not know " + name + "; are glibc's gconv modules installed?");
  }
  ~Codec() { iconv_close(codec_); }
  Codec(const Codec&) = delete;
  Codec& operator=(const Codec&) = delete;

  // What `bytes` stand for; empty when they are not whole characters.
  std::u32string ask(std::string bytes) const {
    wchar_t text[8];
    char* from = bytes.data();
    char* to = reinterpret_cast<char*>(text);
    std::size_t left = bytes.size();
    std::size_t room = sizeof text;
    iconv(codec_, nullptr, nullptr, nullptr, nullptr);
    if (iconv(codec_, &from, &left, &to, &room) == static_cast<std::size_t>(-1)) return {};
    iconv(codec_, nullptr, nullptr, &to, &room);  // BIG5-HKSCS holds the second character of a pair back
    return {text, text + (sizeof text - room) / sizeof text[0]};
  }

 private:
  iconv_t codec_;
};

std::string bytes_of(std::initializer_list<unsigned> values) {
  std::string bytes;
  for (const unsigned value : values) bytes += static_cast<char>(value);
  return bytes;
}

// Collects the tables and writes them.
class Tables {
 public:
  void add(const CodePage& page) {
    const std::string name = page.iconv;
    if (!numbers_.contains(name)) {
      const Codec codec(name);
      numbers_.emplace(name, numbers_.size());
      add_page(codec, name);
    }
  }

  void write(std::ostream& out) const {
    out << "// Made by make-charset-tables of this machine's iconv.\n#include "
           "\"converter/body/double_byte_tables.h\"\n\n"
        << "namespace mapiguard {\nnamespace {\n\nusing namespace std::string_view_literals;\n\n"
        << data_ << "constexpr CharacterPair kPairs[] = {" << pairs_ << "};\n\nconstexpr GlibcPage kPages[] = {\n"
        << pages_ << "};\n\n// The place in kPages of each page of kCodePages.\nconstexpr std::uint8_t kPlaces[] = {";
    for (const CodePage& page : kCodePages)
      out << (page.decoder == Decoder::glibc ? std::to_string(numbers_.at(page.iconv)) : "0") << ", ";
    out << "};\nstatic_assert(std::size(kPlaces) == std::size(kCodePages));\n\n}  // namespace\n\n"
        << "const GlibcPage& glibc_page(const CodePage& page) { return kPages[kPlaces[&page - kCodePages]]; }\n"
        << "const CharacterPair& glibc_pair(std::size_t number) { return kPairs[number]; }\n\n}  // namespace "
           "mapiguard\n";
  }

 private:
  void add_page(const Codec& codec, const std::string& name) {
    const std::string id = std::to_string(numbers_.at(name));
    const bool has_ascii = codec.ask("A") == U"A";
    std::u16string single;
    for (unsigned byte = has_ascii ? 0x80 : 0; byte < 0x100; ++byte)
      single += unit_of(codec.ask(bytes_of({byte})), nullptr);
    std::string tables;
    if (has_ascii) tables = add_tables(codec, name, single);
    data_ += "// " + name + "\nconstexpr char16_t kSingle" + id + "[] =\n" + literal(single) + ";\n";
    if (has_ascii) data_ += "constexpr DoubleByteTable kTables" + id + "[] = {\n" + tables + "};\n";
    if (name == "GB18030") data_ += "constexpr FourByteRange kFourBytes" + id + "[] = {" + four_bytes(codec) + "};\n";
    data_ += '\n';
    pages_ += "    {{kSingle" + id + ", " + std::to_string(single.size()) + "}, " +
              (has_ascii ? "kTables" + id : "{}") + ", " + (name == "GB18030" ? "kFourBytes" + id : "{}") + "},\n";
  }

  std::string add_tables(const Codec& codec, const std::string& name, std::u16string_view single) {
    std::string rows = add_table(codec, "", single);
    if (rows.empty()) give_up(name + " has no character of two bytes");
    if (name == "EUC-JP-MS") rows += add_table(codec, "\x8F", {});
    for (unsigned plane = 0xA1; plane <= 0xB0 && name == "EUC-TW"; ++plane)
      rows += add_table(codec, bytes_of({0x8E, plane}), {});
    return rows;
  }

  // A row of a page's list of tables; empty when there is no character at all. Leads are bytes that are no character.
  std::string add_table(const Codec& codec, const std::string& prefix, std::u16string_view single) {
    std::map<unsigned, std::u32string> cells;
    unsigned first_trail = 0xFF, last_trail = 0;
    for (unsigned pair = 0x8000; pair < 0x10000; ++pair) {
      if (!single.empty() && single[pair / 256 - 0x80]) continue;
      const std::u32string text = codec.ask(prefix + bytes_of({pair / 256, pair % 256}));
      if (text.empty()) continue;
      cells[pair] = text;
      first_trail = std::min(first_trail, pair % 256);
      last_trail = std::max(last_trail, pair % 256);
    }
    if (cells.empty()) return {};
    const unsigned first_lead = cells.begin()->first / 256, last_lead = cells.rbegin()->first / 256;
    std::u16string units;
    std::vector<bool> plane2;
    for (unsigned lead = first_lead; lead <= last_lead; ++lead)
      for (unsigned trail = first_trail; trail <= last_trail; ++trail) {
        const auto cell = cells.find(lead * 256 + trail);
        plane2.push_back(false);
        units += cell == cells.end() ? u'\0' : unit_of(cell->second, &plane2);
      }
    return row_of(prefix, {first_lead, last_lead, first_trail, last_trail}, units, plane2);
  }

  std::string row_of(const std::string& prefix, std::initializer_list<unsigned> borders, const std::u16string& units,
                     const std::vector<bool>& plane2) {
    const std::string id = std::to_string(tables_++);
    data_ += "constexpr char16_t kUnits" + id + "[] =\n" + literal(units) + ";\n";
    std::string row = "    {\"";
    for (const char c : prefix) row += "\\x" + hex(static_cast<unsigned char>(c));
    row += "\"sv, ";
    for (const unsigned border : borders) row += "0x" + hex(border) + ", ";
    row += "{kUnits" + id + ", " + std::to_string(units.size()) + "}, ";
    if (std::find(plane2.begin(), plane2.end(), true) == plane2.end()) return row + "{}},\n";
    data_ += "constexpr std::uint8_t kPlane2Of" + id + "[] = {" + bits(plane2) + "};\n";
    return row + "kPlane2Of" + id + "},\n";
  }

  // The unit of a cell; sets the last of `plane2` where the character is of that plane.
  char16_t unit_of(const std::u32string& text, std::vector<bool>* plane2) {
    if (text.empty()) return 0;
    if (text.size() == 2) {
      pairs_ += "{0x" + hex(text[0]) + ", 0x" + hex(text[1]) + "}, ";
      return static_cast<char16_t>(0xD800 + pair_count_++);
    }
    const bool is_plane0 = text[0] < 0x10000 && (text[0] < 0xD800 || text[0] > 0xDFFF);
    const bool is_plane2 = text[0] >= 0x20000 && text[0] < 0x30000 && plane2;
    if (text.size() > 2 || !(is_plane0 || is_plane2)) give_up("no unit for U+" + hex(text[0]));
    if (is_plane2) plane2->back() = true;
    return static_cast<char16_t>(text[0]);
  }

  static std::string literal(std::u16string_view units) {
    std::string text;
    for (std::size_t i = 0; i < units.size(); i += 16) {
      text += "    u\"";
      for (const char16_t unit : units.substr(i, 16)) text += "\\x" + hex(unit);
      text += "\"\n";
    }
    text.pop_back();
    return text;
  }

  static std::string bits(const std::vector<bool>& flags) {
    std::string text;
    for (std::size_t i = 0; i < flags.size(); i += 8) {
      unsigned byte = 0;
      for (std::size_t k = i; k < std::min(flags.size(), i + 8); ++k)
        byte |= static_cast<unsigned>(flags[k]) << (k - i);
      text += std::to_string(byte) + ",";
    }
    return text;
  }

  // Ranges in which each character is one behind that before it.
  static std::string four_bytes(const Codec& codec) {
    std::vector<FourByteRange> ranges;
    std::uint32_t number = 0;
    for (unsigned a = 0x81; a <= 0xFE; ++a)
      for (unsigned b = 0x30; b <= 0x39; ++b)
        for (unsigned c = 0x81; c <= 0xFE; ++c)
          for (unsigned d = 0x30; d <= 0x39; ++d, ++number) {
            const std::u32string text = codec.ask(bytes_of({a, b, c, d}));
            if (text.empty()) continue;
            if (text.size() > 1) give_up("a four-byte character of GB18030 is two characters");
            const bool goes_on = !ranges.empty() && ranges.back().first + ranges.back().count == number &&
                                 ranges.back().code_point + ranges.back().count == text[0];
            if (!goes_on) ranges.push_back({number, 0, text[0]});
            ++ranges.back().count;
          }
    if (ranges.empty() || ranges.size() > 1000)
      give_up("GB18030 has " + std::to_string(ranges.size()) + " four-byte ranges");
    std::string text;
    for (const FourByteRange& range : ranges)
      text += "{" + std::to_string(range.first) + ", " + std::to_string(range.count) + ", 0x" + hex(range.code_point) +
              "}, ";
    return text;
  }

  std::map<std::string, std::size_t> numbers_;  // of a page by its iconv name
  std::string data_, pages_, pairs_;
  std::size_t tables_ = 0, pair_count_ = 0;
};

void make(const char* file) {
  Tables tables;
  for (const CodePage& page : kCodePages)
    if (page.decoder == Decoder::glibc) tables.add(page);
  std::ofstream out(file);
  tables.write(out);
  out.close();
  if (!out) give_up("cannot write "s + file);
}

}  // namespace
}  // namespace mapiguard

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: make-charset-tables FILE\n", stderr);
    return 2;
  }
  try {
    mapiguard::make(argv[1]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "make-charset-tables: %s\n", error.what());
    return 1;
  }
  return 0;
}
