// ModelBuilder makes Messages as a reader would, with the memory that their blobs point into.
//
//   ModelBuilder m;
//   m.message().unicode("PidTagSubject"_pid, "Hello").integer("PidTagImportance"_pid, 2);
//   m.recipient(1, "Ada", "ada@example.org");
//   std::string mail = m.mail();
//
// Thread promise: belongs to one test.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/budget.h"
#include "base/defects.h"
#include "converter/mime/build.h"
#include "converter/model/message.h"
#include "converter/model/property_table.h"
#include "tests/support/property_setters.h"

namespace mapiguard::testing {

class ModelBuilder;

// Adds properties to one bag.
class BagBuilder {
 public:
  BagBuilder(PropertyBag& bag, std::deque<std::string>& memory) : bag_(bag), memory_(memory) {}
  BagBuilder& unicode(PropertyId id, std::string_view utf8) {
    return add(id, PropertyType::unicode, blob(utf16le(utf8)));
  }
  BagBuilder& string8(PropertyId id, std::string_view bytes) { return add(id, PropertyType::string8, blob(bytes)); }
  BagBuilder& binary(PropertyId id, std::string_view bytes) { return add(id, PropertyType::binary, blob(bytes)); }
  BagBuilder& integer(PropertyId id, std::int64_t value) { return add(id, PropertyType::integer32, value); }
  BagBuilder& boolean(PropertyId id, bool value) { return add(id, PropertyType::boolean, value); }
  BagBuilder& time(PropertyId id, std::uint64_t ticks) { return add(id, PropertyType::time, FileTime{ticks}); }
  BagBuilder& named(NamedId id, PropertyType type, Value value) {
    return add_named({guid_of(id.set), id.lid, {}}, type, std::move(value));
  }
  BagBuilder& named(const Guid& set, std::string_view text, PropertyType type, Value value) {
    return add_named({set, 0, std::string(text)}, type, std::move(value));
  }
  Blob text(std::string_view utf8) { return blob(utf16le(utf8)); }
  Blob blob(std::string_view bytes) { return Blob(as_bytes(memory_.emplace_back(bytes))); }

 private:
  BagBuilder& add(PropertyId id, PropertyType type, Value value) {
    bag_.add({id, static_cast<std::uint16_t>(type), std::move(value), nullptr});
    bag_.index();
    return *this;
  }
  BagBuilder& add_named(PropertyName name, PropertyType type, Value value) {
    bag_.add({static_cast<PropertyId>(0x8000 + bag_.size()), static_cast<std::uint16_t>(type), std::move(value),
              std::make_shared<PropertyName>(std::move(name))});
    bag_.index();
    return *this;
  }
  PropertyBag& bag_;
  std::deque<std::string>& memory_;
};

class ModelBuilder {
 public:
  ModelBuilder() : message_(std::make_unique<Message>()) { message_->kind = InputKind::msg; }

  BagBuilder message() { return {message_->properties, *memory_}; }
  BagBuilder recipient(int type, std::string_view name, std::string_view smtp) {
    Recipient& recipient = message_->recipients.emplace_back();
    recipient.where = "recipient[" + std::to_string(message_->recipients.size() - 1) + "]";
    BagBuilder bag(recipient.properties, *memory_);
    bag.integer("PidTagRecipientType"_pid, type);
    if (!name.empty()) bag.unicode("PidTagDisplayName"_pid, name);
    if (!smtp.empty()) bag.unicode("PidTagAddressType"_pid, "SMTP").unicode("PidTagEmailAddress"_pid, smtp);
    return bag;
  }
  BagBuilder attachment(std::string_view name, std::string_view data) {
    Attachment& attachment = add_attachment();
    BagBuilder bag(attachment.properties, *memory_);
    if (!name.empty()) bag.unicode("PidTagAttachLongFilename"_pid, name);
    attachment.data = bag.blob(data);
    return bag;
  }
  BagBuilder embedded(ModelBuilder& inner) {
    Attachment& attachment = add_attachment();
    inner.message_->where = attachment.where;
    attachment.embedded = std::move(inner.message_);
    inner_memory_.push_back(inner.memory_);
    BagBuilder bag(attachment.properties, *memory_);
    return bag.integer("PidTagAttachMethod"_pid, 5);
  }
  Attachment& last_attachment() { return message_->attachments.back(); }
  const Message& get() const { return *message_; }

  // The whole road of the stage; `report` holds the Defects.
  std::string mail() {
    Budget budget(1'000'000'000);
    DefectLog defects(report, 100);
    std::string out;
    StringSink sink(out);
    write_mail(build_mail(*message_, {options, budget, defects}), sink);
    return out;
  }

  ConvertOptions options;
  Report report;

 private:
  Attachment& add_attachment() {
    Attachment& attachment = message_->attachments.emplace_back();
    attachment.where = "attachment[" + std::to_string(message_->attachments.size() - 1) + "]";
    return attachment;
  }
  std::unique_ptr<Message> message_;
  std::shared_ptr<std::deque<std::string>> memory_ = std::make_shared<std::deque<std::string>>();
  std::vector<std::shared_ptr<std::deque<std::string>>> inner_memory_;
};

}  // namespace mapiguard::testing
