// Compressed RTF: never more than allowed comes out, and the step budget bounds the work.
#include <cstdlib>

#include "converter/body/rtf.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mapiguard;
  constexpr std::uint64_t kMost = 1 << 20;
  Report report;
  DefectLog defects(report, 100);
  Budget budget(10'000'000);
  const auto rtf = decompress_rtf(Bytes(reinterpret_cast<const std::byte*>(data), size), kMost, budget, defects, "");
  if (rtf && rtf->size() > kMost) std::abort();
  return 0;
}
