// Text of any HTML is valid UTF-8 when the HTML is, and its charset can always be changed.
#include <cstdlib>

#include "base/text.h"
#include "converter/body/rtf.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mapiguard;
  const std::string html = repair_utf8({reinterpret_cast<const char*>(data), size});
  Budget budget(10'000'000);
  if (!is_utf8(html_to_text(html, budget))) std::abort();
  charset_in_html(html);
  const std::string changed = html_with_utf8_meta(html);
  if (!is_utf8(changed) || html_with_utf8_meta(changed) != changed) std::abort();
  return 0;
}
