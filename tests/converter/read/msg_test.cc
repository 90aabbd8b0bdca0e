#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/msg_builder.h"
#include "tests/support/reading.h"

namespace mapiguard {
namespace {

using namespace mapiguard::testing;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const Guid kSet = guid_of("{00062008-0000-0000-C000-000000000046}");
const Guid kPublicStrings = guid_of("{00020329-0000-0000-C000-000000000046}");

template <class T>
const T& value_of(const PropertyBag& bag, PropertyId id) {
  return std::get<T>(bag.find(id)->value);
}

TEST(ReadMsg, StringsAreKeptAsTheContainerHasThem) {
  const Reading r(MsgBuilder()
                      .unicode(0x0037, "Grüße")
                      .string8(0x1000,
                               "Gr\xFC\xDF"
                               "e")
                      .build());
  ASSERT_TRUE(r.ok());
  EXPECT_EQ(r.text(0x0037), "Grüße");
  EXPECT_EQ(r.text(0x1000),
            "Gr\xFC\xDF"
            "e");
  EXPECT_EQ(r.message().properties.find(0x1000)->type, 0x1E);
  EXPECT_THAT(r.defects(), IsEmpty());
  EXPECT_EQ(r.message().kind, InputKind::msg);
  EXPECT_TRUE(r.message().is_unicode);
}

TEST(ReadMsg, MessageWithoutUnicodeFlagIsNotUnicode) {
  EXPECT_FALSE(Reading(MsgBuilder().ansi().string8(0x0037, "x").build()).message().is_unicode);
}

TEST(ReadMsg, FixedValuesAreDecoded) {
  const Reading r(MsgBuilder()
                      .integer16(0x0001, -2)
                      .integer32(0x0017, -3)
                      .integer64(0x0E08, -4)
                      .boolean(0x0029, true)
                      .boolean(0x002A, false)
                      .time(0x0039, 130'000'000'000'000'000)
                      .floating64(0x4001, 1.5)
                      .floating32(0x4002, -0.25)
                      .floating_time(0x4003, 42.75)
                      .currency(0x4004, 12345)
                      .error_code(0x4005, 0x8004010F)
                      .guid(0x4006, kSet)
                      .build());
  ASSERT_TRUE(r.ok());
  const PropertyBag& bag = r.message().properties;
  EXPECT_EQ(bag.integer(0x0001), -2);
  EXPECT_EQ(bag.integer(0x0017), -3);
  EXPECT_EQ(bag.integer(0x0E08), -4);
  EXPECT_EQ(bag.boolean(0x0029), true);
  EXPECT_EQ(bag.boolean(0x002A), false);
  EXPECT_EQ(bag.time(0x0039)->ticks, 130'000'000'000'000'000u);
  EXPECT_EQ(value_of<double>(bag, 0x4001), 1.5);
  EXPECT_EQ(value_of<double>(bag, 0x4002), -0.25);
  EXPECT_EQ(value_of<double>(bag, 0x4003), 42.75);
  EXPECT_EQ(bag.integer(0x4004), 12345);
  EXPECT_EQ(bag.integer(0x4005), static_cast<std::int32_t>(0x8004010F));
  EXPECT_EQ(value_of<Guid>(bag, 0x4006), kSet);
  EXPECT_THAT(r.defects(), IsEmpty());
}

TEST(ReadMsg, MultiValuedPropertiesAreDecoded) {
  const Reading r(MsgBuilder()
                      .unicodes(0x4001, {"a", "", "ccc"})
                      .strings8(0x4002, {"x", "yy"})
                      .binaries(0x4003, {"1", std::string(5000, 'b')})
                      .integers32(0x4004, {1, -2, 3})
                      .times(0x4005, {7, 8})
                      .build());
  const PropertyBag& bag = r.message().properties;
  const auto& texts = value_of<std::vector<Blob>>(bag, 0x4001);
  ASSERT_THAT(texts, SizeIs(3));
  EXPECT_EQ(texts[0].copy(), utf16le("a"));
  EXPECT_EQ(texts[1].copy(), "");
  EXPECT_EQ(texts[2].copy(), utf16le("ccc"));
  EXPECT_EQ(value_of<std::vector<Blob>>(bag, 0x4002)[1].copy(), "yy");
  EXPECT_EQ(value_of<std::vector<Blob>>(bag, 0x4003)[1].size(), 5000u);
  EXPECT_THAT(value_of<std::vector<std::int64_t>>(bag, 0x4004), ElementsAre(1, -2, 3));
  EXPECT_THAT(value_of<std::vector<FileTime>>(bag, 0x4005), ElementsAre(FileTime{7}, FileTime{8}));
  EXPECT_THAT(r.defects(), IsEmpty());
}

TEST(ReadMsg, PropertiesComeInTheOrderOfTheStreamThenTheUnannounced) {
  const Reading r(MsgBuilder()
                      .put({0x1000, 0x1F, {utf16le("body")}, {}, false})
                      .unicode(0x0E1D, "b")
                      .integer32(0x0017, 1)
                      .unicode(0x0037, "a")
                      .put({0x0070, 0x1F, {utf16le("topic")}, {}, false})
                      .build());
  std::vector<PropertyId> ids;
  for (const Property& p : r.message().properties.all()) ids.push_back(p.id);
  EXPECT_THAT(ids, ElementsAre(0x0E1D, 0x0017, 0x0037, 0x340D, 0x0070, 0x1000));
  EXPECT_EQ(r.text(0x1000), "body");
}

TEST(ReadMsg, RealSizeWinsOverTheAnnouncedOne) {
  for (const std::uint32_t lie : {0u, 1u, 8u, 7u, 4'000'000'000u}) {
    const Reading r(MsgBuilder().put({0x0037, 0x1E, {"Subject"}, lie}).build());
    EXPECT_EQ(r.text(0x0037), "Subject") << lie;
    EXPECT_THAT(r.losses(), IsEmpty());
  }
}

TEST(ReadMsg, AnnouncedPropertyWithoutStreamHasNoValue) {
  const Reading r(MsgBuilder().unicode(0x0037, "x").put({0x1000, 0x1F, {utf16le("gone")}, {}, true, false}).build());
  EXPECT_TRUE(std::holds_alternative<std::monostate>(r.message().properties.find(0x1000)->value));
  EXPECT_THAT(r.losses(), ElementsAre(HasSubstr("0x1000001F: the property is announced with 10 bytes")));
}

TEST(ReadMsg, EmptyStringMayHaveNoStream) {
  const Reading r(MsgBuilder().put({0x0037, 0x1F, {""}, {}, true, false}).build());
  EXPECT_EQ(r.text(0x0037), "");
  EXPECT_THAT(r.defects(), IsEmpty());
}

TEST(ReadMsg, StringStoredInTheOtherEncodingThanAnnouncedIsRead) {
  CfbBuilder file = MsgBuilder().compound();
  const std::string record = le32(0x0037001E) + le32(6) + le32(8) + le32(0);
  file.stream("__properties_version1.0", std::string(32, '\0') + record);
  file.stream("__substg1.0_0037001F", utf16le("Subject"));
  const Reading r(file.build());
  EXPECT_EQ(r.text(0x0037), "Subject");
  EXPECT_THAT(r.losses(), IsEmpty());
}

TEST(ReadMsg, MissingAttachMethodIsAddedFromWhatIsThere) {
  const Reading r(MsgBuilder()
                      .attachment(MsgAttachment().binary(0x3701, "data"))
                      .attachment(MsgAttachment().unicode(0x3707, "nothing"))
                      .build());
  EXPECT_EQ(r.attachment(0).properties.integer(0x3705), 1);
  EXPECT_EQ(r.attachment(1).properties.integer(0x3705), std::nullopt);
}

TEST(ReadMsg, NamedPropertiesByNumberAndText) {
  const Reading r(MsgBuilder()
                      .name(0x8000, kSet, 0x8501u)
                      .name(0x8001, kPublicStrings, "Keywords")
                      .integer32(0x8000, 15)
                      .unicodes(0x8001, {"red"})
                      .build());
  const PropertyBag& bag = r.message().properties;
  ASSERT_TRUE(bag.find_named(kSet, 0x8501));
  EXPECT_EQ(bag.find_named(kSet, 0x8501)->id, 0x8000);
  ASSERT_TRUE(bag.find_named(kPublicStrings, "keywords"));
  EXPECT_EQ(bag.find_named(kPublicStrings, "keywords")->name->text, "Keywords");
}

TEST(ReadMsg, EmbeddedMessagesUseTheOuterTableOfNames) {
  const Reading r(MsgBuilder().name(0x8005, kSet, 0x8501u).embedded(MsgBuilder().integer32(0x8005, 15)).build());
  EXPECT_TRUE(r.attachment(0).embedded->properties.find_named(kSet, 0x8501));
}

TEST(ReadMsg, MissingTableOfNamesIsADefectAlone) {
  const Reading r(MsgBuilder().without_names().unicode(0x0037, "x").integer32(0x8005, 1).build());
  EXPECT_EQ(r.text(0x0037), "x");
  EXPECT_EQ(r.message().properties.find(0x8005)->name, nullptr);
  EXPECT_THAT(r.defects(), Contains(::testing::Field(&Defect::what, HasSubstr("no table of named properties"))));
  EXPECT_THAT(r.losses(), IsEmpty());
}

TEST(ReadMsg, DamagedTableOfNamesIsADefectAlone) {
  CfbBuilder file = MsgBuilder().name(0x8000, kSet, "Text").integer32(0x8000, 1).unicode(0x0037, "x").compound();
  file.stream("__nameid_version1.0/__substg1.0_00030102", le32(0xFFFFFF) + le16(7) + le16(0) + "odd");
  const Reading r(file.build());
  EXPECT_EQ(r.text(0x0037), "x");
  EXPECT_EQ(r.message().properties.find(0x8000)->name, nullptr);
  EXPECT_THAT(r.repairs(), Contains(HasSubstr("named properties")));
}

TEST(ReadMsg, RecipientsComeByNumberAndGapsAreFine) {
  const Reading r(MsgBuilder()
                      .recipient(smtp_recipient("C", "c@example.org", 3), 0xA0)
                      .recipient(smtp_recipient("A", "a@example.org"), 2)
                      .recipient(smtp_recipient("B", "b@example.org", 2), 7)
                      .build());
  ASSERT_THAT(r.message().recipients, SizeIs(3));
  EXPECT_EQ(text_of(r.recipient(0).properties, 0x3001), "A");
  EXPECT_EQ(text_of(r.recipient(1).properties, 0x39FE), "b@example.org");
  EXPECT_EQ(r.recipient(2).properties.integer(0x0C15), 3);
  EXPECT_EQ(r.recipient(2).where, "recipient[2]");
  EXPECT_THAT(r.defects(), IsEmpty());
}

TEST(ReadMsg, RecipientsBeyondTheLimitAreReported) {
  Limits limits;
  limits.max_recipients = 2;
  MsgBuilder builder;
  for (int i = 0; i < 5; ++i) builder.recipient(smtp_recipient("A", "a@example.org"));
  const Reading r(builder.build(), limits);
  EXPECT_THAT(r.message().recipients, SizeIs(2));
  EXPECT_THAT(r.losses(), ElementsAre(HasSubstr("the message has 5 recipients")));
}

TEST(ReadMsg, AttachmentDataIsFoundInBagAndAttachment) {
  const std::string data(70'000, 'd');
  const Reading r(MsgBuilder().attachment("a.bin", data).attachment("b.bin", "tiny").build());
  ASSERT_THAT(r.message().attachments, SizeIs(2));
  EXPECT_EQ(r.attachment(0).data.copy(), data);
  EXPECT_EQ(bytes_of(r.attachment(0).properties, 0x3701), data);
  EXPECT_EQ(text_of(r.attachment(1).properties, 0x3707), "b.bin");
  EXPECT_EQ(r.attachment(1).properties.integer(0x3705), 1);
  EXPECT_EQ(r.attachment(1).where, "attachment[1]");
}

TEST(ReadMsg, EmbeddedMessageHasPropertiesRecipientsAndAttachmentsOfItsOwn) {
  const Reading r(MsgBuilder()
                      .unicode(0x0037, "outer")
                      .embedded(MsgBuilder()
                                    .unicode(0x0037, "inner")
                                    .recipient(smtp_recipient("A", "a@example.org"))
                                    .attachment("x", "data"))
                      .build());
  const Message& inner = *r.attachment(0).embedded;
  EXPECT_EQ(text_of(inner.properties, 0x0037), "inner");
  EXPECT_EQ(inner.where, "attachment[0]");
  EXPECT_EQ(inner.recipients.at(0).where, "attachment[0]/recipient[0]");
  EXPECT_EQ(inner.attachments.at(0).data.copy(), "data");
  EXPECT_TRUE(inner.is_unicode);
  EXPECT_THAT(r.defects(), IsEmpty());
}

TEST(ReadMsg, NestingEndsAtTheLimit) {
  MsgBuilder message;
  message.unicode(0x0037, "innermost");
  for (int i = 0; i < 5; ++i) message = MsgBuilder().unicode(0x0037, std::to_string(i)).embedded(message);
  Limits limits;
  limits.max_depth = 3;
  const Reading r(message.build(), limits);
  int depth = 0;
  for (const Message* m = &r.message(); !m->attachments.empty() && m->attachments[0].embedded; ++depth)
    m = m->attachments[0].embedded.get();
  EXPECT_EQ(depth, 3);
  EXPECT_THAT(r.losses(), ElementsAre(HasSubstr("nested more than 3 deep")));
}

TEST(ReadMsg, OleObjectIsATreeOfStorages) {
  const Guid clsid = guid_of("{00020906-0000-0000-C000-000000000046}");
  CfbNode object{"", true, clsid, {}, {}};
  object.children.push_back({"CONTENTS", false, {}, std::string(6000, 'c'), {}});
  object.children.push_back({"Pool",
                             true,
                             {},
                             {},
                             {{"\x01"
                               "CompObj",
                               false,
                               {},
                               "tiny",
                               {}}}});
  const Reading r(MsgBuilder().attachment(MsgAttachment().ole(object)).build());
  const StorageEntry& root = *r.attachment(0).storage;
  EXPECT_TRUE(root.is_storage);
  EXPECT_EQ(root.clsid, clsid);
  ASSERT_THAT(root.children, SizeIs(2));
  EXPECT_EQ(root.children[0].name, u"Pool");
  EXPECT_EQ(root.children[0].children.at(0).name,
            u"\x01"
            u"CompObj");
  EXPECT_EQ(root.children[1].data.copy(), std::string(6000, 'c'));
  EXPECT_EQ(r.attachment(0).embedded, nullptr);
}

TEST(ReadMsg, DeepStoragesAreCutWithADefect) {
  CfbNode object{"", true, {}, {}, {}};
  for (int i = 0; i < 500; ++i) object = {"s", true, {}, {}, {object}};
  const Reading r(MsgBuilder().attachment(MsgAttachment().ole(object)).build());
  EXPECT_TRUE(r.attachment(0).storage);
  EXPECT_THAT(r.losses(), ElementsAre(HasSubstr("nested too deep")));
}

TEST(ReadMsg, NamesOfStreamsAreComparedIgnoringCase) {
  CfbBuilder file;
  file.stream("__PROPERTIES_VERSION1.0", std::string(32, '\0'));
  file.stream("__SUBSTG1.0_0037001f", utf16le("Subject"));
  file.stream("__RECIP_VERSION1.0_#0000000a/__properties_version1.0", std::string(8, '\0'));
  const Reading r(file.build());
  EXPECT_EQ(r.text(0x0037), "Subject");
  EXPECT_THAT(r.message().recipients, SizeIs(1));
}

TEST(ReadMsg, NameWithADamagedCharacterIsStillKnown) {
  CfbBuilder file = MsgBuilder().compound();
  file.stream("__substX1.0_0037001F", utf16le("Subject"));
  const Reading r(file.build());
  EXPECT_EQ(r.text(0x0037), "Subject");
  EXPECT_THAT(r.repairs(), SizeIs(1));
}

TEST(ReadMsg, MessageWithoutPropertyStreamIsReadFromItsStreams) {
  const Reading r(CfbBuilder().stream("__substg1.0_0037001F", utf16le("Subject")).build());
  EXPECT_EQ(r.text(0x0037), "Subject");
  EXPECT_THAT(r.repairs(), Contains(HasSubstr("no property stream")));
}

TEST(ReadMsg, PropertyStreamWithTheHeaderOfAnotherObjectIsRead) {
  const std::string record = le32(0x00170003) + le32(6) + le32(2) + le32(0);
  for (const std::size_t header : {8, 24, 32}) {
    const Reading r(
        CfbBuilder()
            .stream("__properties_version1.0", std::string(header, '\0') + record)
            .stream("__attach_version1.0_#00000000/__properties_version1.0", std::string(header, '\0') + record)
            .build());
    EXPECT_EQ(r.message().properties.integer(0x0017), 2) << header;
    EXPECT_EQ(r.attachment(0).properties.integer(0x0017), 2) << header;
  }
}

TEST(ReadMsg, PartialLastRecordIsIgnored) {
  CfbBuilder file = MsgBuilder().compound();
  file.stream("__properties_version1.0", std::string(32, '\0') + le32(0x00170003) + le32(6) + le64(1) + "partial");
  const Reading r(file.build());
  EXPECT_EQ(r.message().properties.integer(0x0017), 1);
}

TEST(ReadMsg, UnknownTypesAreLeftOutWithOneDefect) {
  CfbBuilder file = MsgBuilder().compound();
  const std::string good = le32(0x00170003) + le32(6) + le64(1), bad = le32(0x00180777) + le32(6) + le64(1);
  file.stream("__properties_version1.0", std::string(32, '\0') + good + bad + bad);
  const Reading r(file.build());
  EXPECT_THAT(r.losses(), ElementsAre(HasSubstr("2 properties of unknown types")));
}

TEST(ReadMsg, OtherCompoundFilesAreNamed) {
  const Reading word(CfbBuilder().stream("WordDocument", "x").stream("1Table", "y").build());
  ASSERT_FALSE(word.ok());
  EXPECT_EQ(word.error().code, ErrorCode::not_a_message);
  EXPECT_EQ(word.error().message,
            "the file is a compound file but holds no message: it has no __properties_version1.0 stream; it is a Word "
            "document");
  EXPECT_THAT(Reading(CfbBuilder().stream("what", "x").build()).error().message, HasSubstr("may be a Word or Excel"));
}

TEST(ReadMsg, OtherBytesAreNoMessage) { EXPECT_EQ(Reading("plain text").error().code, ErrorCode::not_a_message); }

TEST(ReadMsg, TruncatedFileGivesItsTexts) {
  // The builder writes streams first and the directory last: without it texts are all that is left.
  const std::string file = MsgBuilder()
                               .unicode(0x001A, "IPM.Note")
                               .unicode(0x0037, "Quarterly figures")
                               .unicode(0x0070, "Quarterly figures")
                               .unicode(0x1000, "Dear Ada,\r\nthese are the figures of the quarter.\r\n")
                               .binary(0x1009, std::string(12, '\0'))
                               .build();
  const std::size_t directory = cfb::sector_offset(file, cfb::get32(file, cfb::kFirstDirectorySector));
  const Reading r(file.substr(0, directory));
  ASSERT_TRUE(r.ok());
  EXPECT_EQ(r.text(0x0037), "Quarterly figures");
  EXPECT_EQ(r.text(0x1000), "Dear Ada,\r\nthese are the figures of the quarter.\r\n");
  EXPECT_EQ(r.text(0x001A), "IPM.Note");
  EXPECT_THAT(r.losses(), Contains(HasSubstr("guessed")));
}

TEST(ReadMsg, TruncatedOtherDocumentIsNoMessage) {
  const std::string file = CfbBuilder().stream("WordDocument", std::string(9000, 'w')).build();
  const std::size_t directory = cfb::sector_offset(file, cfb::get32(file, cfb::kFirstDirectorySector));
  EXPECT_FALSE(Reading(file.substr(0, directory)).ok());
}

TEST(ReadMsg, EmptyMessageIsNotSearchedForTexts) {
  const Reading r(MsgBuilder().attachment("a.txt", "IPM. a long text that could be taken for a body").build());
  EXPECT_EQ(r.text(0x1000), "(absent)");
  EXPECT_THAT(r.defects(), IsEmpty());
}

TEST(ReadMsg, ThousandsOfRecipientsTakeLinearSteps) {
  const auto steps = [](int count) {
    MsgBuilder builder;
    for (int i = 0; i < count; ++i) builder.recipient(smtp_recipient("A", "a@example.org"));
    const Reading r(builder.build());
    EXPECT_EQ(r.message().recipients.size(), static_cast<std::size_t>(count));
    return r.steps();
  };
  EXPECT_LT(steps(4000), 9 * steps(500));
}

TEST(ReadMsg, AnyByteMayChangeWithoutHarm) {
  const std::string good = MsgBuilder()
                               .unicode(0x0037, "Subject")
                               .unicodes(0x8000, {"a", "b"})
                               .name(0x8000, kPublicStrings, "Keywords")
                               .recipient(smtp_recipient("A", "a@example.org"))
                               .embedded(MsgBuilder().unicode(0x0037, "inner"))
                               .build();
  for (std::size_t at = 0; at < good.size(); at += 3) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0xA5);
    Reading reading(bad);
  }
}

}  // namespace
}  // namespace mapiguard
