// A TNEF stream: a message or an error that says not_a_message, whatever the bytes.
#include "fuzz/read_support.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mapiguard::fuzzing::read(mapiguard::read_tnef, data, size);
  return 0;
}
