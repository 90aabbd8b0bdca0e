#include "fuzz/mutation/blank.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "converter/read/property_values.h"
#include "fuzz/mutation/numbers.h"
#include "fuzz/mutation/vocabulary.h"

namespace mapiguard::mutation {
namespace {

constexpr PropertyTag kRtf = 0x10090102;
constexpr PropertyId kHtml = 0x1013;
constexpr std::size_t kShortestRun = 3;  // letters that are a text in what is none

bool is_letter(unsigned unit) { return (unit >= 'a' && unit <= 'z') || (unit >= 'A' && unit <= 'Z') || unit >= 0x80; }
bool is_digit(unsigned unit) { return unit >= '0' && unit <= '9'; }

// A text of units of one or two bytes, which are set alike.
class Units {
 public:
  Units(std::string& bytes, std::size_t width) : bytes_(bytes), width_(width) {}
  std::size_t size() const { return bytes_.size() / width_; }
  unsigned at(std::size_t i) const {
    return width_ == 2 ? number_at<std::uint16_t>(bytes_, 2 * i) : static_cast<unsigned char>(bytes_[i]);
  }
  void set(std::size_t i, char c) {
    bytes_[i * width_] = c;
    if (width_ == 2) bytes_[2 * i + 1] = '\0';
  }
  void blank(std::size_t i) {
    if (is_letter(at(i))) set(i, 'x');
    if (is_digit(at(i))) set(i, '0');
  }
  std::string lower(std::size_t first, std::size_t last) const {
    std::string out;
    for (std::size_t i = first; i < last; ++i)
      out.push_back(ascii_lower(static_cast<char>(at(i) < 0x80 ? at(i) : '?')));
    return out;
  }

 private:
  std::string& bytes_;
  std::size_t width_;
};

std::size_t end_of(const Units& text, std::size_t at, bool (*is_one)(unsigned)) {
  while (at < text.size() && is_one(text.at(at))) ++at;
  return at;
}

// RTF writes characters as \'e4 and \u8364: those go, numbers of other control words stay.
std::size_t blank_escape(Units& text, std::size_t at) {
  if (at + 3 < text.size() && text.at(at) == '\\' && text.at(at + 1) == '\'') {
    text.set(at + 2, '7');
    text.set(at + 3, '8');  // 'x'
    return at + 4;
  }
  return at;
}

void blank_words(Units text) {
  for (std::size_t at = 0; at < text.size();) {
    if (const std::size_t behind = blank_escape(text, at); behind != at) {
      at = behind;
    } else if (is_letter(text.at(at))) {
      const std::size_t end = end_of(text, at, is_letter);
      const std::string word = text.lower(at, end);
      const bool is_control = at > 0 && text.at(at - 1) == '\\';
      const bool is_kept = is_format_word(word);
      for (std::size_t i = at; !is_kept && i < end; ++i) text.blank(i);
      at = is_control && is_kept && word != "u" ? end_of(text, end, is_digit) : end;
    } else {
      text.blank(at++);
    }
  }
}

void blank_text(std::string& bytes, std::size_t width, Blanking how) {
  Units text(bytes, width);
  if (how == Blanking::words) return blank_words(text);
  for (std::size_t i = 0; i < text.size(); ++i) text.blank(i);
}

// Runs of letters in what is no text; those of two bytes each as well.
void blank_runs(std::string& bytes) {
  const auto is_ascii_letter = [](unsigned unit) { return unit < 0x80 && is_letter(unit); };
  for (const std::size_t width : {std::size_t{1}, std::size_t{2}})
    for (std::size_t shift = 0; shift < width; ++shift) {
      std::string part = bytes.substr(std::min(shift, bytes.size()));
      Units text(part, width);
      for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = end_of(text, at, is_ascii_letter);
        for (std::size_t i = at; end - at >= kShortestRun && i < end; ++i) text.blank(i);
        at = end + 1;
      }
      bytes.replace(std::min(shift, bytes.size()), std::string::npos, part);
    }
}

bool is_lzfu(std::string_view packed) { return packed.substr(std::min<std::size_t>(packed.size(), 8), 4) == "LZFu"; }

// What is no RTF though it should be is changed as it stands.
template <class Change>
void change_rtf(std::string& bytes, Change change) {
  auto rtf = unpack_rtf(bytes);
  if (!rtf) return change(bytes);
  change(*rtf);
  bytes = pack_rtf(*rtf, is_lzfu(bytes));
}

void blank_property(Property& property, Blanking how) {
  const Content content = content_of(property);
  if (content == Content::number) return;
  blank(property.value, property.elements.empty() ? content : Content::number, how);
  for (std::string& element : property.elements) blank(element, content, how);
}

}  // namespace

