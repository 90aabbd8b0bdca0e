// Verbs that put MAPI properties into a container under construction; MsgBuilder, TnefBuilder and Properties
// (a recipient, or the properties of an attachment) share them, so that a test reads alike for both formats.
//
//   Properties().unicode(0x3001, "Ada").integer32(0x0C15, 1)
//
// Text is given as UTF-8; unicode() stores UTF-16LE. Thread promise: plain values.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "converter/model/property.h"

namespace mapiguard::testing {

std::string utf16le(std::string_view utf8);
std::string le16(std::uint64_t value);
std::string le32(std::uint64_t value);
std::string le64(std::uint64_t value);
std::string raw(const Guid& guid);
// "{00020329-0000-0000-C000-000000000046}" or without braces; a malformed text gives zeros.
Guid guid_of(std::string_view text);
// Ticks of a UTC time, for time().
std::uint64_t ticks_of(int year, unsigned month, unsigned day, unsigned hour = 0, unsigned minute = 0,
                       unsigned second = 0);

// A property as bytes. Fixed types hold their little-endian value at its natural width.
struct RawProperty {
  std::uint16_t id = 0;
  std::uint16_t type = 0;
  std::vector<std::string> values;  // one, or several when multi-valued
  // What the property stream of a .msg says the length is, when that shall be a lie.
  std::optional<std::uint32_t> announced_length = {};
  bool announced = true;   // .msg: has a record in the property stream
  bool has_stream = true;  // .msg: has a __substg1.0_ stream (variable types)
};

struct RawName {
  Guid set;
  std::uint32_t lid = 0;
  std::string text;  // UTF-8; "" = the name is the number
};
using RawNames = std::map<std::uint16_t, RawName>;

std::string fixed_value(std::uint16_t type, double value);

template <class Self>
class PropertySetters {
 public:
  Self& unicode(std::uint16_t id, std::string_view utf8) { return put(id, PropertyType::unicode, utf16le(utf8)); }
  Self& string8(std::uint16_t id, std::string_view bytes) { return put(id, PropertyType::string8, std::string(bytes)); }
  Self& binary(std::uint16_t id, std::string_view bytes) { return put(id, PropertyType::binary, std::string(bytes)); }
  Self& integer16(std::uint16_t id, std::int64_t v) { return put(id, PropertyType::integer16, le16(v)); }
  Self& integer32(std::uint16_t id, std::int64_t v) { return put(id, PropertyType::integer32, le32(v)); }
  Self& integer64(std::uint16_t id, std::int64_t v) { return put(id, PropertyType::integer64, le64(v)); }
  Self& currency(std::uint16_t id, std::int64_t v) { return put(id, PropertyType::currency, le64(v)); }
  Self& error_code(std::uint16_t id, std::uint32_t v) { return put(id, PropertyType::error_code, le32(v)); }
  Self& boolean(std::uint16_t id, bool v) { return put(id, PropertyType::boolean, le16(v)); }
  Self& time(std::uint16_t id, std::uint64_t ticks) { return put(id, PropertyType::time, le64(ticks)); }
  Self& floating64(std::uint16_t id, double v) { return put(id, PropertyType::floating64, fixed_value(5, v)); }
  Self& floating32(std::uint16_t id, double v) { return put(id, PropertyType::floating32, fixed_value(4, v)); }
  Self& floating_time(std::uint16_t id, double v) { return put(id, PropertyType::floating_time, fixed_value(7, v)); }
  Self& guid(std::uint16_t id, const Guid& v) { return put(id, PropertyType::guid, raw(v)); }
  Self& object(std::uint16_t id) { return put(id, PropertyType::object, {}); }

  Self& unicodes(std::uint16_t id, std::initializer_list<std::string_view> all) {
    RawProperty property{id, multi(PropertyType::unicode), {}};
    for (const auto text : all) property.values.push_back(utf16le(text));
    return put(std::move(property));
  }
  Self& strings8(std::uint16_t id, std::initializer_list<std::string_view> all) {
    return put({id, multi(PropertyType::string8), {all.begin(), all.end()}});
  }
  Self& binaries(std::uint16_t id, std::initializer_list<std::string_view> all) {
    return put({id, multi(PropertyType::binary), {all.begin(), all.end()}});
  }
  Self& integers32(std::uint16_t id, std::initializer_list<std::int64_t> all) {
    RawProperty property{id, multi(PropertyType::integer32), {}};
    for (const auto v : all) property.values.push_back(le32(v));
    return put(std::move(property));
  }
  Self& times(std::uint16_t id, std::initializer_list<std::uint64_t> all) {
    RawProperty property{id, multi(PropertyType::time), {}};
    for (const auto v : all) property.values.push_back(le64(v));
    return put(std::move(property));
  }

  // Anything else: any type, any bytes, lies included.
  Self& put(RawProperty property) {
    all_.push_back(std::move(property));
    return static_cast<Self&>(*this);
  }
  Self& put(std::uint16_t id, PropertyType type, std::string value) {
    return put({id, static_cast<std::uint16_t>(type), {std::move(value)}});
  }

  const std::vector<RawProperty>& properties() const { return all_; }
  bool has(std::uint16_t id) const {
    for (const auto& property : all_)
      if (property.id == id) return true;
    return false;
  }

 private:
  static std::uint16_t multi(PropertyType type) {
    return static_cast<std::uint16_t>(static_cast<unsigned>(type) | kMultiValued);
  }
  std::vector<RawProperty> all_;
};

// The properties of a recipient, and a base for those of an attachment.
class Properties : public PropertySetters<Properties> {};

// A recipient as mails have them: name, SMTP address, type (1 To, 2 Cc, 3 Bcc).
Properties smtp_recipient(std::string_view name, std::string_view address, int type = 1);

}  // namespace mapiguard::testing
