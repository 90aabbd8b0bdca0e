// How long does it take to open a compound file and copy out every stream of it: our reader, libgsf.
//   cfb_read FILE…
#include <gsf/gsf.h>

#include <cstdlib>

#include "base/defects.h"
#include "bench/measure.h"
#include "converter/read/cfb.h"
#include <mapiguard/report.h>

namespace mapiguard::bench {
namespace {

std::size_t copy_out(const Blob& stream, std::vector<std::byte>& to) {
  to.resize(stream.size());
  std::size_t done = 0;
  for (std::size_t i = 0; i < stream.pieces(); ++i) {
    const Bytes piece = stream.piece(i);
    std::copy(piece.begin(), piece.end(), to.begin() + static_cast<std::ptrdiff_t>(done));
    done += piece.size();
  }
  return done;
}

std::size_t read_storage(CompoundFile& file, CompoundFile::Node storage, std::vector<std::byte>& to) {
  std::size_t total = 0;
  for (const CompoundFile::Node node : file.members(storage))
    total += file.is_storage(node) ? read_storage(file, node, to) : copy_out(file.read(node).data, to);
  return total;
}

std::size_t read_with_mapiguard(const std::string& bytes) {
  static std::vector<std::byte> to;
  Report report;
  DefectLog defects(report, 100);
  Budget budget(1'000'000'000);
  auto file = CompoundFile::open(as_bytes(bytes), budget, defects);
  return file ? read_storage(*file, CompoundFile::kRoot, to) : 0;
}

std::size_t read_infile(GsfInfile* storage, std::vector<std::byte>& to) {
  std::size_t total = 0;
  for (int i = 0; i < gsf_infile_num_children(storage); ++i) {
    GsfInput* child = gsf_infile_child_by_index(storage, i);
    if (child == nullptr) continue;
    if (GSF_IS_INFILE(child) && gsf_infile_num_children(GSF_INFILE(child)) >= 0) {
      total += read_infile(GSF_INFILE(child), to);
    } else {
      const auto size = static_cast<std::size_t>(gsf_input_size(child));
      to.resize(size);
      if (size == 0 || gsf_input_read(child, size, reinterpret_cast<guint8*>(to.data()))) total += size;
    }
    g_object_unref(child);
  }
  return total;
}

std::size_t read_with_libgsf(const std::string& bytes) {
  static std::vector<std::byte> to;
  GsfInput* input = gsf_input_memory_new(reinterpret_cast<const guint8*>(bytes.data()), static_cast<gsf_off_t>(bytes.size()), FALSE);
  GsfInfile* file = gsf_infile_msole_new(input, nullptr);
  g_object_unref(input);
  if (file == nullptr) return 0;
  const std::size_t total = read_infile(file, to);
  g_object_unref(file);
  return total;
}

int run(int argc, char** argv) {
  gsf_init();
  std::vector<std::string> files;
  for (int i = 1; i < argc; ++i) files.push_back(read_file(argv[i]));
  for (const std::string& file : files)  // both must have read the same, or the ratio says nothing
    if (read_with_mapiguard(file) == 0 || read_with_mapiguard(file) != read_with_libgsf(file)) {
      std::fprintf(stderr, "the readers disagree: %zu and %zu bytes\n", read_with_mapiguard(file), read_with_libgsf(file));
      return EXIT_FAILURE;
    }
  std::vector<Contender> contenders{
      {"mapiguard", [&] { for (const auto& file : files) keep(read_with_mapiguard(file)); }, {}},
      {"libgsf", [&] { for (const auto& file : files) keep(read_with_libgsf(file)); }, {}}};
  take_turns(contenders, 21, 0.02);
  JsonSeries out;
  for (const Contender& c : contenders) out.add(c.name, c.microseconds);
  out.print();
  return files.empty() ? EXIT_FAILURE : EXIT_SUCCESS;
}

}  // namespace
}  // namespace mapiguard::bench

int main(int argc, char** argv) { return mapiguard::bench::run(argc, argv); }