Content content_of(const Property& property) {
  const TypeInfo* info = type_info(base_type(property.type()));
  if (property.shape == Shape::row || property.shape == Shape::fixed) return Content::number;
  if (property.tag == kRtf) return Content::rtf;
  const unsigned width = text_width(property.type());
  if (width > 0) return width == 2 ? Content::text16 : Content::text8;
  if (info && info->shape == ValueShape::fixed) return Content::number;
  return property.id() == kHtml ? Content::text8 : Content::binary;
}

// MS-OXTNEF 2.1.3.1: the upper half of an attribute's ID is its type; 1, 2 and 7 are texts.
Content content_of(const Node& node) {
  const std::uint32_t type = node.id >> 16;
  const bool is_text = node.kind == Node::Kind::attribute && (type == 1 || type == 2 || type == 7);
  return is_text ? Content::text8 : Content::binary;
}

void blank(std::string& bytes, Content content, Blanking how) {
  switch (content) {
    case Content::number: return;
    case Content::text8: return blank_text(bytes, 1, how);
    case Content::text16: return blank_text(bytes, 2, how);
    case Content::rtf: return change_rtf(bytes, [&](std::string& rtf) { blank_text(rtf, 1, how); });
    case Content::binary:
      if (how != Blanking::all) return blank_runs(bytes);
      std::ranges::fill(bytes, '\0');
  }
}

void blank_part(std::string& bytes, Content content, std::size_t from, std::size_t size) {
  if (content == Content::rtf)
    return change_rtf(bytes, [&](std::string& rtf) { blank_part(rtf, Content::text8, from, size); });
  if (from >= bytes.size()) return;
  std::string part = bytes.substr(from, size);
  blank(part, content == Content::number ? Content::binary : content, Blanking::all);
  bytes.replace(from, part.size(), part);
}

void cut_part(std::string& bytes, Content content, std::size_t from, std::size_t size) {
  if (content == Content::rtf)
    return change_rtf(bytes, [&](std::string& rtf) { cut_part(rtf, Content::text8, from, size); });
  if (from < bytes.size()) bytes.erase(from, size);
}

std::size_t size_of(const std::string& bytes, Content content) {
  if (content != Content::rtf) return bytes.size();
  const auto rtf = unpack_rtf(bytes);
  return rtf ? rtf->size() : bytes.size();
}

std::uint64_t telling_bytes(std::string_view bytes) {
  return static_cast<std::uint64_t>(
      std::ranges::count_if(bytes, [](char c) { return c != 0 && c != 'x' && c != '0'; }));
}

std::uint64_t telling_bytes(const std::string& bytes, Content content) {
  if (content != Content::rtf) return telling_bytes(bytes);
  const auto rtf = unpack_rtf(bytes);
  return telling_bytes(rtf ? *rtf : bytes);
}

void blank_all(Node& node, Blanking how) {
  if (node.kind == Node::Kind::stream || node.kind == Node::Kind::attribute) blank(node.data, content_of(node), how);
  for (Property& property : node.properties) blank_property(property, how);
  for (Node& child : node.children) blank_all(child, how);
}

}  // namespace mapiguard::mutation
