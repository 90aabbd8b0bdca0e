// MsgBuilder writes .msg files (MS-OXMSG over MS-CFB).
//
//   std::string file = MsgBuilder()
//       .unicode(0x0037, "Subject").unicode(0x1000, "Body").binary(0x1009, rtf)
//       .recipient(smtp_recipient("Ada", "ada@example.org"))
//       .attachment(MsgAttachment().unicode(0x3707, "a.txt").data("bytes"))
//       .attachment(MsgAttachment().embedded(MsgBuilder().unicode(0x0037, "Inner")))
//       .build();
//
// Named properties: name(0x8001, set, "Keywords") on the outermost message says what ID 0x8001 means, everywhere.
// Thread promise: plain values.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/cfb_builder.h"
#include "tests/support/property_setters.h"

namespace mapiguard::testing {

class MsgBuilder;

class MsgAttachment : public PropertySetters<MsgAttachment> {
 public:
  // PidTagAttachDataBinary and, where not given, PidTagAttachMethod afByValue.
  MsgAttachment& data(std::string_view bytes);
  // PidTagAttachDataObject and PidTagAttachMethod afEmbeddedMessage, unless one was given.
  MsgAttachment& embedded(const MsgBuilder& message);
  // PidTagAttachDataObject and PidTagAttachMethod afStorage, unless one was given.
  MsgAttachment& ole(CfbNode storage);

  const MsgBuilder* message() const { return message_.get(); }
  const CfbNode* storage() const { return storage_ ? &*storage_ : nullptr; }

 private:
  std::shared_ptr<const MsgBuilder> message_;
  std::optional<CfbNode> storage_;
};

class MsgBuilder : public PropertySetters<MsgBuilder> {
 public:
  MsgBuilder();  // with PidTagStoreSupportMask STORE_UNICODE_OK; ansi() takes it away
  MsgBuilder& ansi();
  MsgBuilder& name(std::uint16_t id, const Guid& set, std::uint32_t lid);
  MsgBuilder& name(std::uint16_t id, const Guid& set, std::string_view text);
  MsgBuilder& recipient(Properties properties);
  MsgBuilder& recipient(Properties properties, std::uint32_t number);  // __recip_version1.0_#number
  MsgBuilder& attachment(MsgAttachment attachment);
  MsgBuilder& attachment(MsgAttachment attachment, std::uint32_t number);
  // A file attachment: long name, afByValue, data.
  MsgBuilder& attachment(std::string_view file_name, std::string_view bytes);
  MsgBuilder& embedded(const MsgBuilder& message);  // an attachment that is a message
  MsgBuilder& without_names();                      // no __nameid_version1.0 storage
  MsgBuilder& version(int major);                   // of the compound file, 3 or 4

  CfbBuilder compound() const;  // the file's tree, for tests that change it before building
  std::string build() const;

 private:
  friend struct MsgWriter;
  RawNames names_;
  std::vector<std::pair<std::uint32_t, Properties>> recipients_;
  std::vector<std::pair<std::uint32_t, MsgAttachment>> attachments_;
  bool unicode_ = true;
  bool with_names_ = true;
  int version_ = 3;
};

}  // namespace mapiguard::testing
