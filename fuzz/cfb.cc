// A compound file: each entry is reached once, and all streams together are no more than twice the file.
#include "converter/read/cfb.h"
#include "converter/read/storage_tree.h"
#include "fuzz/read_support.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mapiguard;
  const Bytes input(reinterpret_cast<const std::byte*>(data), size);
  const Limits limits;
  Budget budget(2'000'000);
  Report report;
  DefectLog defects(report, limits.max_defects);
  auto file = CompoundFile::open(input, budget, defects);
  if (!file) return 0;
  std::uint64_t total = 0;
  std::vector<CompoundFile::Node> storages = {CompoundFile::kRoot};
  while (!storages.empty()) {
    const CompoundFile::Node storage = storages.back();
    storages.pop_back();
    for (const CompoundFile::Node node : file->members(storage)) {
      if (file->name(node).size() > 64) std::abort();
      if (file->is_storage(node)) {
        storages.push_back(node);
      } else {
        const Blob stream = file->read(node).data;
        fuzzing::touch(stream);
        total += stream.size();
      }
    }
  }
  // Big and small streams have an allowance each: a sector may be read twice as its own and as one of the mini stream.
  if (total > 4 * static_cast<std::uint64_t>(size)) std::abort();
  read_storage_tree(*file, CompoundFile::kRoot, "", {limits, budget, defects});
  return 0;
}
