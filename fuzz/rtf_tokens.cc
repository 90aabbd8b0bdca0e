// Tokens of RTF tile the input, and what is made of encapsulated HTML and text is valid UTF-8 without NULs.
#include <cstdlib>

#include "base/text.h"
#include "converter/body/rtf.h"
#include "converter/body/rtf_tokens.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mapiguard;
  const std::string_view rtf(reinterpret_cast<const char*>(data), size);
  RtfTokenizer tokens(rtf);
  std::size_t before = 0;
  while (tokens.next().kind != RtfToken::Kind::end) {
    if (tokens.offset() <= before || tokens.offset() > rtf.size()) std::abort();
    before = tokens.offset();
  }
  Report report;
  DefectLog defects(report, 100);
  Budget budget(10'000'000);
  rtf_kind(rtf);
  for (const std::string& text :
       {rtf_deencapsulate_html(rtf, budget, defects, ""), rtf_to_text(rtf, budget, defects, "")})
    if (!is_utf8(text) || text.find('\0') != std::string::npos) std::abort();
  return 0;
}
