// An in-flight table as it may lie on the disk after a crash: any bytes. Its rows lie within the file and name what
// stands there; it is taken for a dead supervisor's, and it can be settled once.
#include "persist/inflight.h"

#include <cstdint>
#include <cstdlib>

#include "base/bytes.h"
#include "fuzz/scratch_support.h"
#include "persist/inflight_row.h"

using namespace mapiguard;

namespace {

void expect(bool holds) {
  if (!holds) std::abort();
}

const std::string& state_folder() {
  static const fuzzing::Scratch scratch;
  static const bool made = std::filesystem::create_directory(scratch.path() + "/inflight");
  expect(made);
  return scratch.path();
}

bool stands_in(std::string_view file, const InflightRow& row) {
  return file.find({reinterpret_cast<const char*>(row.sha256.data()), row.sha256.size()}) != file.npos &&
         file.find(row.message_id) != file.npos && file.find(row.build) != file.npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view file(reinterpret_cast<const char*>(data), size);
  const std::string& folder = state_folder();
  fuzzing::put_file(folder + "/inflight/1-1-0.table", file);
  const auto found = InflightTable::list(folder);
  expect(found && found->size() == 1 && !found->front().alive);
  const auto& rows = found->front().rows;
  const std::size_t most = size < sizeof(InflightHeader) ? 0 : (size - sizeof(InflightHeader)) / sizeof(InflightSlot);
  expect(rows.size() <= most);
  for (const InflightRow& row : rows) {
    expect(row.message_id.size() <= kInflightIdBytes && row.build.size() <= kInflightBuildBytes);
    expect(stands_in(file, row));
  }
  expect(InflightTable::sweep(folder) && InflightTable::list(folder)->size() == 1);  // settled first, then swept
  expect(InflightTable::remove(found->front()) && InflightTable::remove(found->front()).has_value());
  expect(InflightTable::list(folder)->empty());
  return 0;
}
