// HTML of any RTF is valid UTF-8 with balanced angle brackets, and does not outgrow its input beyond reason.
#include <algorithm>
#include <cstdlib>

#include "base/text.h"
#include "converter/body/rtf.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mapiguard;
  const std::string_view rtf(reinterpret_cast<const char*>(data), size);
  Report report;
  DefectLog defects(report, 100);
  Budget budget(10'000'000);
  std::vector<EmbeddedPicture> pictures;
  const std::string html = rtf_to_html(rtf, pictures, budget, defects, "");
  if (!is_utf8(html) || html.find('\0') != std::string::npos) std::abort();
  if (std::count(html.begin(), html.end(), '<') != std::count(html.begin(), html.end(), '>')) std::abort();
  if (html.size() > (4u << 20) + size * 128) std::abort();
  for (const EmbeddedPicture& picture : pictures)
    if (html.find("cid:" + picture.content_id) == std::string::npos) std::abort();
  return 0;
}
