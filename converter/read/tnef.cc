// read_tnef: a message from a TNEF stream (MS-OXTNEF).
#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "converter/model/planted_bugs.h"
#include "converter/read/attachment_method.h"
#include "converter/read/cfb.h"
#include "converter/read/read.h"
#include "converter/read/storage_tree.h"
#include "converter/read/tnef_attributes.h"
#include "converter/read/tnef_legacy.h"
#include "converter/read/tnef_properties.h"

namespace mapiguard {
namespace {

constexpr PropertyId kAttachData = 0x3701, kAttachFilename = 0x3704, kAttachLongFilename = 0x3707;
constexpr Guid kIidMessage = {{0x07, 0x03, 0x02, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46}};
constexpr Guid kIidStorage = {{0x0B, 0, 0, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46}};

using Attributes = std::span<const TnefAttribute>;

std::string below(const std::string& where, const char* what, std::size_t number) {
  std::string path = where;
  if (!path.empty()) path += '/';
  return path.append(what).append(std::to_string(number)).append("]");
}

class TnefReader {
 public:
  TnefReader(const ReadContext& context, Document& document) : context_(context), document_(document) {}

  // False when there is nothing of a message: no attribute but those that describe the stream.
  bool read(Bytes input, std::uint32_t depth, Message& message) {
    const std::vector<TnefAttribute> all = read_tnef_attributes(input, message.where, context_);
    message.kind = InputKind::tnef;
    const auto is_of_message = [](const TnefAttribute& a) { return a.level == TnefLevel::message; };
    std::vector<TnefAttribute> own, attached;
    std::ranges::partition_copy(all, std::back_inserter(own), std::back_inserter(attached), is_of_message);
    read_message(own, message);
    read_attachments(attached, depth, message);
    return std::ranges::any_of(
        all, [](const TnefAttribute& a) { return a.id != TnefId::tnef_version && a.id != TnefId::oem_codepage; });
  }

 private:
  void read_message(Attributes attributes, Message& message) {
    std::vector<TnefObject> objects;  // of messages: none that we know a use for
    for (const TnefAttribute& attribute : attributes) {
      ByteCursor cursor(attribute.data);
      if (attribute.id == TnefId::oem_codepage) message.oem_codepage = cursor.u32().value_or(0);
      if (attribute.id == TnefId::msg_props)
        read_tnef_properties(cursor, message.where, context_, message.properties, objects);
      if (attribute.id == TnefId::recip_table) read_recipients(cursor, message);
    }
    message.properties.index();
    add_legacy_properties(attributes, message.where, context_, document_, message.properties);
  }

  // MS-OXTNEF 2.1.3.5: the number of rows, then each as a list of properties.
  void read_recipients(ByteCursor cursor, Message& message) {
    const std::uint32_t rows = cursor.u32().value_or(0);
    std::uint32_t read = 0;
    std::vector<TnefObject> objects;
    for (bool can_go_on = true; read < rows && can_go_on && !cursor.at_end() && context_.budget.spend(); ++read) {
      if (message.recipients.size() >= context_.limits.max_recipients) break;
      Recipient& recipient = message.recipients.emplace_back();
      recipient.where = below(message.where, "recipient[", message.recipients.size() - 1);
      can_go_on = read_tnef_properties(cursor, recipient.where, context_, recipient.properties, objects);
      recipient.properties.index();
    }
    if (read < rows)
      context_.defects.loss(message.where, "the recipient table should have " + std::to_string(rows) + " rows; " +
                                               std::to_string(read) + " were read");
  }

  // Each attachment begins with attAttachRendData. Some writers leave that out: then a second attAttachData or
  // attAttachTitle begins the next.
  void read_attachments(Attributes attributes, std::uint32_t depth, Message& message) {
    std::size_t begin = 0;
    while (begin < attributes.size()) {
      std::size_t end = begin + 1;
      while (end < attributes.size() && !begins_another(attributes.subspan(begin, end - begin), attributes[end])) ++end;
      if (message.attachments.size() >= context_.limits.max_attachments) {
        context_.defects.loss(message.where, "the message has more than " +
                                                 std::to_string(context_.limits.max_attachments) +
                                                 " attachments; the others were left out");
        return;
      }
      Attachment& attachment = message.attachments.emplace_back();
      attachment.where = below(message.where, "attachment[", message.attachments.size() - 1);
      if (attributes[begin].id != TnefId::attach_rend_data)
        context_.defects.repaired(attachment.where, "the attachment does not begin with attAttachRendData");
      read_attachment(attributes.subspan(begin, end - begin), depth, attachment);
      begin = end;
    }
  }

