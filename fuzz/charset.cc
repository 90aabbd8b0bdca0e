// Whatever the bytes and the code page, what comes out is valid UTF-8. The first two bytes choose the page.
#include <cstdlib>

#include "base/text.h"
#include "converter/body/charset.h"
#include "converter/body/charset_table.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mapiguard;
  if (size < 2) return 0;
  const std::uint32_t codepage = kCodePages[(data[0] | data[1] << 8) % std::size(kCodePages)].number;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::uint32_t ladder[] = {codepage, 1252};
  if (!is_utf8(decode_codepage(bytes, codepage)) || !is_utf8(decode_by_ladder(bytes, ladder))) std::abort();
  if (!is_utf8(decode_utf16le(as_bytes(bytes)))) std::abort();
  codepage_of_charset(bytes);
  return 0;
}
