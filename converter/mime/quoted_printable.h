// Quoted-printable (RFC 2045 6.7) of text, and the choice of an encoding for it.
//
// Line ends of the input may be CRLF, LF or CR; those of the output are CRLF. Thread promise: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "converter/mime/parts.h"

namespace mapiguard {

// The text with every line end as CRLF, and without NULs.
std::string with_crlf(std::string_view text);

// `text` has CRLF line ends. Lines of the output are at most 76 characters; a space before a line end is encoded.
std::string quoted_printable(std::string_view text);

// What carries `text` (CRLF line ends) best: as it is when it is ASCII with short lines, else the shorter of
// quoted-printable and base64. Text that holds "--=_", which begins every boundary of ours, is never left as it is.
Encoding encoding_for_text(std::string_view text);

}  // namespace mapiguard
