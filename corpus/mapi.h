// The generator's own picture of a MAPI message: lists of properties, recipients, attachments. msg_writer and
// tnef_writer turn it into files. Values are kept as the containers have them, little-endian, without NULs.
//
// Thread promise: plain values.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "corpus/byte_sink.h"
#include "corpus/cfb_writer.h"
#include "corpus/charset.h"
#include "corpus/guid.h"

namespace mapiguard::corpus {

// MS-OXCDATA 2.11.1, as far as the catalogue uses them.
namespace ptype {
inline constexpr std::uint16_t kInteger16 = 0x0002, kInteger32 = 0x0003, kFloating64 = 0x0005, kCurrency = 0x0006,
                               kFloatingTime = 0x0007, kBoolean = 0x000B, kObject = 0x000D, kInteger64 = 0x0014,
                               kString8 = 0x001E, kUnicode = 0x001F, kTime = 0x0040, kGuid = 0x0048, kBinary = 0x0102,
                               kMultiple = 0x1000;
}  // namespace ptype

constexpr bool is_variable(std::uint16_t type) {
  const auto single = static_cast<std::uint16_t>(type & ~ptype::kMultiple);
  return single == ptype::kString8 || single == ptype::kUnicode || single == ptype::kBinary || single == ptype::kObject;
}
constexpr bool is_string(std::uint16_t type) {
  const auto single = static_cast<std::uint16_t>(type & ~ptype::kMultiple);
  return single == ptype::kString8 || single == ptype::kUnicode;
}

// PtypTime: 100-nanosecond units since 1601.
struct FileTime {
  std::uint64_t ticks = 0;
};
constexpr FileTime filetime(int year, unsigned month, unsigned day, unsigned hour, unsigned minute,
                            unsigned second = 0) {
  const auto days = std::chrono::sys_days(std::chrono::year(year) / month / day) -
                    std::chrono::sys_days(std::chrono::year(1601) / 1 / 1);
  return {(static_cast<std::uint64_t>(days.count()) * 86400 + hour * 3600 + minute * 60 + second) * 10'000'000};
}
static_assert(filetime(2024, 3, 5, 9, 15).ticks == 133541037000000000);

struct PropertyName {
  Guid set;
  std::uint32_t lid = 0;  // when text is empty
  std::u16string text;
  friend bool operator==(const PropertyName&, const PropertyName&) = default;
};
inline PropertyName named(const Guid& set, std::uint32_t lid) { return {set, lid, {}}; }
inline PropertyName named(const Guid& set, std::string_view text) { return {set, 0, utf16(text)}; }

// A property's ID, or its name: the writer gives named ones an ID from 0x8000 on.
struct PropertyKey {
  PropertyKey(std::uint16_t number) : id(number) {}
  PropertyKey(PropertyName given) : name(std::move(given)) {}
  std::uint16_t id = 0;
  std::optional<PropertyName> name;
  friend bool operator==(const PropertyKey&, const PropertyKey&) = default;
};

struct Property {
  PropertyKey key;
  std::uint16_t type = 0;
  std::vector<std::string> values;  // one, unless the type has kMultiple
};

// A later value for the same key replaces the earlier one.
class Properties {
 public:
  explicit Properties(TextCoding coding) : coding_(coding) {}

  Properties& text(PropertyKey key, std::string_view utf8);
  Properties& ascii(PropertyKey key, std::string_view text);  // PtypString8 whatever the coding is
  Properties& integer16(PropertyKey key, std::uint16_t value);
  Properties& integer32(PropertyKey key, std::uint32_t value);
  Properties& integer64(PropertyKey key, std::uint64_t value);
  Properties& floating64(PropertyKey key, double value);
  Properties& boolean(PropertyKey key, bool value);
  Properties& time(PropertyKey key, FileTime value);
  Properties& guid(PropertyKey key, const Guid& value);
  Properties& binary(PropertyKey key, std::string bytes);
  Properties& texts(PropertyKey key, const std::vector<std::string_view>& utf8);
  Properties& integers32(PropertyKey key, const std::vector<std::uint32_t>& values);
  Properties& times(PropertyKey key, const std::vector<FileTime>& values);
  Properties& binaries(PropertyKey key, std::vector<std::string> values);
  Properties& raw(PropertyKey key, std::uint16_t type, std::vector<std::string> values);
  void remove(const PropertyKey& key);

  const TextCoding& coding() const { return coding_; }
  const std::vector<Property>& all() const { return all_; }
  const Property* find(const PropertyKey& key) const;

 private:
  TextCoding coding_;
  std::vector<Property> all_;
};

struct Message;

// PidTagAttachDataBinary comes from `data`, PidTagAttachDataObject from `embedded` or `storage`.
struct Attachment {
  Properties properties;
  std::optional<Content> data;  // absent when there is only a reference
  std::unique_ptr<Message> embedded;
  std::unique_ptr<CfbNode> storage;
};

struct Message {
  explicit Message(TextCoding coding) : properties(coding) {}
  Properties properties;
  std::vector<Properties> recipients;
  std::vector<Attachment> attachments;

  const TextCoding& coding() const { return properties.coding(); }
};

// Property sets (MS-OXPROPS 1.3.2).
inline constexpr Guid kPsMapi = guid("00020328-0000-0000-C000-000000000046");
inline constexpr Guid kPsPublicStrings = guid("00020329-0000-0000-C000-000000000046");
inline constexpr Guid kPsInternetHeaders = guid("00020386-0000-0000-C000-000000000046");
inline constexpr Guid kPsetidCommon = guid("00062008-0000-0000-C000-000000000046");
inline constexpr Guid kPsetidAppointment = guid("00062002-0000-0000-C000-000000000046");
inline constexpr Guid kPsetidMeeting = guid("6ED8DA90-450B-101B-98DA-00AA003F1305");
inline constexpr Guid kPsetidTask = guid("00062003-0000-0000-C000-000000000046");
inline constexpr Guid kPsetidAddress = guid("00062004-0000-0000-C000-000000000046");
inline constexpr Guid kPsetidLog = guid("0006200A-0000-0000-C000-000000000046");
inline constexpr Guid kPsetidNote = guid("0006200E-0000-0000-C000-000000000046");

}  // namespace mapiguard::corpus
