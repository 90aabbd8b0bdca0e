// Symbol fonts: their bytes are glyph numbers, not characters of any code page.
//
// Thread promise: pure functions.
#pragma once

#include <string>
#include <string_view>

namespace mapiguard {

// The glyphs as Unicode characters: Symbol and Wingdings by table; other fonts' bytes as windows-1252.
std::string symbol_font_text(std::string_view bytes, std::string_view font_name);

}  // namespace mapiguard
