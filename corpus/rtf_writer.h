// RTF bodies: HTML and plain text encapsulated in RTF (MS-OXRTFEX), as Outlook sends them.
//
// Thread promise: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mapiguard::corpus {

// Characters of the code page become \'xx, the others \u with a "?" to skip.
std::string rtf_escape(std::string_view utf8, std::uint32_t codepage);

std::string encapsulate_html(std::string_view html, std::uint32_t codepage = 1252);  // \fromhtml1
std::string encapsulate_text(std::string_view text, std::uint32_t codepage = 1252);  // \fromtext

}  // namespace mapiguard::corpus
