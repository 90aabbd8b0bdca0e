#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/cfb_builder.h"
#include "tests/support/reading.h"
#include "tests/support/tnef_builder.h"

namespace mapiguard {
namespace {

using namespace mapiguard::testing;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const Guid kPublicStrings = guid_of("{00020329-0000-0000-C000-000000000046}");
const Guid kCommon = guid_of("{00062008-0000-0000-C000-000000000046}");
const Guid kIidStorage = guid_of("{0000000B-0000-0000-C000-000000000046}");

TEST(ReadTnef, PropertiesOfTheMessageAreDecoded) {
  const Reading r(TnefBuilder()
                      .oem_codepage(1251)
                      .unicode(0x0037, "Grüße")
                      .string8(0x1000, "8-bit")
                      .binary(0x1009, "odd")
                      .integer16(0x0001, -2)
                      .integer32(0x0017, 2)
                      .integer64(0x0E08, 5'000'000'000)
                      .boolean(0x0029, true)
                      .time(0x0039, 77)
                      .floating64(0x4001, 1.5)
                      .guid(0x4002, kCommon)
                      .build());
  ASSERT_TRUE(r.ok());
  const PropertyBag& bag = r.message().properties;
  EXPECT_EQ(r.message().kind, InputKind::tnef);
  EXPECT_EQ(r.message().oem_codepage, 1251u);
  EXPECT_EQ(r.text(0x0037), "Grüße");
  EXPECT_EQ(r.text(0x1000), "8-bit");
  EXPECT_EQ(bytes_of(bag, 0x1009), "odd");
  EXPECT_EQ(bag.integer(0x0001), -2);
  EXPECT_EQ(bag.integer(0x0017), 2);
  EXPECT_EQ(bag.integer(0x0E08), 5'000'000'000);
  EXPECT_EQ(bag.boolean(0x0029), true);
  EXPECT_EQ(bag.time(0x0039), FileTime{77});
  EXPECT_EQ(std::get<double>(bag.find(0x4001)->value), 1.5);
  EXPECT_EQ(std::get<Guid>(bag.find(0x4002)->value), kCommon);
  EXPECT_THAT(r.defects(), IsEmpty());
}

TEST(ReadTnef, NamedAndMultiValuedPropertiesAreDecoded) {
  const Reading r(TnefBuilder()
                      .name(0x8001, kPublicStrings, "Keywords")
                      .name(0x8002, kCommon, 0x8501u)
                      .unicodes(0x8001, {"red", "green"})
                      .integers32(0x8002, {1, 2, 3})
                      .binaries(0x4001, {"a", "bb"})
                      .build());
  const PropertyBag& bag = r.message().properties;
  const auto& words = std::get<std::vector<Blob>>(bag.find_named(kPublicStrings, "Keywords")->value);
  ASSERT_THAT(words, SizeIs(2));
  EXPECT_EQ(words[1].copy(), utf16le("green") + std::string(2, '\0'));
  EXPECT_THAT(std::get<std::vector<std::int64_t>>(bag.find_named(kCommon, 0x8501)->value), ElementsAre(1, 2, 3));
  EXPECT_EQ(std::get<std::vector<Blob>>(bag.find(0x4001)->value)[1].copy(), "bb");
  EXPECT_THAT(r.defects(), IsEmpty());
}

TEST(ReadTnef, RecipientTableIsRead) {
  const Reading r(TnefBuilder()
                      .recipient(smtp_recipient("Ada", "ada@example.org"))
                      .recipient(smtp_recipient("Bob", "bob@example.org", 2))
                      .build());
  ASSERT_THAT(r.message().recipients, SizeIs(2));
  EXPECT_EQ(text_of(r.recipient(1).properties, 0x39FE), "bob@example.org");
  EXPECT_EQ(r.recipient(1).properties.integer(0x0C15), 2);
  EXPECT_EQ(r.recipient(1).where, "recipient[1]");
}

TEST(ReadTnef, RecipientTableThatPromisesMoreRowsIsReadAsFarAsItGoes) {
  const std::string row = mapi_properties(smtp_recipient("Ada", "ada@example.org").properties(), {});
  const Reading r(TnefBuilder().attribute(att::kRecipTable, le32(4'000'000'000) + row + row).build());
  EXPECT_THAT(r.message().recipients, SizeIs(2));
  EXPECT_THAT(r.losses(), ElementsAre(HasSubstr("should have 4000000000 rows; 2 were read")));
}

TEST(ReadTnef, AttachmentIsMadeLikeThatOfAMsg) {
  const Reading r(TnefBuilder().attachment("a.txt", "bytes").build());
  ASSERT_THAT(r.message().attachments, SizeIs(1));
  const Attachment& a = r.attachment(0);
  EXPECT_EQ(a.data.copy(), "bytes");
  EXPECT_EQ(text_of(a.properties, 0x3704), "a.txt");
  EXPECT_EQ(text_of(a.properties, 0x3707), "a.txt");
  EXPECT_EQ(a.properties.integer(0x3705), 1);
  EXPECT_EQ(a.properties.integer(0x370B), -1);
  EXPECT_EQ(a.where, "attachment[0]");
  EXPECT_THAT(r.defects(), IsEmpty());
}

TEST(ReadTnef, NamesInAttAttachmentWinOverTheTitle) {
  const Reading r(TnefBuilder()
                      .attachment(TnefAttachment().title("LONGNA~1.TXT").data("x").unicode(0x3707, "long name.txt"))
                      .build());
  EXPECT_EQ(text_of(r.attachment(0).properties, 0x3707), "long name.txt");
  EXPECT_EQ(text_of(r.attachment(0).properties, 0x3704), "LONGNA~1.TXT");
}

TEST(ReadTnef, DataInAttAttachmentIsUsedWhereThereIsNoOther) {
  const Reading r(TnefBuilder().attachment(TnefAttachment().binary(0x3701, "inside")).build());
  EXPECT_EQ(r.attachment(0).data.copy(), "inside");
  EXPECT_EQ(r.attachment(0).properties.integer(0x3705), 1);
}

TEST(ReadTnef, AttachmentWithoutDataHasNoMethod) {
  EXPECT_EQ(
      Reading(TnefBuilder().attachment(TnefAttachment().title("x")).build()).attachment(0).properties.integer(0x3705),
      std::nullopt);
}

TEST(ReadTnef, AttachmentsWithoutRendDataAreToldApartByTheirTitles) {
  const Reading r(TnefBuilder()
                      .attachment(TnefAttachment().without_rend_data().title("a").data("1"))
                      .attachment(TnefAttachment().without_rend_data().title("b").data("2"))
                      .build());
  ASSERT_THAT(r.message().attachments, SizeIs(2));
  EXPECT_EQ(r.attachment(1).data.copy(), "2");
  EXPECT_THAT(r.repairs(), SizeIs(2));
}

TEST(ReadTnef, MacBinaryFlagBecomesAttachEncoding) {
  const std::string rendering = le16(1) + le32(5) + le32(0) + le32(1);
  const Reading r(
      TnefBuilder()
          .attachment(TnefAttachment().without_rend_data().attribute(att::kAttachRendData, rendering).data("x"))
          .build());
  EXPECT_EQ(bytes_of(r.attachment(0).properties, 0x3702), "\x2A\x86\x48\x86\xF7\x14\x03\x0B\x01");
  EXPECT_EQ(r.attachment(0).properties.integer(0x370B), 5);
}

TEST(ReadTnef, EmbeddedMessageIsRead) {
  const Reading r(
      TnefBuilder()
          .unicode(0x0037, "outer")
          .attachment(TnefAttachment().embedded(TnefBuilder().unicode(0x0037, "inner").attachment("x", "data")))
          .build());
  const Message& inner = *r.attachment(0).embedded;
  EXPECT_EQ(text_of(inner.properties, 0x0037), "inner");
  EXPECT_EQ(inner.attachments.at(0).where, "attachment[0]/attachment[0]");
  EXPECT_EQ(r.attachment(0).properties.integer(0x3705), 5);
  EXPECT_THAT(r.defects(), IsEmpty());
}

TEST(ReadTnef, NestingEndsAtTheLimit) {
  TnefBuilder message;
  message.unicode(0x0037, "innermost");
  for (int i = 0; i < 5; ++i)
    message = TnefBuilder().unicode(0x0037, "x").attachment(TnefAttachment().embedded(message));
  Limits limits;
  limits.max_depth = 2;
  const Reading r(message.build(), limits);
  EXPECT_FALSE(r.attachment(0).embedded->attachments[0].embedded->attachments[0].embedded);
  EXPECT_THAT(r.losses(), ElementsAre(HasSubstr("nested more than 2 deep")));
}

TEST(ReadTnef, OleStorageIsTakenApart) {
  const std::string object = CfbBuilder().stream("CONTENTS", "hello").stream("deep/er", "x").build();
  const Reading r(TnefBuilder().attachment(TnefAttachment().object(kIidStorage, object)).build());
  ASSERT_TRUE(r.attachment(0).storage);
  EXPECT_THAT(r.attachment(0).storage->children, SizeIs(2));
  EXPECT_EQ(r.attachment(0).properties.integer(0x3705), 6);
}

TEST(ReadTnef, ObjectThatIsNoCompoundFileIsKeptAsData) {
  const Reading r(TnefBuilder().attachment(TnefAttachment().object(kIidStorage, "no storage")).build());
  EXPECT_FALSE(r.attachment(0).storage);
  EXPECT_EQ(r.attachment(0).data.copy(), "no storage");
}

TEST(ReadTnef, LegacyAttributesBecomeProperties) {
  const Reading r(TnefBuilder()
                      .message_class("IPM.Microsoft Mail.Note")
                      .text(att::kOriginalMessageClass, "Microsoft Mail v3.0 IPM.Microsoft Schedule.MtgReq")
                      .text(att::kSubject, "Subject")
                      .text(att::kBody, "Body")
                      .attribute(att::kDateSent, dtr(2020, 2, 29, 23, 59, 58))
                      .attribute(att::kDateRecd, dtr(2020, 3, 1))
                      .attribute(att::kFrom, triples("Ada", "SMTP:ada@example.org"))
                      .attribute(att::kSentFor, le16(4) + std::string("Bob\0", 4) + le16(16) + "SMTP:bob@ex.org" + '\0')
                      .text(att::kMessageId, "0123456789ABCDEF")
                      .text(att::kConversationId, "ff00")
                      .attribute(att::kPriority, le16(1))
                      .attribute(att::kMessageStatus, "\xA1")
                      .attribute(att::kRequestRes, le16(1))
                      .attribute(att::kAidOwner, le32(99))
                      .build());
  const PropertyBag& bag = r.message().properties;
  EXPECT_EQ(r.text(0x001A), "IPM.Note");
  EXPECT_EQ(r.text(0x004B), "IPM.Schedule.Meeting.Request");
  EXPECT_EQ(r.text(0x0037), "Subject");
  EXPECT_EQ(r.text(0x1000), "Body");
  EXPECT_EQ(bag.time(0x0039)->ticks, ticks_of(2020, 2, 29, 23, 59, 58));
  EXPECT_EQ(bag.time(0x0E06)->ticks, ticks_of(2020, 3, 1));
  EXPECT_EQ(r.text(0x0C1A), "Ada");
  EXPECT_EQ(r.text(0x0C1E), "SMTP");
  EXPECT_EQ(r.text(0x0C1F), "ada@example.org");
  EXPECT_EQ(r.text(0x0042), "Bob");
  EXPECT_EQ(r.text(0x0065), "bob@ex.org");
  EXPECT_EQ(bytes_of(bag, 0x300B), "\x01\x23\x45\x67\x89\xAB\xCD\xEF");
  EXPECT_EQ(bytes_of(bag, 0x000B), std::string("\xFF\0", 2));
  EXPECT_EQ(bag.integer(0x0017), 2);
  EXPECT_EQ(bag.integer(0x0E07), 0x11);
  EXPECT_EQ(bag.boolean(0x0063), true);
  EXPECT_EQ(bag.integer(0x0062), 99);
  EXPECT_THAT(r.defects(), IsEmpty());
}

TEST(ReadTnef, OwnerOfAResponseIsTheOneItWasSentTo) {
  const std::string owner = le16(4) + std::string("Bob\0", 4) + le16(16) + "SMTP:bob@ex.org" + '\0';
  const Reading response(
      TnefBuilder().message_class("IPM.Microsoft Schedule.MtgRespP").attribute(att::kOwner, owner).build());
  EXPECT_EQ(response.text(0x0044), "Bob");
  EXPECT_EQ(response.text(0x0042), "(absent)");
  const Reading request(
      TnefBuilder().message_class("IPM.Microsoft Schedule.MtgReq").attribute(att::kOwner, owner).build());
  EXPECT_EQ(request.text(0x0042), "Bob");
}

TEST(ReadTnef, PropertiesWinOverLegacyAttributes) {
  const Reading r(TnefBuilder().text(att::kSubject, "legacy").unicode(0x0037, "property").build());
  EXPECT_EQ(r.text(0x0037), "property");
}

TEST(ReadTnef, LegacyAttributeThatCannotBeReadIsADefect) {
  const Reading r(TnefBuilder()
                      .attribute(att::kDateSent, dtr(2020, 13, 1))
                      .attribute(att::kPriority, le16(7))
                      .text(att::kMessageId, "not hexadecimal")
                      .attribute(att::kFrom, "x")
                      .text(att::kSubject, "good")
                      .build());
  EXPECT_EQ(r.text(0x0037), "good");
  EXPECT_THAT(r.losses(), SizeIs(4));
}

TEST(ReadTnef, WrongChecksumIsRepaired) {
  std::string file = TnefBuilder().text(att::kSubject, "Subject").build();
  file[file.size() - 1] ^= 1;
  const Reading r(file);
  EXPECT_EQ(r.text(0x0037), "Subject");
  EXPECT_THAT(r.repairs(), ElementsAre(HasSubstr("attSubject: the attribute's checksum is wrong")));
}

TEST(ReadTnef, ChecksumOfLongDataIsTheSumOfItsBytes) {
  const Reading r(TnefBuilder().attachment("a", std::string(300'003, '\xFF')).build());
  EXPECT_EQ(r.attachment(0).data.size(), 300'003u);
  EXPECT_THAT(r.defects(), IsEmpty());
}

TEST(ReadTnef, LengthBeyondTheEndIsReadUpToTheNextAttribute) {
  for (const std::uint32_t lie : {100'000u, 0xFFFFFFFFu, 20u, 3u}) {
    std::string file = TnefBuilder().text(att::kSubject, "Subject").text(att::kBody, "Body").build();
    file.replace(file.find("Subject") - 4, 4, le32(lie));
    const Reading r(file);
    EXPECT_EQ(r.text(0x0037), "Subject") << lie;
    EXPECT_EQ(r.text(0x1000), "Body") << lie;
    EXPECT_THAT(r.repairs(), SizeIs(1));
  }
}

TEST(ReadTnef, TruncatedAttributeIsUsedAsFarAsItGoes) {
  const std::string file = TnefBuilder().text(att::kBody, "A longer body").build();
  const Reading r(file.substr(0, file.size() - 8));
  EXPECT_EQ(r.text(0x1000), "A longer");
  EXPECT_THAT(r.losses(), ElementsAre(HasSubstr("attBody: the attribute should have 14 bytes")));
}

TEST(ReadTnef, TrailingGarbageIsReportedAlone) {
  const Reading r(TnefBuilder().text(att::kSubject, "x").build() + std::string(50, '\xAA'));
  EXPECT_EQ(r.text(0x0037), "x");
  EXPECT_THAT(r.losses(), IsEmpty());
  EXPECT_THAT(r.defects(), Contains(::testing::Field(&Defect::what, HasSubstr("50 bytes at the end"))));
}

TEST(ReadTnef, GarbageBetweenAttributesIsSkipped) {
  std::string file = TnefBuilder().text(att::kSubject, "x").build();
  const std::string tail = TnefBuilder().text(att::kBody, "Body").build().substr(6);
  const Reading r(file + std::string(33, '\xAA') + tail);
  EXPECT_EQ(r.text(0x1000), "Body");
  EXPECT_THAT(r.repairs(), ElementsAre(HasSubstr("33 bytes between")));
}

TEST(ReadTnef, UnknownAttributeIsSkipped) {
  const Reading r(TnefBuilder().attribute(0x00061234, "?").text(att::kSubject, "x").build());
  EXPECT_EQ(r.text(0x0037), "x");
  EXPECT_THAT(r.losses(), ElementsAre(HasSubstr("0x00061234")));
}

TEST(ReadTnef, BodyAloneUnderAnyKeyIsAMessage) {
  const Reading r(TnefBuilder::write(0, {{1, att::kBody, "Only a body"}}));
  EXPECT_EQ(r.text(0x1000), "Only a body");
}

TEST(ReadTnef, NothingReadableIsNoMessage) {
  const std::string signature = le32(0x223E9F78) + le16(1);
  for (const std::string& file : {signature.substr(0, 4), signature, signature + "\1", TnefBuilder().build()}) {
    const Reading r(file);
    ASSERT_FALSE(r.ok()) << file.size();
    EXPECT_EQ(r.error().code, ErrorCode::not_a_message);
    EXPECT_THAT(r.error().message, HasSubstr("nothing that can be read"));
  }
}

TEST(ReadTnef, DamagedPropertyCostsItselfAlone) {
  RawProperty lie{0x0E1D, 0x1E, {"lies about its length"}};
  lie.announced_length = 0x70000000;
  const Reading r(TnefBuilder()
                      .unicode(0x0037, "before")
                      .put(lie)
                      .unicode(0x1000, "after")
                      .integer32(0x0017, 1)
                      .unicode(0x0070, "more")
                      .unicode(0x3FF8, "and more")
                      .build());
  EXPECT_EQ(r.text(0x0037), "before");
  EXPECT_EQ(r.text(0x1000), "after");
  EXPECT_EQ(r.text(0x3FF8), "and more");
  EXPECT_THAT(r.losses(), ::testing::Not(IsEmpty()));
}

TEST(ReadTnef, PropertyOfUnknownTypeIsSkipped) {
  const Reading r(TnefBuilder()
                      .unicode(0x0037, "before")
                      .put({0x4000, 0x0777, {"1234"}})
                      .unicode(0x1000, "after")
                      .unicode(0x0070, "more")
                      .unicode(0x3FF8, "and more")
                      .build());
  EXPECT_EQ(r.text(0x1000), "after");
}

TEST(ReadTnef, TruncationAnywhereIsSurvived) {
  const std::string file = TnefBuilder()
                               .oem_codepage(1252)
                               .text(att::kSubject, "Subject")
                               .unicode(0x1000, "Body")
                               .recipient(smtp_recipient("A", "a@example.org"))
                               .attachment("a.txt", "bytes")
                               .attachment(TnefAttachment().embedded(TnefBuilder().unicode(0x0037, "inner")))
                               .build();
  for (std::size_t size = 0; size < file.size(); ++size) Reading reading(file.substr(0, size));
}

TEST(ReadTnef, AnyByteMayChangeWithoutHarm) {
  const std::string good = TnefBuilder()
                               .text(att::kSubject, "Subject")
                               .name(0x8000, kPublicStrings, "Keywords")
                               .unicodes(0x8000, {"a", "b"})
                               .recipient(smtp_recipient("A", "a@example.org"))
                               .attachment(TnefAttachment().embedded(TnefBuilder().unicode(0x0037, "inner")))
                               .build();
  for (std::size_t at = 0; at < good.size(); ++at)
    for (const char value : {'\0', '\x01', '\x7F', '\xFF'}) {
      std::string bad = good;
      bad[at] = value;
      Reading reading(bad);
    }
}

}  // namespace
}  // namespace mapiguard
