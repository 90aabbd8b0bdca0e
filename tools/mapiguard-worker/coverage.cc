#include "tools/mapiguard-worker/coverage.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <span>

namespace mapiguard::coverage {
namespace {

constexpr std::size_t kMostRegions = 256;  // modules of a plug-in
std::array<std::span<std::uint8_t>, kMostRegions> g_regions;
std::size_t g_region_count = 0;

// Counters of plug-ins that were built with guards instead.
std::vector<std::uint8_t> g_guarded;

std::vector<std::uint8_t> g_told;  // a counter's buckets as bits

constexpr unsigned bucket_of(std::uint8_t count) {
  if (count < 4) return count - 1u;
  if (count < 8) return 3;
  if (count < 16) return 4;
  if (count < 32) return 5;
  return count < 128 ? 6 : 7;
}

void note(std::size_t counter, std::uint8_t count, std::vector<std::uint32_t>& fresh) {
  const unsigned bucket = bucket_of(count);
  if (g_told.size() <= counter) g_told.resize(std::max(counter + 1, 2 * g_told.size()));
  const auto bit = static_cast<std::uint8_t>(1u << bucket);
  if (g_told[counter] & bit) return;
  g_told[counter] |= bit;
  fresh.push_back(static_cast<std::uint32_t>(counter * 8 + bucket));
}

// Most counters are zero: eight at once.
void note_all(std::span<const std::uint8_t> counters, std::size_t first, std::vector<std::uint32_t>& fresh) {
  std::size_t i = 0;
  while (i < counters.size()) {
    std::uint64_t eight = 0;
    if (i + sizeof eight <= counters.size()) std::memcpy(&eight, counters.data() + i, sizeof eight);
    if (eight == 0 && i + sizeof eight <= counters.size()) {
      i += sizeof eight;
      continue;
    }
    if (counters[i] != 0) note(first + i, counters[i], fresh);
    ++i;
  }
}

}  // namespace

void forget() {
  for (std::size_t i = 0; i < g_region_count; ++i) std::ranges::fill(g_regions[i], std::uint8_t{0});
  std::ranges::fill(g_guarded, std::uint8_t{0});
}

std::vector<std::uint32_t> news() {
  std::vector<std::uint32_t> fresh;
  std::size_t first = 0;
  for (std::size_t i = 0; i < g_region_count; ++i) {
    note_all(g_regions[i], first, fresh);
    first += g_regions[i].size();
  }
  note_all(g_guarded, first, fresh);
  return fresh;
}

}  // namespace mapiguard::coverage

// The names are the compiler's. What compares, switches and divides with is not used.
#pragma GCC visibility push(default)
extern "C" {

using namespace mapiguard::coverage;

thread_local std::uintptr_t __sancov_lowest_stack = ~std::uintptr_t{0};

void __sanitizer_cov_8bit_counters_init(std::uint8_t* start, std::uint8_t* stop) {
  if (start == stop || g_region_count == g_regions.size()) return;
  for (std::size_t i = 0; i < g_region_count; ++i)
    if (g_regions[i].data() == start) return;
  g_regions[g_region_count++] = {start, stop};
}
void __sanitizer_cov_pcs_init(const std::uintptr_t*, const std::uintptr_t*) {}

void __sanitizer_cov_trace_pc_guard_init(std::uint32_t* start, std::uint32_t* stop) {
  if (start == stop || *start != 0) return;
  for (; start < stop; ++start) {
    g_guarded.push_back(0);
    *start = static_cast<std::uint32_t>(g_guarded.size());
  }
}
void __sanitizer_cov_trace_pc_guard(const std::uint32_t* guard) {
  if (*guard == 0 || *guard > g_guarded.size()) return;
  std::uint8_t& counter = g_guarded[*guard - 1];
  if (counter < 255) ++counter;
}

void __sanitizer_cov_trace_pc_indir(std::uintptr_t) {}
void __sanitizer_cov_trace_cmp1(std::uint8_t, std::uint8_t) {}
void __sanitizer_cov_trace_cmp2(std::uint16_t, std::uint16_t) {}
void __sanitizer_cov_trace_cmp4(std::uint32_t, std::uint32_t) {}
void __sanitizer_cov_trace_cmp8(std::uint64_t, std::uint64_t) {}
void __sanitizer_cov_trace_const_cmp1(std::uint8_t, std::uint8_t) {}
void __sanitizer_cov_trace_const_cmp2(std::uint16_t, std::uint16_t) {}
void __sanitizer_cov_trace_const_cmp4(std::uint32_t, std::uint32_t) {}
void __sanitizer_cov_trace_const_cmp8(std::uint64_t, std::uint64_t) {}
void __sanitizer_cov_trace_switch(std::uint64_t, const std::uint64_t*) {}
void __sanitizer_cov_trace_div4(std::uint32_t) {}
void __sanitizer_cov_trace_div8(std::uint64_t) {}
void __sanitizer_cov_trace_gep(std::uintptr_t) {}

}  // extern "C"
#pragma GCC visibility pop