  static bool begins_another(Attributes before, const TnefAttribute& next) {
    if (next.id == TnefId::attach_rend_data) return true;
    const bool ends_one = next.id == TnefId::attach_data || next.id == TnefId::attach_title;
    return ends_one && std::ranges::find(before, next.id, &TnefAttribute::id) != before.end();
  }

  void read_attachment(Attributes attributes, std::uint32_t depth, Attachment& attachment) {
    std::vector<TnefObject> objects;
    PropertyBag& bag = attachment.properties;
    Bytes title;
    for (const TnefAttribute& attribute : attributes) {
      ByteCursor cursor(attribute.data);
      if (attribute.id == TnefId::attachment) read_tnef_properties(cursor, attachment.where, context_, bag, objects);
      if (attribute.id == TnefId::attach_data) attachment.data = Blob(attribute.data);
      if (attribute.id == TnefId::attach_title) title = attribute.data;
    }
    bag.index();
    const Blob* stored = bag.binary(kAttachData);
    if (attachment.data.empty() && stored) attachment.data = *stored;
    for (const TnefObject& object : objects)
      if (object.id == kAttachData) read_object(object, depth, attachment);
    if (attachment.embedded || attachment.storage) add_missing_method(attachment);  // before attAttachRendData's type
    add_legacy_properties(attributes, attachment.where, context_, document_, bag);
    add_missing_method(attachment);
    if (!title.empty() && title[0] != std::byte{0}) add_title(title, bag);
  }

  void read_object(const TnefObject& object, std::uint32_t depth, Attachment& attachment) {
    if (object.interface_id == kIidMessage) return read_embedded(object.data, depth, attachment);
    if (object.interface_id == kIidStorage && has_cfb_signature(object.data)) {
      auto file = CompoundFile::open(object.data, context_.budget, context_.defects);
      if (file) {
        attachment.storage = read_storage_tree(*file, CompoundFile::kRoot, attachment.where, context_);
        return;
      }
      context_.defects.loss(attachment.where, "the object cannot be taken apart: " + file.error().message);
    }
    if (attachment.data.empty()) attachment.data = Blob(object.data);
  }

  void read_embedded(Bytes data, std::uint32_t depth, Attachment& attachment) {
    MAPIGUARD_PLANTED(nested_tnef(depth));  // 6
    if (depth >= context_.limits.max_depth) {
      context_.defects.loss(attachment.where, "messages are nested more than " +
                                                  std::to_string(context_.limits.max_depth) +
                                                  " deep; this one was left out");
      return;
    }
    attachment.embedded = std::make_unique<Message>();
    attachment.embedded->where = attachment.where;
    if (read(data, depth + 1, *attachment.embedded)) return;
    context_.defects.loss(attachment.where, "the embedded message holds no TNEF attribute");
    attachment.embedded.reset();
  }

  static void add_title(Bytes title, PropertyBag& bag) {
    for (const PropertyId id : {kAttachFilename, kAttachLongFilename})
      if (!bag.string(id)) bag.add({id, static_cast<std::uint16_t>(PropertyType::string8), Blob(title), nullptr});
    bag.index();
  }

  const ReadContext& context_;
  Document& document_;
};

}  // namespace

Result<Document> read_tnef(Bytes input, const ReadContext& context) {
  if (!has_tnef_signature(input) && !looks_like_tnef(input))
    return fail(ErrorCode::not_a_message,
                "the input is no TNEF stream (winmail.dat): it does not begin with its signature");
  Document document;
  document.message = std::make_unique<Message>();
  if (!TnefReader(context, document).read(input, 0, *document.message))
    return fail(
        ErrorCode::not_a_message,
        "the TNEF stream (winmail.dat) of " + std::to_string(input.size()) + " bytes holds nothing that can be read",
        "it may have been cut off in transfer");
  return document;
}

}  // namespace mapiguard
