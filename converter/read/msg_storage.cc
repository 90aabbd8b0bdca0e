#include "converter/read/msg_storage.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <string_view>
#include <tuple>

#include "base/text.h"

namespace mapiguard {
namespace {

enum class Kind : std::uint8_t { value, element, recipient, attachment, properties, names };

struct Pattern {
  Kind kind;
  std::string_view name;  // '*' stands for a hexadecimal digit
};
constexpr std::array kPatterns = {
    Pattern{Kind::value, "__substg1.0_********"},
    Pattern{Kind::element, "__substg1.0_********-********"},
    Pattern{Kind::recipient, "__recip_version1.0_#********"},
    Pattern{Kind::attachment, "__attach_version1.0_#********"},
    Pattern{Kind::properties, "__properties_version1.0"},
    Pattern{Kind::names, "__nameid_version1.0"},
};

constexpr auto kHexValues = [] {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (int i = 0; i < 10; ++i) values['0' + i] = static_cast<std::int8_t>(i);
  for (int i = 0; i < 6; ++i) values['A' + i] = values['a' + i] = static_cast<std::int8_t>(10 + i);
  return values;
}();

struct Match {
  const Pattern* pattern = nullptr;
  std::uint32_t numbers[2] = {0, 0};  // the groups of eight digits
  int wrong = 0;                      // damaged characters
};

// The character of a UTF-16 name at `i`, 0 when it is not ASCII.
unsigned char ascii_at(Bytes name, std::size_t i) {
  return name[2 * i + 1] == std::byte{0} ? std::to_integer<unsigned char>(name[2 * i]) : 0;
}

Match match(Bytes name, const Pattern& pattern, int tolerated) {
  Match out;
  if (name.size() != pattern.name.size() * 2) return out;
  int digits = 0;
  for (std::size_t i = 0; i < pattern.name.size(); ++i) {
    const unsigned char c = ascii_at(name, i);
    if (pattern.name[i] == '*') {
      if (kHexValues[c] < 0) return out;
      auto& number = out.numbers[digits++ / 8];
      number = number << 4 | static_cast<std::uint32_t>(kHexValues[c]);
    } else if (c != static_cast<unsigned char>(pattern.name[i]) &&
               ascii_lower(static_cast<char>(c)) != pattern.name[i] && ++out.wrong > tolerated) {
      return out;
    }
  }
  out.pattern = &pattern;
  return out;
}

// Nine names of ten are this one, written like this: eight digits behind a fixed prefix.
bool match_plain_value(Bytes name, PropertyTag& tag) {
  using namespace std::string_view_literals;
  constexpr std::string_view kPrefix = "_\0_\0s\0u\0b\0s\0t\0g\0\x31\0.\0\x30\0_\0"sv;
  if (name.size() != kPrefix.size() + 16 || std::memcmp(name.data(), kPrefix.data(), kPrefix.size()) != 0) return false;
  std::uint64_t units[2];  // four UTF-16 units each
  std::memcpy(units, name.data() + kPrefix.size(), sizeof units);
  constexpr std::uint64_t kUpperBytes = 0xFF00FF00FF00FF00;
  if ((units[0] | units[1]) & kUpperBytes) return false;
  int bad = 0;  // negative as soon as one digit is none
  tag = 0;
  for (const std::uint64_t four : units)
    for (int shift = 0; shift < 64; shift += 16) {
      const int digit = kHexValues[four >> shift & 0xFF];
      bad |= digit;
      tag = tag << 4 | static_cast<std::uint32_t>(digit);
    }
  return bad >= 0;
}

Match match_any(Bytes name) {
  constexpr int kTolerated = 2;
  for (const int tolerated : {0, kTolerated})
    for (const Pattern& pattern : kPatterns)
      if (Match found = match(name, pattern, tolerated); found.pattern) return found;
  return {};
}

// A value's name with one or two damaged digits, and perhaps more amiss.
bool is_stray(Bytes name) {
  constexpr std::string_view kPrefix = "__substg1.0_";
  constexpr std::size_t kTolerated = 2;
  if (name.size() != (kPrefix.size() + 8) * 2) return false;
  std::size_t bad_digits = 0;
  for (std::size_t i = kPrefix.size(); i < kPrefix.size() + 8; ++i) bad_digits += kHexValues[ascii_at(name, i)] < 0;
  return bad_digits <= kTolerated && name_distance(slice(name, 0, kPrefix.size() * 2), kPrefix) <= kTolerated;
}

void put(const Match& found, CompoundFile::Node node, bool is_storage, StorageContents& contents) {
  switch (found.pattern->kind) {
    case Kind::value: contents.values.push_back({found.numbers[0], 0, node, false}); break;
    case Kind::element: contents.elements.push_back({found.numbers[0], found.numbers[1], node, false}); break;
    case Kind::recipient:
      if (is_storage) contents.recipients.push_back({found.numbers[0], node});
      break;
    case Kind::attachment:
      if (is_storage) contents.attachments.push_back({found.numbers[0], node});
      break;
    case Kind::properties:
      if (!is_storage && !contents.properties) contents.properties = node;
      break;
    case Kind::names:
      if (is_storage && !contents.names) contents.names = node;
      break;
  }
}

// The directory of an undamaged file is in this order already. Of two with one number the first stays the first.
template <class T, class Key>
void order(std::vector<T>& list, Key key) {
  if (std::ranges::is_sorted(list, {}, key)) return;
  std::ranges::sort(list, {}, [&](const T& member) { return std::tuple(key(member), member.node); });
}

}  // namespace

void StorageContents::clear() {
  properties.reset();
  names.reset();
  values.clear();
  elements.clear();
  recipients.clear();
  attachments.clear();
  strays.clear();
}

SubStorage* StorageContents::find(PropertyTag tag) {
  const auto at = std::ranges::lower_bound(values, tag, {}, &SubStorage::tag);
  return at != values.end() && at->tag == tag ? &*at : nullptr;
}

void classify(const CompoundFile& file, CompoundFile::Node storage, const std::string& where, DefectLog& defects,
              StorageContents& contents) {
  contents.clear();
  for (const CompoundFile::Node node : file.members(storage)) {
    const Bytes name = file.name(node);
    if (PropertyTag tag = 0; match_plain_value(name, tag)) {
      contents.values.push_back({tag, 0, node, false});
      continue;
    }
    const Match found = match_any(name);
    if (!found.pattern) {
      if (!file.is_storage(node) && is_stray(name)) contents.strays.push_back(node);
      continue;
    }
    if (found.wrong > 0)
      defects.repaired(where,
                       "a directory entry with a damaged name was taken to be " + std::string(found.pattern->name));
    put(found, node, file.is_storage(node), contents);
  }
  order(contents.values, [](const SubStorage& s) { return s.tag; });
  order(contents.elements, [](const SubStorage& s) { return std::tuple(s.tag, s.index); });
  order(contents.recipients, [](const NumberedStorage& s) { return s.number; });
  order(contents.attachments, [](const NumberedStorage& s) { return s.number; });
}

}  // namespace mapiguard
