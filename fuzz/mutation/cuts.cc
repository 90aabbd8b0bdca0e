#include "fuzz/mutation/cuts.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/text.h"
#include "corpus/byte_sink.h"
#include "fuzz/mutation/blank.h"
#include "fuzz/mutation/numbers.h"

namespace mapiguard::mutation {
namespace {

constexpr std::uint64_t kPartWeight = 16;
// Of one value; the fewer values there are left, the finer each is cut, so that a list stays short.
constexpr std::size_t kCutsOfValues = 4096, kFewestChunks = 16, kMostChunks = 256;

bool holds_data(const Node& node) { return node.kind == Node::Kind::stream || node.kind == Node::Kind::attribute; }

void collect(Node& node, std::vector<Node*>& out) {
  out.push_back(&node);
  for (Node& child : node.children) collect(child, out);
}

std::vector<Node*> nodes_of(Container& container) {
  std::vector<Node*> out;
  collect(container.root, out);
  return out;
}

std::uint64_t weight_of(const Property& property) {
  const Content content = content_of(property);
  std::uint64_t weight = kPartWeight;
  const auto add = [&](const std::string& bytes, Content of) {
    weight += 2 * size_of(bytes, of) + telling_bytes(bytes, of);
  };
  add(property.value, property.elements.empty() ? content : Content::number);
  for (const std::string& element : property.elements) weight += kPartWeight, add(element, content);
  if (property.shape == Shape::row)
    weight += telling_bytes(std::string_view(reinterpret_cast<const char*>(property.field.data()), 8));
  return weight + property.name.size() + (property.skew != 0);
}

std::uint64_t own_weight(const Node& node) {
  std::uint64_t weight = kPartWeight + 2 * node.data.size() + telling_bytes(node.data) + node.name.size();
  weight += static_cast<std::uint64_t>(std::ranges::count_if(node.clsid, [](std::uint8_t byte) { return byte != 0; }));
  return weight + (node.length_skew != 0) + (node.checksum_skew != 0);
}

std::size_t values_of(const Node& node) {
  std::size_t values = node.properties.size() + 1;
  for (const Node& child : node.children) values += values_of(child);
  return values;
}

// Halves, quarters and so on, down to single ones or to the most chunks.
class Chunks {
 public:
  Chunks(std::uint64_t size, std::uint64_t unit, std::uint64_t most) : size_(size), unit_(unit), most_(most) {}

  template <class Use>
  void each(Use use) const {
    for (std::uint64_t parts = 1; parts <= most_; parts *= 2) {
      const std::uint64_t count = std::max(unit_, (size_ / parts + unit_ - 1) / unit_ * unit_);
      for (std::uint64_t first = 0; first < size_; first += count) use(first, std::min(count, size_ - first));
      if (count <= unit_) return;
    }
  }

 private:
  std::uint64_t size_, unit_, most_;
};

class Lister {
 public:
  explicit Lister(const Container& container) : container_(container) {
    const std::size_t values = std::max<std::size_t>(values_of(container.root), 1);
    most_chunks_ = std::clamp(kCutsOfValues / values, kFewestChunks, kMostChunks);
  }

  std::vector<Cut> run() {
    for (const Cut::Kind kind :
         {Cut::Kind::blank_everything, Cut::Kind::blank_texts, Cut::Kind::blank_words, Cut::Kind::nothing}) {
      Cut whole;
      whole.kind = kind;
      whole.saved = std::numeric_limits<std::uint64_t>::max();
      cuts_.push_back(whole);
    }
    walk(container_.root);
    std::ranges::stable_sort(cuts_, std::ranges::greater(), &Cut::saved);
    return std::move(cuts_);
  }

 private:
  void walk(const Node& node) {
    at_.node = number_++;
    const Cut here = at_;
    add_ranges(Cut::Kind::members, node.children);
    add_ranges(Cut::Kind::properties, node.properties);
    for (std::size_t i = 0; i < node.properties.size(); ++i) {
      at_.property = static_cast<std::uint32_t>(i);
      add_property(node.properties[i]);
    }
    at_ = here;
    if (holds_data(node)) add_bytes(Cut::Kind::data, Cut::Kind::blank_data, node.data, content_of(node));
    add(Cut::Kind::plain_node, 0, 0, 1);
    for (const Node& child : node.children) walk(child);
  }

