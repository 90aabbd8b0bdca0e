#include "converter/body/charset_guess.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace mapiguard {
namespace {

constexpr std::size_t kSampleBytes = 64 * 1024;
constexpr unsigned kEnoughPairs = 4;           // characters needed before a guess is made at all
constexpr unsigned kEnoughCommonPercent = 85;  // of them frequent ones

unsigned byte_at(std::string_view bytes, std::size_t i) {
  return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0u;
}
bool within(unsigned value, unsigned low, unsigned high) { return value >= low && value <= high; }

bool is_letter(unsigned byte) { return within(byte | 0x20, 'a', 'z'); }

struct Utf8Evidence {
  unsigned latin = 0;  // two bytes, U+0080 … U+00FF: "Ã©" and the like when read as windows-1252
  unsigned two = 0;    // two bytes, beyond
  unsigned more = 0;   // three and four bytes
};

Utf8Evidence utf8_evidence(std::string_view bytes) {
  Utf8Evidence found;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const unsigned byte = byte_at(bytes, i);
    if (byte >= 0xE0)
      ++found.more;
    else if (byte >= 0xC4)
      ++found.two;
    else if (byte >= 0xC2)
      ++found.latin;
  }
  return found;
}

// What a double-byte page makes of the bytes.
struct Score {
  unsigned pairs = 0;
  unsigned common = 0;   // frequent characters
  unsigned telling = 0;  // characters that hardly another page has in that number (kana; Big5's low trails)
  unsigned high = 0;     // leads beyond Hangul, for Korean against Chinese
  unsigned within = 0;   // with an ASCII letter at its side: an accented letter of a Western word, more likely
  bool valid = true;
};

struct Pair {
  bool valid, common, telling;
};
using Judge = Pair (*)(unsigned lead, unsigned trail);

Pair judge_gbk(unsigned lead, unsigned trail) {
  const bool valid = within(lead, 0x81, 0xFE) && within(trail, 0x40, 0xFE) && trail != 0x7F;
  return {valid, trail >= 0xA1 && (within(lead, 0xB0, 0xD7) || within(lead, 0xA1, 0xA3)), lead > 0xC8};
}
Pair judge_big5(unsigned lead, unsigned trail) {
  const bool valid = within(lead, 0x81, 0xFE) && (within(trail, 0x40, 0x7E) || within(trail, 0xA1, 0xFE));
  return {valid, within(lead, 0xA4, 0xC6) || within(lead, 0xA1, 0xA3), trail < 0x80};
}
Pair judge_uhc(unsigned lead, unsigned trail) {
  const bool valid = within(lead, 0x81, 0xFE) && trail >= 0x41 && trail != 0xFF;
  return {valid, trail >= 0xA1 && (within(lead, 0xB0, 0xC8) || within(lead, 0xA1, 0xA3)), within(lead, 0xB0, 0xC8)};
}
Pair judge_sjis(unsigned lead, unsigned trail) {
  const bool valid =
      (within(lead, 0x81, 0x9F) || within(lead, 0xE0, 0xFC)) && within(trail, 0x40, 0xFC) && trail != 0x7F;
  const bool kana = (lead == 0x82 && within(trail, 0x9F, 0xF1)) || (lead == 0x83 && within(trail, 0x40, 0x96));
  return {valid, kana || lead == 0x81 || within(lead, 0x88, 0x97), kana};
}
Pair judge_euc_jp(unsigned lead, unsigned trail) {
  const bool kana = (lead == 0xA4 && within(trail, 0xA1, 0xF3)) || (lead == 0xA5 && within(trail, 0xA1, 0xF6));
  return {lead >= 0xA1 && trail >= 0xA1 && trail != 0xFF && lead != 0xFF,
          kana || within(lead, 0xA1, 0xA3) || within(lead, 0xB0, 0xCF), kana};
}

Score score(std::string_view bytes, Judge judge) {
  Score result;
  bool after_letter = false;
  for (std::size_t i = 0; i < bytes.size() && result.valid; ++i) {
    const unsigned lead = byte_at(bytes, i);
    if (lead < 0x80) {
      after_letter = is_letter(lead);
      continue;
    }
    if (i + 1 == bytes.size()) break;  // a sample may end anywhere
    const bool in_word = after_letter || is_letter(byte_at(bytes, i + 2));
    after_letter = false;
    const Pair pair = judge(lead, byte_at(bytes, ++i));
    result.within += in_word;
    result.valid = pair.valid;
    ++result.pairs;
    result.common += pair.common;
    result.telling += pair.telling;
    result.high += lead > 0xC8;
  }
  return result;
}

bool is_likely(const Score& s) {
  return s.valid && s.pairs >= kEnoughPairs && s.within * 10 <= s.pairs * 4 &&
         s.common * 100 >= s.pairs * kEnoughCommonPercent;
}
bool tells(const Score& s, unsigned percent) { return s.telling * 100 >= s.pairs * percent; }

