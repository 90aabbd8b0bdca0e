#include "converter/body/rtf_symbols.h"

#include <algorithm>

#include "base/text.h"
#include "converter/body/charset.h"

namespace mapiguard {
namespace {

// Adobe's Symbol encoding, 0x20 … 0x7E and 0xA0 … 0xFF (Unicode's SYMBOL.TXT; brackets' pieces as Unicode 3.2 has
// them).
constexpr char16_t kSymbolLow[] =
    u" !∀#∃%&∋()∗+,−./0123456789:;<=>?≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_‾αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼";
constexpr char16_t kSymbolHigh[] =
    u"€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…⏐⎯↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊⟨®©™∑⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪\uF8FF⟩∫⌠⎮⌡⎞⎟⎠⎤⎥⎦⎫⎬⎭\uFFFD";
static_assert(std::size(kSymbolLow) == 0x7F - 0x20 + 1);
static_assert(std::size(kSymbolHigh) == 0x100 - 0xA0 + 1);

// The glyphs of Wingdings that mail has: bullets, ticks, arrows, faces, telephones.
struct Glyph {
  unsigned char byte;
  char32_t code_point;
};
// clang-format off
constexpr Glyph kWingdings[] = {
    {0x20, U' '},  {0x21, U'✏'},  {0x22, U'✂'},  {0x28, U'☎'},  {0x29, U'✆'},  {0x2A, U'✉'},  {0x41, U'✌'},
    {0x43, U'👍'}, {0x44, U'👎'}, {0x45, U'☜'},  {0x46, U'☞'},  {0x47, U'☝'},  {0x48, U'☟'},  {0x4A, U'☺'},
    {0x4B, U'😐'}, {0x4C, U'☹'},  {0x51, U'✈'},  {0x52, U'☼'},  {0x54, U'❄'},  {0x6C, U'●'},  {0x6D, U'❍'},
    {0x6E, U'■'},  {0x6F, U'□'},  {0x71, U'❑'},  {0x72, U'❒'},  {0x73, U'⬧'},  {0x74, U'⧫'},  {0x75, U'◆'},
    {0x76, U'❖'},  {0x77, U'⬥'},  {0x78, U'⌧'},  {0x9E, U'·'},  {0x9F, U'•'},  {0xA1, U'○'},  {0xA7, U'▪'},
    {0xA8, U'◻'},  {0xAA, U'✦'},  {0xAB, U'★'},  {0xD8, U'➢'},  {0xDF, U'←'},  {0xE0, U'→'},  {0xE1, U'↑'},
    {0xE2, U'↓'},  {0xE8, U'➔'},  {0xEF, U'⇦'},  {0xF0, U'⇨'},  {0xF1, U'⇧'},  {0xF2, U'⇩'},  {0xFB, U'✗'},
    {0xFC, U'✓'},  {0xFD, U'☒'},  {0xFE, U'☑'},
};
// clang-format on
static_assert(std::is_sorted(std::begin(kWingdings), std::end(kWingdings),
                             [](const Glyph& a, const Glyph& b) { return a.byte < b.byte; }));

char32_t in_symbol(unsigned char byte) {
  if (byte >= 0x20 && byte < 0x7F) return kSymbolLow[byte - 0x20];
  return byte >= 0xA0 ? char32_t{kSymbolHigh[byte - 0xA0]} : char32_t{0xFFFD};
}

char32_t in_wingdings(unsigned char byte) {
  const auto* at = std::lower_bound(std::begin(kWingdings), std::end(kWingdings), byte,
                                    [](const Glyph& glyph, unsigned char key) { return glyph.byte < key; });
  return at != std::end(kWingdings) && at->byte == byte ? at->code_point : U'▪';
}

}  // namespace

std::string symbol_font_text(std::string_view bytes, std::string_view font_name) {
  const bool symbol = equals_ignoring_case(font_name, "Symbol");
  if (!symbol && !equals_ignoring_case(font_name, "Wingdings")) return decode_codepage(bytes, 1252);
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20)
      out += c;
    else
      append_utf8(out, symbol ? in_symbol(byte) : in_wingdings(byte));
  }
  return out;
}

}  // namespace mapiguard
