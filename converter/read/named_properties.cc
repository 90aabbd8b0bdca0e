#include "converter/read/named_properties.h"

#include <cstring>
#include <string>

#include "base/text.h"

namespace mapiguard {
namespace {

// MS-OXPROPS 1.3.2.
constexpr Guid kPsMapi = {{0x28, 0x03, 0x02, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46}};
constexpr Guid kPsPublicStrings = {{0x29, 0x03, 0x02, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46}};
constexpr std::uint16_t kMapiIndex = 1, kPublicStringsIndex = 2, kFirstStreamIndex = 3;
constexpr std::size_t kMostNames = 0x7FFF;  // 0x8000 to 0xFFFE

}  // namespace

NamedProperties::NamedProperties(Bytes guids, Bytes entries, Bytes strings, DefectLog& defects)
    : guids_(guids), strings_(strings) {
  std::size_t bad = entries.size() % 8 != 0;
  ByteCursor cursor(entries);
  while (cursor.left() >= 8) {
    Entry entry;
    entry.number = *cursor.u32();
    entry.guid_and_kind = *cursor.u16();
    entry.is_set = true;
    const std::size_t index = *cursor.u16();
    if (index >= kMostNames) {
      ++bad;
      continue;
    }
    if (index >= entries_.size()) entries_.resize(index + 1);
    if (!entries_[index].is_set) entries_[index] = entry;
  }
  if (bad > 0) defects.repaired("", "the table of named properties has " + std::to_string(bad) + " damaged entries");
}

std::shared_ptr<const PropertyName> NamedProperties::find(PropertyId id) {
  const std::size_t index = static_cast<std::size_t>(id) - kFirstNamedId;
  if (id < kFirstNamedId || index >= entries_.size() || !entries_[index].is_set) return nullptr;
  Entry& entry = entries_[index];
  if (!entry.name) {
    entry.name = make(entry);
    entry.is_set = entry.name != nullptr;
  }
  return entry.name;
}

std::shared_ptr<const PropertyName> NamedProperties::make(const Entry& entry) const {
  auto name = std::make_shared<PropertyName>();
  if (!read_guid(entry.guid_and_kind >> 1, name->set)) return nullptr;
  if ((entry.guid_and_kind & 1) == 0) {
    name->lid = entry.number;
    return name;
  }
  ByteCursor cursor(slice(strings_, entry.number));
  const auto length = cursor.u32();
  if (!length) return nullptr;
  name->text = utf16le_to_utf8(cursor.take_up_to(*length));
  while (!name->text.empty() && name->text.back() == '\0') name->text.pop_back();
  return name->text.empty() ? nullptr : name;
}

bool NamedProperties::read_guid(std::uint16_t index, Guid& guid) const {
  if (index == kMapiIndex || index == kPublicStringsIndex) {
    guid = index == kMapiIndex ? kPsMapi : kPsPublicStrings;
    return true;
  }
  if (index < kFirstStreamIndex) return false;
  const Bytes raw = slice(guids_, std::uint64_t{index - 3u} * guid.bytes.size(), guid.bytes.size());
  if (raw.size() < guid.bytes.size()) return false;
  std::memcpy(guid.bytes.data(), raw.data(), raw.size());
  return true;
}

}  // namespace mapiguard
