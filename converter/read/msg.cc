// read_msg: a message from a compound file (MS-OXMSG).
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "converter/model/planted_bugs.h"
#include "converter/read/attachment_method.h"
#include "converter/read/carve.h"
#include "converter/read/cfb.h"
#include "converter/read/msg_storage.h"
#include "converter/read/named_properties.h"
#include "converter/read/property_stream.h"
#include "converter/read/read.h"
#include "converter/read/salvage.h"
#include "converter/read/storage_tree.h"

namespace mapiguard {
namespace {

constexpr PropertyId kAttachData = 0x3701, kStoreSupportMask = 0x340D;
constexpr PropertyTag kAttachDataObject = 0x3701000D;
constexpr std::int64_t kStoreUnicodeOk = 0x00040000;  // MS-OXPROPS, PidTagStoreSupportMask
constexpr std::uint64_t kRecipientCountOffset =
    16;  // in the header of a message's property stream, attachments' after it
constexpr PropertyTag kGuidStream = 0x00020102, kEntryStream = 0x00030102, kStringStream = 0x00040102;

class MsgReader {
 public:
  MsgReader(CompoundFile& file, const ReadContext& context, Document& document)
      : file_(file), context_(context), properties_(file, names_, context, document) {}

  // False when the file has nothing of a message in it.
  bool read(Message& message) {
    StorageContents contents;
    classify(file_, CompoundFile::kRoot, "", context_.defects, contents);
    if (!contents.properties && contents.values.empty() && contents.attachments.empty()) return false;
    if (contents.names)
      read_names(*contents.names);
    else
      context_.defects.info("", "the message has no table of named properties");
    read_message(contents, PropertyStreamHeader::top, 0, message);
    return true;
  }

  // Whether the message may have had properties of which nothing tells any more.
  bool is_incomplete() const { return is_incomplete_; }

 private:
  void read_names(CompoundFile::Node storage) {
    StorageContents contents;
    classify(file_, storage, "", context_.defects, contents);
    const auto stream = [&](PropertyTag tag) {
      const SubStorage* found = contents.find(tag);
      if (!found || file_.is_storage(found->node)) return Bytes();
      return properties_.read_whole(found->node, "", "the table of named properties");
    };
    const Bytes guids = stream(kGuidStream), entries = stream(kEntryStream), strings = stream(kStringStream);
    if (!contents.find(kEntryStream)) context_.defects.info("", "the table of named properties is empty");
    names_ = NamedProperties(guids, entries, strings, context_.defects);
  }

  void read_message(StorageContents& contents, PropertyStreamHeader header, std::uint32_t depth, Message& message) {
    message.kind = InputKind::msg;
    properties_.read(contents, header, message.where, message.properties);
    if (depth == 0) is_incomplete_ = properties_.is_incomplete();
    const Bytes counts = slice(properties_.last_header(), kRecipientCountOffset);
    // An embedded message without the property is as the message around it.
    if (const auto mask = message.properties.integer(kStoreSupportMask))
      message.is_unicode = (*mask & kStoreUnicodeOk) != 0;
    read_recipients(contents, message);
    read_attachments(contents, depth, message);
    note_missing_members(counts, contents, message.where);
  }

  // The header counts recipients and attachments (MS-OXMSG 2.4.1.1); a storage that is not there took its contents
  // along.
  void note_missing_members(Bytes header_counts, const StorageContents& contents, const std::string& where) {
    ByteCursor counts(header_counts);
    note_missing(counts.u32(), contents.recipients.size(), "recipients", where);
    note_missing(counts.u32(), contents.attachments.size(), "attachments", where);
  }

  void note_missing(std::optional<std::uint32_t> counted, std::size_t found, const char* what,
                    const std::string& where) {
    if (counted && *counted > found)
      context_.defects.loss(where, "the header counts " + std::to_string(*counted) + " " + what + "; " +
                                       std::to_string(found) + " were found");
  }

  void read_recipients(const StorageContents& contents, Message& message) {
    const std::size_t count = std::min<std::size_t>(contents.recipients.size(), context_.limits.max_recipients);
    if (count < contents.recipients.size())
      context_.defects.loss(message.where, "the message has " + std::to_string(contents.recipients.size()) +
                                               " recipients; the first " + std::to_string(count) + " were read");
    message.recipients.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
      Recipient& recipient = message.recipients[i];
      recipient.where = below(message.where, "recipient[", i);
      classify(file_, contents.recipients[i].node, recipient.where, context_.defects, member_);
      properties_.read(member_, PropertyStreamHeader::member, recipient.where, recipient.properties);
    }
  }

