#include "fuzz/mutation/reduce.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <utility>

#include "base/text.h"
#include "fuzz/mutation/blank.h"
#include "fuzz/mutation/container.h"
#include "fuzz/mutation/cuts.h"
#include "fuzz/mutation/numbers.h"
#include "fuzz/mutation/vocabulary.h"

namespace mapiguard::mutation {
namespace {

constexpr std::size_t kLargestTakenApart = 64 << 20;
constexpr std::uint64_t kMostChunksOfContainer = 256;  // its own parts come first; bytes as such are a last resort

std::optional<Container> take_apart(Bytes input) {
  if (input.size() > kLargestTakenApart) return std::nullopt;
  return read_container(input);
}

std::vector<std::byte> as_vector(std::string_view bytes) {
  const Bytes view = as_bytes(bytes);
  return {view.begin(), view.end()};
}

// Rounds of 1, 2, 4 … chunks, each chunk first cut and then blanked: two candidates a chunk.
struct ByteCut {
  std::size_t first = 0, count = 0;
  bool is_blank = false;
};

std::uint64_t byte_cuts(std::uint64_t size, std::uint64_t most_chunks) {
  std::uint64_t total = 0;
  for (std::uint64_t chunks = 1; size > 0; chunks *= 2) {
    total += 2 * std::min(chunks, size);
    if (chunks >= size || chunks >= most_chunks) return total;
  }
  return total;
}

ByteCut byte_cut(std::uint64_t size, std::uint64_t index) {
  std::uint64_t chunks = 1;
  while (index >= 2 * std::min(chunks, size)) {
    index -= 2 * std::min(chunks, size);
    chunks *= 2;
  }
  chunks = std::min(chunks, size);
  const std::uint64_t chunk = index % chunks, first = size * chunk / chunks, last = size * (chunk + 1) / chunks;
  return {static_cast<std::size_t>(first), static_cast<std::size_t>(last - first), index >= chunks};
}

std::uint64_t chunks_for(bool is_container) { return is_container ? kMostChunksOfContainer : UINT64_MAX / 4; }

std::vector<std::byte> with(const ByteCut& cut, Bytes input) {
  std::string bytes(as_chars(input));
  if (cut.is_blank)
    blank_part(bytes, Content::text8, cut.first, cut.count);
  else
    cut_part(bytes, Content::text8, cut.first, cut.count);
  return as_vector(bytes);
}

std::uint64_t weight_of_bytes(Bytes input) { return 2 * input.size() + telling_bytes(as_chars(input)); }

enum class Scripts : std::uint8_t { ascii, any };

// Letters, as far as bytes alone tell; of any script where the bytes are known to be text.
bool is_letter_of(unsigned unit, std::size_t width, Scripts scripts) {
  const unsigned lower = unit | 0x20;
  if (unit < 0x80) return lower >= 'a' && lower <= 'z';
  if (scripts == Scripts::ascii) return false;
  return width == 1 || (unit >= 0xC0 && unit < 0x2000) || (unit >= 0x3040 && unit < 0xD800);
}

void add_words(std::string_view bytes, std::size_t width, Scripts scripts, std::set<std::string>& words) {
  constexpr std::size_t kShortest = 4;
  std::string word;
  std::size_t letters = 0;
  const auto end_word = [&] {
    const bool is_blank = word.find_first_not_of('x') == word.npos;
    if (letters >= kShortest && !is_blank && !is_format_word(word)) words.insert(word);
    word.clear();
    letters = 0;
  };
  for (std::size_t at = 0; at + width <= bytes.size(); at += width) {
    const unsigned unit = width == 2 ? number_at<std::uint16_t>(bytes, at) : static_cast<unsigned char>(bytes[at]);
    if (!is_letter_of(unit, width, scripts)) {
      end_word();
      continue;
    }
    ++letters;
    if (unit < 0x80)
      word.push_back(ascii_lower(static_cast<char>(unit)));
    else
      word.append(bytes.substr(at, width));
  }
  end_word();
}

void add_ascii_words(std::string_view bytes, std::set<std::string>& words) {
  add_words(bytes, 1, Scripts::ascii, words);
  add_words(bytes, 2, Scripts::ascii, words);
  if (!bytes.empty()) add_words(bytes.substr(1), 2, Scripts::ascii, words);
}

void add_words(const std::string& bytes, Content content, std::set<std::string>& words) {
  if (content == Content::text8) return add_words(bytes, 1, Scripts::any, words);
  if (content == Content::text16) return add_words(bytes, 2, Scripts::any, words);
  const auto rtf = content == Content::rtf ? unpack_rtf(bytes) : std::nullopt;
  if (rtf) add_words(*rtf, 1, Scripts::any, words);
}

void add_words_of(const Node& node, std::set<std::string>& words) {
  add_words(node.data, content_of(node), words);
  for (const Property& property : node.properties) {
    const Content content = content_of(property);
    add_words(property.value, content, words);
    for (const std::string& element : property.elements) add_words(element, content, words);
  }
  for (const Node& child : node.children) add_words_of(child, words);
}

// ASCII wherever it stands, other scripts where text is known to be.
std::set<std::string> words_of(Bytes input) {
  std::set<std::string> words;
  add_ascii_words(as_chars(input), words);
  if (const auto container = take_apart(input))
    add_words_of(container->root, words);
  else
    add_words(as_chars(input), 1, Scripts::any, words);
  return words;
}

}  // namespace

std::uint64_t weight(Bytes input) {
  const auto container = take_apart(input);
  if (!container) return weight_of_bytes(input);
  const std::uint64_t tree = weight_of(container->root);
  return std::ranges::equal(write_container(*container), input) ? tree : tree + weight_of_bytes(input);
}

std::uint64_t candidate_count(Bytes input) {
  const auto container = take_apart(input);
  const std::uint64_t cuts = container ? cuts_of(*container).size() : 0;
  return cuts + byte_cuts(input.size(), chunks_for(container.has_value()));
}

std::optional<std::vector<std::byte>> candidate(Bytes input, std::uint64_t index) {
  auto container = take_apart(input);
  std::vector<Cut> cuts;
  if (container) cuts = cuts_of(*container);
  std::vector<std::byte> out;
  if (index < cuts.size()) {
    apply(cuts[index], *container);
    out = write_container(*container);
  } else {
    index -= cuts.size();
    if (index >= byte_cuts(input.size(), chunks_for(container.has_value()))) return std::nullopt;
    out = with(byte_cut(input.size(), index), input);
  }
  if (weight(out) >= weight(input)) return std::nullopt;
  return out;
}

std::string describe_candidate(Bytes input, std::uint64_t index) {
  const auto container = take_apart(input);
  std::vector<Cut> cuts;
  if (container) cuts = cuts_of(*container);
  if (index < cuts.size()) return describe(cuts[index], *container);
  index -= cuts.size();
  if (index >= byte_cuts(input.size(), chunks_for(container.has_value()))) return {};
  const ByteCut cut = byte_cut(input.size(), index);
  return std::string(cut.is_blank ? "bytes blank " : "bytes cut ") + std::to_string(cut.first) + "+" +
         std::to_string(cut.count);
}

std::uint64_t resume_at(std::uint64_t accepted) {
  constexpr std::uint64_t kShifted = 4;  // as many may have gone from the head of the list
  return accepted - std::min(accepted, kShifted);
}

std::vector<std::string> kept_words(Bytes original, Bytes reduced) {
  const std::set<std::string> before = words_of(original), after = words_of(reduced);
  std::vector<std::string> kept;
  std::ranges::set_intersection(before, after, std::back_inserter(kept));
  return kept;
}

}  // namespace mapiguard::mutation