// Escapes of ISO-2022-JP in text that is 7-bit otherwise.
bool has_japanese_escape(std::string_view bytes) {
  for (std::size_t i = bytes.find('\x1B'); i != std::string_view::npos; i = bytes.find('\x1B', i + 1)) {
    const std::string_view next = bytes.substr(i + 1, 2);
    if (next == "$B" || next == "$@") return true;
  }
  return false;
}

// Scripts of one byte a letter, by their ten commonest small letters (or letters): two thirds of any text.
struct Script {
  std::uint32_t codepage;
  std::string_view frequent;
};
constexpr Script kScripts[] = {
    {1251, "\xEE\xE5\xE0\xE8\xED\xF2\xF1\xF0\xE2\xEB"},   // оеаинтсрвл
    {20866, "\xCF\xC5\xC1\xC9\xCE\xD4\xD3\xD2\xD7\xCC"},  // the same in KOI8-R
    {1253, "\xE1\xEF\xE9\xE5\xF4\xF3\xED\xE7\xF5\xF1"},   // αοιετσνηυρ
    {1255, "\xE9\xE5\xE4\xEC\xE0\xF8\xFA\xF9\xEE\xE1"},   // יוהלארתשמב
    {1256, "\xC7\xE1\xED\xE6\xE4\xE3\xD1\xCA\xC8\xE5"},   // اليونمرتبه
};
constexpr std::size_t kEnoughLetters = 12;

// Words of three and more high letters in a row: no Western language has them.
bool is_in_high_words(std::string_view bytes, std::array<unsigned, 256>& letters, unsigned& total) {
  unsigned in_words = 0;
  unsigned run = 0;
  total = 0;
  for (std::size_t i = 0; i <= bytes.size(); ++i) {
    const unsigned byte = byte_at(bytes, i);
    if (byte >= 0xC0) {
      ++run;
      ++total;
      ++letters[byte];
      continue;
    }
    if (run >= 3) in_words += run;
    run = 0;
  }
  return total >= kEnoughLetters && in_words * 10 >= total * 7;
}

std::uint32_t guess_script(std::string_view bytes) {
  std::array<unsigned, 256> letters{};
  unsigned total = 0;
  if (!is_in_high_words(bytes, letters, total)) return 0;
  std::uint32_t best = 0;
  unsigned most = 0;
  unsigned second = 0;
  for (const Script& script : kScripts) {
    unsigned hits = 0;
    for (const char c : script.frequent) hits += letters[static_cast<unsigned char>(c)];
    second = hits > most ? most : std::max(second, hits);
    if (hits <= most) continue;
    most = hits;
    best = script.codepage;
  }
  const bool is_clear = most * 100 >= total * 50 && (most - second) * 100 >= total * 10;
  return is_clear ? best : 0;
}

bool is_double_byte(std::uint32_t codepage) {
  constexpr std::array<std::uint32_t, 8> kPages = {932, 936, 949, 950, 951, 1361, 51932, 54936};
  return std::find(kPages.begin(), kPages.end(), codepage) != kPages.end();
}

}  // namespace

bool is_surely_utf8(std::string_view bytes, std::uint32_t declared) {
  const Utf8Evidence found = utf8_evidence(bytes);
  const unsigned sequences = found.latin + found.two + found.more;
  if (sequences == 0 || !is_utf8(bytes)) return false;
  const bool latin_page = declared == 0 || declared == 1252 || declared == 28591 || declared == 20127;
  if (latin_page) return found.latin + found.more > 0 || found.two >= 2;
  // Two bytes: "Её" in 1251, "一些" in GBK. Three: most UTF-8 is valid Shift-JIS and GBK, hardly ever the other way.
  if (is_double_byte(declared)) return found.more >= 3 && found.latin + found.two <= found.more;
  return sequences >= 4 || found.more >= 2;
}

std::uint32_t guess_codepage(std::string_view bytes) {
  bytes = bytes.substr(0, kSampleBytes);
  if (is_ascii(bytes)) return has_japanese_escape(bytes) ? 50220 : 0;
  // Kana are in nearly every Japanese sentence, and rare elsewhere; quotes and dashes of windows-1252 look like kanji.
  if (const Score s = score(bytes, judge_sjis); is_likely(s) && tells(s, 25)) return 932;
  if (const Score s = score(bytes, judge_euc_jp); is_likely(s) && tells(s, 25)) return 51932;
  if (const Score s = score(bytes, judge_uhc); is_likely(s) && tells(s, 80) && s.pairs >= 8 && s.high == 0) return 949;
  if (const Score s = score(bytes, judge_gbk); is_likely(s) && tells(s, 10)) return 936;
  if (const Score s = score(bytes, judge_big5); is_likely(s) && s.pairs >= 8 && tells(s, 15)) return 950;
  return guess_script(bytes);
}

}  // namespace mapiguard
