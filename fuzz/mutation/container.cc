#include "fuzz/mutation/container.h"

#include <utility>

#include "base/defects.h"
#include "converter/body/rtf.h"
#include "converter/read/cfb_header.h"
#include "corpus/lzfu_writer.h"
#include "fuzz/mutation/trees.h"

namespace mapiguard::mutation {
namespace {

constexpr std::uint64_t kMostRtf = 8 << 20;

std::vector<std::byte> as_vector(std::string_view bytes) {
  const Bytes view = as_bytes(bytes);
  return {view.begin(), view.end()};
}

}  // namespace

std::optional<Container> read_container(Bytes input) {
  if (has_cfb_signature(input)) return read_msg_tree(input);
  auto message = read_tnef_tree(input, 0);
  if (!message) return std::nullopt;
  Container out;
  out.format = Format::tnef;
  out.root = std::move(*message);
  return out;
}

std::vector<std::byte> write_container(const Container& container) {
  return as_vector(container.format == Format::msg ? write_msg_tree(container) : write_tnef_tree(container.root));
}

std::string write_nested(const Node& object) {
  if (object.kind != Node::Kind::storage) return write_tnef_tree(object);
  Container file;
  file.root = object;
  return write_msg_tree(file);
}

unsigned text_width(std::uint16_t type) {
  const auto base = static_cast<PropertyType>(type & ~kMultiValued);
  if (base == PropertyType::unicode) return 2;
  return base == PropertyType::string8 ? 1 : 0;
}

std::optional<std::string> unpack_rtf(std::string_view compressed) {
  Limits limits;
  limits.min_steps = 20'000'000;
  Budget budget = Budget::for_input(limits, compressed.size());
  Report report;
  DefectLog defects(report, 0);
  return decompress_rtf(as_bytes(compressed), kMostRtf, budget, defects, "");
}

std::string pack_rtf(std::string_view rtf, bool compressed) {
  return compressed ? corpus::lzfu_compress(rtf) : corpus::mela_store(rtf);
}

}  // namespace mapiguard::mutation
