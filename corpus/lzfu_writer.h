// Compressed RTF (MS-OXRTFCP): PidTagRtfCompressed as Outlook writes it.
//
// Thread promise: pure functions.
#pragma once

#include <string>
#include <string_view>

namespace mapiguard::corpus {

std::string lzfu_compress(std::string_view rtf);  // compression type "LZFu"
std::string mela_store(std::string_view rtf);     // compression type "MELA": stored

}  // namespace mapiguard::corpus