  void add(Cut::Kind kind, std::uint64_t first, std::uint64_t count, std::uint64_t saved) {
    Cut cut = at_;
    cut.kind = kind;
    cut.first = first;
    cut.count = count;
    cut.saved = saved;
    cuts_.push_back(cut);
  }

  template <class Part>
  void add_ranges(Cut::Kind kind, const std::vector<Part>& parts) {
    std::vector<std::uint64_t> sums{0};
    for (const Part& part : parts) sums.push_back(sums.back() + weight_of(part));
    Chunks(parts.size(), 1, kMostChunks).each([&](std::uint64_t first, std::uint64_t count) {
      add(kind, first, count, sums[first + count] - sums[first]);
    });
    if (parts.size() <= kMostChunks) return;
    for (std::size_t i = 0; i < parts.size(); ++i) add(kind, i, 1, weight_of(parts[i]));
  }

  void add_property(const Property& property) {
    const Content content = content_of(property);
    if (content == Content::number) return add(Cut::Kind::zero_row, 0, 0, 4);
    at_.element = -1;
    if (property.elements.empty()) return add_bytes(Cut::Kind::value, Cut::Kind::blank_value, property.value, content);
    if (property.elements.size() > 1) {
      Chunks(property.elements.size(), 1, kMostChunks).each([&](std::uint64_t first, std::uint64_t count) {
        add(Cut::Kind::elements, first, count, count * kPartWeight);
      });
    }
    for (std::size_t i = 0; i < property.elements.size(); ++i) {
      at_.element = static_cast<std::int32_t>(i);
      add_bytes(Cut::Kind::value, Cut::Kind::blank_value, property.elements[i], content);
    }
    at_.element = -1;
  }

  // A blank saves less than a cut of the same size, so it is tried later.
  void add_bytes(Cut::Kind cut, Cut::Kind blank, const std::string& bytes, Content content) {
    const std::uint64_t unit = content == Content::text16 ? 2 : 1;
    const bool is_telling = telling_bytes(bytes, content) > 0;
    Chunks(size_of(bytes, content), unit, most_chunks_).each([&](std::uint64_t first, std::uint64_t count) {
      add(cut, first, count, 3 * count);
      if (is_telling) add(blank, first, count, count);
    });
  }

  const Container& container_;
  std::size_t most_chunks_ = kFewestChunks;
  std::vector<Cut> cuts_;
  Cut at_;
  std::uint32_t number_ = 0;
};

template <class Part>
std::size_t erase_range(std::vector<Part>& parts, const Cut& cut) {
  const std::size_t first = std::min<std::size_t>(cut.first, parts.size());
  const std::size_t last = first + std::min<std::size_t>(cut.count, parts.size() - first);
  parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(first), parts.begin() + static_cast<std::ptrdiff_t>(last));
  return last - first;
}

void announce(Property& property) {
  if (property.shape != Shape::stream || !property.has_row) return;
  const unsigned nul = (property.type() & kMultiValued) ? 0 : text_width(property.type());
  set_number(property.field, static_cast<std::uint32_t>(property.value.size() + nul));
}

// What lies about its size goes on lying by the same amount.
template <class Change>
void change_value(const Cut& cut, Property& property, Change change) {
  const bool is_element = cut.element >= 0 && static_cast<std::size_t>(cut.element) < property.elements.size();
  std::string& bytes = is_element ? property.elements[static_cast<std::size_t>(cut.element)] : property.value;
  const auto before = static_cast<std::uint32_t>(property.value.size());
  change(bytes, content_of(property));
  const auto after = static_cast<std::uint32_t>(property.value.size());
  if (property.shape == Shape::stream && before != after)
    set_number(property.field, number_in<std::uint32_t>(property.field) - before + after);
}

void drop_members(const Cut& cut, Node& node) {
  const bool was_true = counts_are_true(node);
  const auto gone = static_cast<std::uint32_t>(erase_range(node.children, cut));
  if (was_true) correct_counts(node);
  if (node.kind == Node::Kind::recipient_table) node.count -= std::min(node.count, gone);
}

void drop_properties(const Cut& cut, Node& node, Format format) {
  const auto gone = static_cast<std::uint32_t>(erase_range(node.properties, cut));
  if (format == Format::tnef) node.count -= std::min(node.count, gone);
}

void drop_elements(const Cut& cut, Property& property) {
  const auto gone = static_cast<std::uint32_t>(erase_range(property.elements, cut));
  if (property.shape == Shape::sized) property.count -= std::min(property.count, gone);
  const std::size_t width = property.type() == 0x1102 ? 8 : 4;  // of its table of lengths, MS-OXMSG 2.1.4.2
  if (property.shape == Shape::stream) {
    property.value.resize(property.value.size() - std::min(property.value.size(), gone * width));
    announce(property);
  }
}

void zero(Property& property) {
  property.field.fill(0);
  std::ranges::fill(property.value, '\0');
}

void make_plain(Node& node) {
  node.clsid.fill(0);
  node.length_skew = 0;
  node.checksum_skew = 0;
  for (Property& property : node.properties) property.skew = 0;
  if (!holds_data(node) && node.kind != Node::Kind::message)
    node.data.assign(node.has_property_stream ? node.data.size() : 0, '\0');
}

void apply_to_property(const Cut& cut, Property& property) {
  switch (cut.kind) {
    case Cut::Kind::elements: return drop_elements(cut, property);
    case Cut::Kind::value:
      return change_value(cut, property, [&](std::string& b, Content c) { cut_part(b, c, cut.first, cut.count); });
    case Cut::Kind::blank_value:
      return change_value(cut, property, [&](std::string& b, Content c) { blank_part(b, c, cut.first, cut.count); });
    case Cut::Kind::zero_row: return zero(property);
    default: return;
  }
}

}  // namespace

