// RTF: compressed RTF (MS-OXRTFCP), RTF-encapsulated HTML and text (MS-OXRTFEX), and plain RTF to HTML and text.
// All run in linear time with an explicit stack; each token draws on the Budget.
//
// Thread promise: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/budget.h"
#include "base/bytes.h"
#include "base/defects.h"
#include "converter/body/choose.h"

namespace mapiguard {

// LZFu or MELA. A wrong CRC or size costs a Defect, not the text. nullopt: it is neither, or shorter than its header.
std::optional<std::string> decompress_rtf(Bytes compressed, std::uint64_t most, Budget& budget, DefectLog& defects,
                                          std::string_view where);

enum class RtfKind : std::uint8_t { not_rtf, from_html, from_text, pure };
RtfKind rtf_kind(std::string_view rtf);  // \fromhtml1, \fromtext among the first tokens (MS-OXRTFEX 2.1.3.1)

std::string rtf_deencapsulate_html(std::string_view rtf, Budget& budget, DefectLog& defects, std::string_view where);
std::string rtf_to_text(std::string_view rtf, Budget& budget, DefectLog& defects, std::string_view where);
// Readable HTML of non-encapsulated RTF: paragraphs, bold, italic, underline, colours, lists, tables, hyperlinks;
// \pict data goes to `pictures`.
std::string rtf_to_html(std::string_view rtf, std::vector<EmbeddedPicture>& pictures, Budget& budget,
                        DefectLog& defects, std::string_view where);

std::string html_to_text(std::string_view html, Budget& budget);  // UTF-8 in, UTF-8 out
// Changes a charset named in <meta> to utf-8; leaves all else as it is.
std::string html_with_utf8_meta(std::string html);
// The charset named by a <meta> element or a byte-order mark among the first 4 KiB, "" when none.
std::string charset_in_html(std::string_view html);

}  // namespace mapiguard
