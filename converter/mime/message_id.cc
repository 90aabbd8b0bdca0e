#include "converter/mime/message_id.h"

#include "base/budget.h"
#include "base/sha256.h"
#include "converter/body/charset.h"
#include "converter/mime/transport_headers.h"
#include "converter/model/property_table.h"

namespace mapiguard {
namespace {

constexpr std::uint64_t kMostHashed = 1 << 20;  // of one value: what is alike for so long is told apart by its size
constexpr int kDeepest = 4;                     // messages inside one another

class ContentHash {
 public:
  void add(const Message& message, int depth) {
    add(message.properties);
    for (const Recipient& recipient : message.recipients) add(recipient.properties);
    for (const Attachment& attachment : message.attachments) {
      add(attachment.properties);
      add(attachment.data);
      if (attachment.embedded && depth > 0) add(*attachment.embedded, depth - 1);
    }
  }
  std::string digits() { return hex(hash_.finish()).substr(0, 32); }

 private:
  void add(const PropertyBag& bag) {
    for (const Property& property : bag.all()) {
      number(tag_of(property.id, property.type));
      std::visit([this](const auto& value) { add(value); }, property.value);
    }
    number(bag.size());
  }
  void add(std::monostate) {}
  void add(bool value) { number(value); }
  void add(std::int64_t value) { number(static_cast<std::uint64_t>(value)); }
  void add(double value) { hash_.add({reinterpret_cast<const std::byte*>(&value), sizeof value}); }
  void add(FileTime value) { number(value.ticks); }
  void add(const Guid& value) { hash_.add(std::as_bytes(std::span(value.bytes))); }
  void add(const Blob& value) {
    number(value.size());
    std::uint64_t left = kMostHashed;
    for (std::size_t i = 0; i < value.pieces() && left > 0; ++i) {
      const Bytes taken = slice(value.piece(i), 0, left);
      left -= taken.size();
      hash_.add(taken);
    }
  }
  template <class T>
  void add(const std::vector<T>& values) {
    number(values.size());
    for (const auto& value : values) add(static_cast<const T&>(value));
  }
  void number(std::uint64_t value) { hash_.add({reinterpret_cast<const std::byte*>(&value), sizeof value}); }

  Sha256 hash_;
};

// Its own, from the property or else from the transport headers; "" when it has none.
std::string own_message_id(const Message& message) {
  constexpr std::uint64_t kMostHeader = 1 << 20;  // the ID of a larger one is not worth its reading
  const Texts texts(message);
  const std::string id = message_id_token(texts.get(message.properties, "PidTagInternetMessageId"_pid).value_or(""));
  const Property* transport = message.properties.string("PidTagTransportMessageHeaders"_pid);
  const Blob* blob = transport ? std::get_if<Blob>(&transport->value) : nullptr;
  if (!id.empty() || !blob || blob->size() > kMostHeader) return id;
  Budget budget(kMostHeader);
  return message_id_token(value_of_field(parse_header_block(texts.decode(*transport, true), budget), "Message-ID"));
}

}  // namespace

std::string made_message_id(const Message& message, std::string_view domain) {
  ContentHash hash;
  hash.add(message, kDeepest);
  return "<" + hash.digits() + "@" + std::string(domain) + ">";
}

std::string message_id_of(const Message& message, std::string_view domain) {
  std::string id = own_message_id(message);
  return id.empty() ? made_message_id(message, domain) : id;
}

}  // namespace mapiguard
