// BodyMessage: a Message made in memory for tests of the body stage; it keeps the bytes that the blobs point into.
#pragma once

#include <deque>
#include <string>
#include <string_view>

#include "converter/model/message.h"
#include "tests/support/property_setters.h"

namespace mapiguard::testing {

class BodyMessage {
 public:
  BodyMessage& string8(PropertyId id, std::string_view bytes) { return add(id, PropertyType::string8, bytes); }
  BodyMessage& unicode(PropertyId id, std::string_view utf8) { return add(id, PropertyType::unicode, utf16le(utf8)); }
  BodyMessage& raw_unicode(PropertyId id, std::string_view bytes) { return add(id, PropertyType::unicode, bytes); }
  BodyMessage& binary(PropertyId id, std::string_view bytes) { return add(id, PropertyType::binary, bytes); }
  BodyMessage& integer(PropertyId id, std::int64_t value) {
    message_.properties.add({id, static_cast<std::uint16_t>(PropertyType::integer32), value, nullptr});
    return *this;
  }
  BodyMessage& boolean(PropertyId id, bool value) {
    message_.properties.add({id, static_cast<std::uint16_t>(PropertyType::boolean), value, nullptr});
    return *this;
  }
  BodyMessage& unreadable(PropertyId id, PropertyType type) {
    message_.properties.add({id, static_cast<std::uint16_t>(type), std::monostate{}, nullptr});
    return *this;
  }
  BodyMessage& oem(std::uint32_t codepage) {
    message_.oem_codepage = codepage;
    return *this;
  }
  const Message& message() {
    message_.properties.index();
    return message_;
  }

 private:
  BodyMessage& add(PropertyId id, PropertyType type, std::string_view bytes) {
    owned_.emplace_back(bytes);
    message_.properties.add({id, static_cast<std::uint16_t>(type), Blob(as_bytes(owned_.back())), nullptr});
    return *this;
  }

  Message message_;
  std::deque<std::string> owned_;
};

}  // namespace mapiguard::testing
