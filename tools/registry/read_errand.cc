#include "tools/registry/read_errand.h"

#include "tools/registry/information_stores.h"
#include "tools/registry/reg_text.h"
#include "tools/registry/registry_wire.h"

namespace mapiguard {

Result<void> read_reg_errand(Bytes file, std::string_view, OutputSink& out) {
  auto registry = read_reg_text(file);
  if (!registry) return std::unexpected(std::move(registry.error()));
  const Registry stores = information_store_keys(std::move(*registry));
  if (!fits_the_wire(stores))
    return fail(ErrorCode::not_a_message, "the file has too many keys or values of information stores");
  const std::string wire = registry_to_wire(stores);
  if (!out.write(as_bytes(wire))) return fail(ErrorCode::io, "the registry could not be written");
  return {};
}

}  // namespace mapiguard
