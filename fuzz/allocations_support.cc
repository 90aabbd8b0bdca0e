// Counts allocations, so that work and memory can be judged without a clock (oracles.h).
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>

#include "fuzz/oracles.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MAPIGUARD_ALLOCATION_HOOKS 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define MAPIGUARD_ALLOCATION_HOOKS 1
#endif

namespace {

std::atomic<bool> metering{false};
std::atomic<std::uint64_t> allocations{0};
std::atomic<std::int64_t> bytes{0}, peak{0};

void allocated(std::size_t size) {
  if (!metering.load(std::memory_order_relaxed)) return;
  allocations.fetch_add(1, std::memory_order_relaxed);
  const auto now =
      bytes.fetch_add(static_cast<std::int64_t>(size), std::memory_order_relaxed) + static_cast<std::int64_t>(size);
  if (now > peak.load(std::memory_order_relaxed)) peak.store(now, std::memory_order_relaxed);
}

void freed(std::size_t size) {
  if (metering.load(std::memory_order_relaxed))
    bytes.fetch_sub(static_cast<std::int64_t>(size), std::memory_order_relaxed);
}

}  // namespace

#if MAPIGUARD_ALLOCATION_HOOKS

#include <sanitizer/allocator_interface.h>

namespace {
void prepare() {
  static const int installed = __sanitizer_install_malloc_and_free_hooks(
      [](const volatile void*, std::size_t size) { allocated(size); },
      [](const volatile void* memory) {
        if (memory != nullptr) freed(__sanitizer_get_allocated_size(const_cast<const void*>(memory)));
      });
  static_cast<void>(installed);
}
}  // namespace

#else

#include <malloc.h>

// The replaceable allocation functions; those for arrays and for sizes call these.
void* operator new(std::size_t size) {
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) throw std::bad_alloc();
  allocated(::malloc_usable_size(memory));
  return memory;
}
void operator delete(void* memory) noexcept {
  if (memory != nullptr) freed(::malloc_usable_size(memory));
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept { operator delete(memory); }

namespace {
void prepare() {}
}  // namespace

#endif

namespace mapiguard::fuzzing {

void begin_metering() {
  prepare();
  allocations = 0;
  bytes = peak = 0;
  metering = true;
}

Allocations end_metering() {
  metering = false;
  return {allocations, static_cast<std::uint64_t>(peak.load())};
}

}  // namespace mapiguard::fuzzing