  void read_attachments(const StorageContents& contents, std::uint32_t depth, Message& message) {
    const std::size_t count = std::min<std::size_t>(contents.attachments.size(), context_.limits.max_attachments);
    if (count < contents.attachments.size())
      context_.defects.loss(message.where, "the message has " + std::to_string(contents.attachments.size()) +
                                               " attachments; the first " + std::to_string(count) + " were read");
    message.attachments.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
      message.attachments[i].where = below(message.where, "attachment[", i);
      read_attachment(contents.attachments[i].node, depth, message.is_unicode, message.attachments[i]);
    }
  }

  void read_attachment(CompoundFile::Node storage, std::uint32_t depth, bool is_unicode, Attachment& attachment) {
    classify(file_, storage, attachment.where, context_.defects, member_);
    properties_.read(member_, PropertyStreamHeader::member, attachment.where, attachment.properties);
    if (const Blob* data = attachment.properties.binary(kAttachData)) attachment.data = *data;
    const SubStorage* object = member_.find(kAttachDataObject);
    MAPIGUARD_PLANTED(both_contents(!attachment.data.empty(), object && file_.is_storage(object->node)));  // 2
    if (object && file_.is_storage(object->node)) read_object(object->node, depth, is_unicode, attachment);
    add_missing_method(attachment);
  }

  // PidTagAttachDataObject as a storage: a message, unless the method says an OLE object, or it does not look like one.
  void read_object(CompoundFile::Node storage, std::uint32_t depth, bool is_unicode, Attachment& attachment) {
    StorageContents contents;
    classify(file_, storage, attachment.where, context_.defects, contents);
    const bool is_message = contents.properties || !contents.values.empty();
    if (!is_message || attachment.properties.integer(kAttachMethod) == kAfStorage) {
      attachment.storage = read_storage_tree(file_, storage, attachment.where, context_);
      return;
    }
    if (depth >= context_.limits.max_depth) {
      context_.defects.loss(attachment.where, "messages are nested more than " +
                                                  std::to_string(context_.limits.max_depth) +
                                                  " deep; this one was left out");
      return;
    }
    attachment.embedded = std::make_unique<Message>();
    attachment.embedded->where = attachment.where;
    attachment.embedded->is_unicode = is_unicode;
    read_message(contents, PropertyStreamHeader::embedded, depth + 1, *attachment.embedded);
  }

  static std::string below(const std::string& where, const char* what, std::size_t number) {
    std::string path = where;
    if (!path.empty()) path += '/';
    return path.append(what).append(std::to_string(number)).append("]");
  }

  CompoundFile& file_;
  const ReadContext& context_;
  NamedProperties names_;
  PropertyReader properties_;
  bool is_incomplete_ = true;
  StorageContents member_;  // of the recipient or attachment at hand; its memory is used again for the next
};

struct KnownDocument {
  std::string_view stream, what;
};
constexpr std::array kKnownDocuments = {
    KnownDocument{"WordDocument", "a Word document"},
    KnownDocument{"Workbook", "an Excel workbook"},
    KnownDocument{"Book", "an Excel workbook"},
    KnownDocument{"PowerPoint Document", "a PowerPoint presentation"},
    KnownDocument{"VisioDocument", "a Visio drawing"},
    KnownDocument{"EncryptedPackage", "an encrypted Office document"},
    KnownDocument{"Catalog", "a thumbnail cache"},
};

std::string explain_no_message(const CompoundFile& file) {
  std::string_view what;
  for (const CompoundFile::Node node : file.members(CompoundFile::kRoot))
    for (const KnownDocument& known : kKnownDocuments)
      if (what.empty() && name_is(file.name(node), known.stream)) what = known.what;
  std::string text = "the file is a compound file but holds no message: it has no __properties_version1.0 stream; ";
  return text + (what.empty() ? "it may be a Word or Excel document" : "it is " + std::string(what));
}

}  // namespace

Result<Document> read_msg(Bytes input, const ReadContext& context) {
  Document document;
  document.message = std::make_unique<Message>();
  document.message->kind = InputKind::msg;
  auto file = CompoundFile::open(input, context.budget, context.defects);
  if (!file) {
    if (!has_cfb_signature(input) || !carve_texts(input, context, Wanted(), document, *document.message))
      return std::unexpected(std::move(file.error()));
    return document;
  }
  MsgReader reader(*file, context, document);
  const bool is_message = reader.read(*document.message);
  const bool is_found =
      file->is_damaged() ? salvage_texts(input, context, {is_message, reader.is_incomplete()}, document) : is_message;
  if (!is_found) return fail(ErrorCode::not_a_message, explain_no_message(*file));
  return document;
}

}  // namespace mapiguard
