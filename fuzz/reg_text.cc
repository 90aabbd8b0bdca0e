// .reg text: what is read is written and read back the same in UTF-16, and the databases in it are told.
#include <cstdint>
#include <cstdlib>

#include "tools/registry/information_stores.h"
#include "tools/registry/reg_text.h"

using namespace mapiguard;

namespace {

void forget_lines(Registry& registry) {
  for (RegistryKey& key : registry.keys) {
    key.line = 0;
    for (RegistryValue& value : key.values) value.line = 0;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto read = read_reg_text({reinterpret_cast<const std::byte*>(data), size});
  if (!read) {
    if (read.error().code != ErrorCode::not_a_message || read.error().message.empty()) std::abort();
    return 0;
  }
  static_cast<void>(stores_as_state(*read));
  const std::string text = write_reg_text(*read, RegEncoding::utf16);
  auto again = read_reg_text(as_bytes(text));
  if (!again) std::abort();
  forget_lines(*read);
  forget_lines(*again);
  if (*read != *again) std::abort();
  return 0;
}
