// Windows locales as language tags (MS-LCID 2.2, RFC 5646), for Content-Language. Thread promise: pure functions.
#pragma once

#include <cstdint>
#include <string_view>

namespace mapiguard {

std::string_view language_tag(std::uint32_t locale_id);  // "en-US" of 0x0409; "" when unknown

}  // namespace mapiguard
