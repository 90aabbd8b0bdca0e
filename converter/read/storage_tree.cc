#include "converter/read/storage_tree.h"

#include "base/text.h"

namespace mapiguard {
namespace {

// Documents nest a handful of storages; a tree is destroyed recursively, so it must not be deep.
constexpr std::uint32_t kMostDepth = 100;

std::u16string utf16(Bytes name) {
  std::u16string out;
  ByteCursor cursor(name);
  while (const auto unit = cursor.u16()) out.push_back(static_cast<char16_t>(*unit));
  return out;
}

void fill(CompoundFile& file, CompoundFile::Node node, const std::string& where, const ReadContext& context,
          std::uint32_t depth, StorageEntry& entry) {
  entry.name = utf16(file.name(node));
  entry.clsid = file.clsid(node);
  entry.is_storage = file.is_storage(node);
  if (!entry.is_storage) {
    CompoundFile::Stream stream = file.read(node);
    if (stream.faults)
      context.defects.loss(where, "stream \"" + utf16le_to_utf8(file.name(node)) +
                                      "\" of the object is damaged: " + describe(stream.faults));
    entry.data = std::move(stream.data);
    return;
  }
  if (depth >= kMostDepth) {
    context.defects.loss(where, "the storages of the object are nested too deep; the inner ones were left out");
    return;
  }
  for (const CompoundFile::Node member : file.members(node)) {
    if (!context.budget.spend()) return;
    fill(file, member, where, context, depth + 1, entry.children.emplace_back());
  }
}

}  // namespace

std::unique_ptr<StorageEntry> read_storage_tree(CompoundFile& file, CompoundFile::Node node, const std::string& where,
                                                const ReadContext& context) {
  auto tree = std::make_unique<StorageEntry>();
  fill(file, node, where, context, 0, *tree);
  return tree;
}

}  // namespace mapiguard
