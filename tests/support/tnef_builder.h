// TnefBuilder writes TNEF streams, "winmail.dat" (MS-OXTNEF).
//
//   std::string file = TnefBuilder()
//       .message_class("IPM.Note").unicode(0x0037, "Subject")            // properties go to attMsgProps
//       .recipient(smtp_recipient("Ada", "ada@example.org"))
//       .attachment(TnefAttachment().title("a.txt").data("bytes"))
//       .attachment(TnefAttachment().embedded(TnefBuilder().unicode(0x0037, "Inner")))
//       .build();
//
// Legacy attributes: text(att::kSubject, "…"), attribute(level, id, bytes). Thread promise: plain values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/property_setters.h"

namespace mapiguard::testing {

// MS-OXTNEF 2.1.3.1: attribute IDs with their types.
namespace att {
inline constexpr std::uint32_t kOwner = 0x00060000, kSentFor = 0x00060001, kDelegate = 0x00060002,
                               kDateStart = 0x00030006, kDateEnd = 0x00030007, kAidOwner = 0x00040008,
                               kRequestRes = 0x00040009, kOriginalMessageClass = 0x00070600, kFrom = 0x00008000,
                               kSubject = 0x00018004, kDateSent = 0x00038005, kDateRecd = 0x00038006,
                               kMessageStatus = 0x00068007, kMessageClass = 0x00078008, kMessageId = 0x00018009,
                               kParentId = 0x0001800A, kConversationId = 0x0001800B, kBody = 0x0002800C,
                               kPriority = 0x0004800D, kAttachData = 0x0006800F, kAttachTitle = 0x00018010,
                               kAttachMetaFile = 0x00068011, kAttachCreateDate = 0x00038012,
                               kAttachModifyDate = 0x00038013, kDateModified = 0x00038020,
                               kAttachTransportFilename = 0x00069001, kAttachRendData = 0x00069002,
                               kMsgProps = 0x00069003, kRecipTable = 0x00069004, kAttachment = 0x00069005,
                               kTnefVersion = 0x00089006, kOemCodepage = 0x00069007;
}  // namespace att

struct TnefAttribute {
  std::uint8_t level = 1;  // 1 message, 2 attachment
  std::uint32_t id = 0;
  std::string data;
};

// Bytes of the structures that attributes hold.
std::string dtr(int year, int month, int day, int hour = 0, int minute = 0, int second = 0);  // attDateSent …
std::string triples(std::string_view name, std::string_view address);  // attFrom; address "SMTP:a@b.c"
// The MAPI property list of attMsgProps, attAttachment and a row of attRecipTable.
std::string mapi_properties(const std::vector<RawProperty>& all, const RawNames& names);

class TnefBuilder;

class TnefAttachment : public PropertySetters<TnefAttachment> {
 public:
  TnefAttachment& title(std::string_view name8);  // attAttachTitle, terminated
  TnefAttachment& data(std::string_view bytes);   // attAttachData
  TnefAttachment& embedded(const TnefBuilder& message);
  TnefAttachment& object(const Guid& interface_id, std::string_view bytes);  // PidTagAttachDataObject
  TnefAttachment& attribute(std::uint32_t id, std::string data);             // any other one of level 2
  TnefAttachment& without_rend_data();                                       // attAttachRendData is left out

 private:
  friend class TnefBuilder;
  std::vector<TnefAttribute> attributes_;
  bool rend_data_ = true;
};

class TnefBuilder : public PropertySetters<TnefBuilder> {
 public:
  TnefBuilder& key(std::uint16_t key);
  TnefBuilder& oem_codepage(std::uint32_t page);
  TnefBuilder& message_class(std::string_view name);            // attMessageClass
  TnefBuilder& attribute(std::uint32_t id, std::string data);   // level 1
  TnefBuilder& text(std::uint32_t id, std::string_view bytes);  // level 1, with a terminating NUL
  TnefBuilder& name(std::uint16_t id, const Guid& set, std::uint32_t lid);
  TnefBuilder& name(std::uint16_t id, const Guid& set, std::string_view text);
  TnefBuilder& recipient(Properties properties);
  TnefBuilder& attachment(TnefAttachment attachment);
  TnefBuilder& attachment(std::string_view title, std::string_view bytes);

  std::vector<TnefAttribute> attributes() const;  // all, in the order in which they are written
  std::string build() const;
  // Signature, key and these attributes; checksums are right.
  static std::string write(std::uint16_t key, const std::vector<TnefAttribute>& attributes);

 private:
  std::uint16_t key_ = 0x1234;
  std::vector<TnefAttribute> attributes_;
  std::vector<Properties> recipients_;
  std::vector<TnefAttachment> attachments_;
  RawNames names_;
};

}  // namespace mapiguard::testing