std::uint64_t weight_of(const Node& node) {
  std::uint64_t weight = own_weight(node);
  for (const Property& property : node.properties) weight += weight_of(property);
  for (const Node& child : node.children) weight += weight_of(child);
  return weight;
}

std::vector<Cut> cuts_of(const Container& container) { return Lister(container).run(); }

void apply(const Cut& cut, Container& container) {
  const std::vector<Node*> nodes = nodes_of(container);
  if (cut.node >= nodes.size()) return;
  Node& node = *nodes[cut.node];
  switch (cut.kind) {
    case Cut::Kind::nothing: return;
    case Cut::Kind::blank_everything: return blank_all(container.root, Blanking::all);
    case Cut::Kind::blank_texts: return blank_all(container.root, Blanking::texts);
    case Cut::Kind::blank_words: return blank_all(container.root, Blanking::words);
    case Cut::Kind::members: return drop_members(cut, node);
    case Cut::Kind::properties: return drop_properties(cut, node, container.format);
    case Cut::Kind::data: return cut_part(node.data, content_of(node), cut.first, cut.count);
    case Cut::Kind::blank_data: return blank_part(node.data, content_of(node), cut.first, cut.count);
    case Cut::Kind::plain_node: return make_plain(node);
    default:
      if (cut.property < node.properties.size()) apply_to_property(cut, node.properties[cut.property]);
  }
}

std::string describe(const Cut& cut, const Container& container) {
  constexpr const char* kNames[] = {
      "written afresh",     "everything blank", "texts blank", "words blank", "without members",
      "without properties", "without values",   "value cut",   "data cut",    "value blank",
      "data blank",         "number zero",      "plain"};
  std::string out = kNames[static_cast<std::size_t>(cut.kind)];
  if (cut.saved == std::numeric_limits<std::uint64_t>::max()) return out;
  Container copy = container;
  const std::vector<Node*> nodes = nodes_of(copy);
  if (cut.count > 0) out += " " + std::to_string(cut.first) + "+" + std::to_string(cut.count);
  const bool is_of_property = cut.kind == Cut::Kind::value || cut.kind == Cut::Kind::blank_value ||
                              cut.kind == Cut::Kind::zero_row || cut.kind == Cut::Kind::elements;
  if (is_of_property && cut.node < nodes.size() && cut.property < nodes[cut.node]->properties.size())
    out += " of " + hex32(nodes[cut.node]->properties[cut.property].tag);
  return out + " in part " + std::to_string(cut.node);
}

}  // namespace mapiguard::mutation
