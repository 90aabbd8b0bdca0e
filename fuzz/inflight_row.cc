// A row of an in-flight table as another process may have left it: any bytes. What is read from it stays within its
// bounds.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "persist/inflight_row.h"

using namespace mapiguard;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto slot = std::make_unique<InflightSlot>();
  std::memcpy(static_cast<void*>(slot.get()), data, size < sizeof *slot ? size : sizeof *slot);
  if (const auto row = read_slot(*slot);
      row && (row->message_id.size() > kInflightIdBytes || row->build.size() > kInflightBuildBytes))
    std::abort();
  // What its owner writes over it is read back.
  const std::string_view id(reinterpret_cast<const char*>(data), size);
  fill_slot(*slot, sha256(as_bytes(id)), id, 1, false, id.substr(size / 2), 7);
  const auto row = read_slot(*slot);
  if (!row || row->sha256 != sha256(as_bytes(id)) || row->message_id != id.substr(0, kInflightIdBytes)) std::abort();
  clear_slot(*slot);
  if (read_slot(*slot)) std::abort();
  return 0;
}
