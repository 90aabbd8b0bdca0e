// What a process answers that has read a registry: a registry, or an error; what was accepted is written the same.
#include <cstdint>
#include <cstdlib>

#include "tools/registry/information_stores.h"
#include "tools/registry/registry_wire.h"

using namespace mapiguard;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes answer(reinterpret_cast<const std::byte*>(data), size);
  const auto registry = registry_from_wire(answer);
  if (!registry) {
    if (registry.error().code != ErrorCode::not_a_message && registry.error().code != ErrorCode::internal) std::abort();
    return 0;
  }
  if (registry_to_wire(*registry) != as_chars(answer)) std::abort();
  static_cast<void>(stores_as_changes(*registry));
  static_cast<void>(stores_as_state(*registry));
  return 0;
}
