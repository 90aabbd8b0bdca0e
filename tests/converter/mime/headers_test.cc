#include "converter/mime/headers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "converter/mime/message_id.h"
#include "tests/converter/mime/mail_reader.h"
#include "tests/converter/mime/model_builder.h"

namespace mapiguard {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::ModelBuilder;
using ::testing::Not;
using testing::ReadMail;
using testing::ticks_of;
using testing::wire_faults;

constexpr std::uint64_t kSubmitted = 133'499'712'000'000'000;  // 2024-01-17T13:20:00Z

class Headers : public ::testing::Test {
 protected:
  Headers() { m_.message().unicode("PidTagBody"_pid, "Body"); }
  ReadMail read() {
    text_ = m_.mail();
    EXPECT_EQ(wire_faults(text_), "");
    return ReadMail(text_);
  }
  ModelBuilder m_;
  std::string text_;
};

TEST_F(Headers, FromIsWhomItRepresentsAndSenderWhoSentIt) {
  m_.message()
      .unicode("PidTagSentRepresentingName"_pid, "The Boss")
      .unicode("PidTagSentRepresentingAddressType"_pid, "SMTP")
      .unicode("PidTagSentRepresentingEmailAddress"_pid, "boss@example.org")
      .unicode("PidTagSenderName"_pid, "The Secretary")
      .unicode("PidTagSenderAddressType"_pid, "SMTP")
      .unicode("PidTagSenderEmailAddress"_pid, "secretary@example.org");
  const ReadMail mail = read();
  EXPECT_EQ(mail.header("From"), "The Boss <boss@example.org>");
  EXPECT_EQ(mail.header("Sender"), "The Secretary <secretary@example.org>");
}

TEST_F(Headers, OnePersonIsNotNamedTwice) {
  m_.message()
      .unicode("PidTagSentRepresentingName"_pid, "Ada")
      .unicode("PidTagSentRepresentingAddressType"_pid, "EX")
      .unicode("PidTagSentRepresentingEmailAddress"_pid, "/o=X/cn=ADA")
      .unicode("PidTagSenderName"_pid, "Ada")
      .unicode("PidTagSenderAddressType"_pid, "EX")
      .unicode("PidTagSenderEmailAddress"_pid, "/O=X/CN=ADA")
      .unicode("PidTagSenderSmtpAddress"_pid, "ada@example.org");
  const ReadMail mail = read();
  EXPECT_EQ(mail.header("From"), "Ada <ada@example.org>");
  EXPECT_EQ(mail.header("Sender"), "");
}

TEST_F(Headers, FromExistsEvenForADraft) { EXPECT_EQ(read().header("From"), "unknown@invalid"); }

TEST_F(Headers, RecipientsStandInTheirFieldsInOrder) {
  m_.recipient(1, "Lovelace, Ada", "ada@example.org");
  m_.recipient(2, "Jörg \"J\" Müller", "j@example.org");
  m_.recipient(1, "", "b@example.org");
  m_.recipient(3, "Hidden", "h@example.org");
  const ReadMail mail = read();
  EXPECT_THAT(mail.addresses(GMIME_ADDRESS_TYPE_TO), ElementsAre("Lovelace, Ada <ada@example.org>", "b@example.org"));
  EXPECT_THAT(mail.addresses(GMIME_ADDRESS_TYPE_CC), ElementsAre("Jörg \"J\" Müller <j@example.org>"));
  EXPECT_THAT(mail.addresses(GMIME_ADDRESS_TYPE_BCC), ElementsAre("Hidden <h@example.org>"));
}

TEST_F(Headers, NameDoesNotRepeatTheAddress) {
  m_.recipient(1, "'ada@example.org'", "ada@example.org");
  m_.recipient(1, "Ada <ada@example.org>", "ada@example.org");
  m_.recipient(1, "\"Ada L.\"", "ada@example.org");
  m_.recipient(1, "ADA@example.org <ada@example.org>", "ada@example.org");
  m_.recipient(1, "Ada (ada@example.org)", "ada@example.org");
  m_.recipient(1, "'Ada'", "ada@example.org");
  m_.recipient(1, "Ada <other@example.org>", "ada@example.org");
  EXPECT_THAT(
      read().addresses(GMIME_ADDRESS_TYPE_TO),
      ElementsAre("ada@example.org", "Ada <ada@example.org>", "Ada L. <ada@example.org>", "ada@example.org",
                  "Ada <ada@example.org>", "'Ada' <ada@example.org>", "Ada <other@example.org> <ada@example.org>"));
}

TEST_F(Headers, NoNameIsFoldedInsideItsQuotes) {
  const std::string longer = "Smith, John (Department of Circumlocution, Office 12, Second Floor), London";
  for (const std::string& name :
       {std::string("Name, That Just Fits A Line If It Has One Of Its Own"), longer, longer + longer})
    m_.recipient(1, name, "a@example.org");
  const ReadMail mail = read();
  EXPECT_THAT(mail.addresses(GMIME_ADDRESS_TYPE_TO),
              ElementsAre("Name, That Just Fits A Line If It Has One Of Its Own <a@example.org>",
                          longer + " <a@example.org>", longer + longer + " <a@example.org>"));
}

TEST_F(Headers, MessageIdIsKeptExactly) {
  m_.message().unicode("PidTagInternetMessageId"_pid, "<!&!AAAA$0@x_y>");
  EXPECT_EQ(read().raw_header("Message-ID"), "<!&!AAAA$0@x_y>");
}

TEST_F(Headers, MessageIdEndsAtALineEnd) {
  m_.message().unicode("PidTagInternetMessageId"_pid, "\r\n<one@example.org\r\nX-Evil: 2>");
  EXPECT_EQ(read().raw_header("Message-ID"), "<one@example.org>");
}

TEST_F(Headers, MissingMessageIdIsMadeFromTheContent) {
  const std::string id = read().raw_header("Message-ID");
  EXPECT_THAT(id, ::testing::MatchesRegex("<[0-9a-f]+@invalid>"));
  EXPECT_EQ(read().raw_header("Message-ID"), id);
  EXPECT_EQ(message_id_of(m_.get(), "invalid"), id);
  m_.attachment("a.txt", "more");
  EXPECT_NE(read().raw_header("Message-ID"), id);
}

TEST_F(Headers, MessageIdOfTheTransportHeadersIsNotMadeAnew) {
  m_.message().unicode("PidTagTransportMessageHeaders"_pid, "Message-ID: <one@example.org>\r\n\r\n");
  EXPECT_EQ(read().raw_header("Message-ID"), "<one@example.org>");
  EXPECT_EQ(message_id_of(m_.get(), "invalid"), "<one@example.org>");
}

TEST_F(Headers, DisplayStringsServeWhereThereAreNoRows) {
  m_.message().unicode("PidTagDisplayTo"_pid, "ada@example.org; Grace Hopper");
  EXPECT_THAT(read().addresses(GMIME_ADDRESS_TYPE_TO),
              ElementsAre("ada@example.org", "Grace Hopper <IMCEAINVALID-Grace+20Hopper@invalid>"));
}

TEST_F(Headers, SubjectLosesThePrefixMarker) {
  m_.message().unicode("PidTagSubject"_pid, "\x01\x04RE: Lunch");
  EXPECT_EQ(read().header("Subject"), "RE: Lunch");
}
TEST_F(Headers, SubjectIsMadeFromItsParts) {
  m_.message().unicode("PidTagSubjectPrefix"_pid, "FW: ").unicode("PidTagNormalizedSubject"_pid, "Lunch");
  EXPECT_EQ(read().header("Subject"), "FW: Lunch");
}

TEST_F(Headers, DateLadderSkipsSentinels) {
  m_.message()
      .time("PidTagClientSubmitTime"_pid, ticks_of(4501, 1, 1))
      .time("PidTagMessageDeliveryTime"_pid, kSubmitted);
  EXPECT_EQ(read().header("Date"), "Wed, 17 Jan 2024 13:20:00 +0000");
}
TEST_F(Headers, NoDateIsInvented) { EXPECT_EQ(read().header("Date"), ""); }

TEST_F(Headers, EachPropertyHasItsField) {
  m_.message()
      .unicode("PidTagInternetMessageId"_pid, "<id@example.org>")
      .unicode("PidTagInReplyToId"_pid, "<a@example.org>")
      .unicode("PidTagInternetReferences"_pid, "<a@example.org><b@example.org>")
      .unicode("PidTagConversationTopic"_pid, "Lunch")
      .binary("PidTagConversationIndex"_pid, std::string(22, '\x01'))
      .integer("PidTagImportance"_pid, 2)
      .integer("PidTagSensitivity"_pid, 3)
      .integer("PidTagMessageLocaleId"_pid, 0x0407)
      .integer("PidTagAutoResponseSuppress"_pid, 0x3F)
      .boolean("PidTagReadReceiptRequested"_pid, true)
      .boolean("PidTagOriginatorDeliveryReportRequested"_pid, true)
      .time("PidTagExpiryTime"_pid, kSubmitted)
      .time("PidTagReplyTime"_pid, kSubmitted)
      .unicode("PidTagListHelp"_pid, "<mailto:help@example.org>");
  auto bag = m_.message();
  bag.named(kPsPublicStrings, "Keywords", static_cast<PropertyType>(0x101F),
            std::vector<Blob>{bag.text("Red, category"), bag.text("Blau")});
  bag.named("PidLidFlagRequest"_lid, PropertyType::unicode, bag.text("Follow up"));
  const ReadMail mail = read();
  EXPECT_EQ(mail.header("Message-ID"), "<id@example.org>");
  EXPECT_EQ(mail.header("In-Reply-To"), "<a@example.org>");
  EXPECT_EQ(mail.header("References"), "<a@example.org> <b@example.org>");
  EXPECT_EQ(mail.header("Thread-Topic"), "Lunch");
  EXPECT_EQ(mail.header("Thread-Index"), "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ==");
  EXPECT_EQ(mail.header("Importance"), "high");
  EXPECT_EQ(mail.header("X-Priority"), "1");
  EXPECT_EQ(mail.header("Sensitivity"), "Company-Confidential");
  EXPECT_THAT(text_, HasSubstr("\r\nContent-Language: de-DE\r\n"));
  EXPECT_EQ(mail.header("X-Auto-Response-Suppress"), "All");
  EXPECT_EQ(mail.header("Disposition-Notification-To"), "unknown@invalid");
  EXPECT_EQ(mail.header("Return-Receipt-To"), "unknown@invalid");
  EXPECT_EQ(mail.header("Expires"), "Wed, 17 Jan 2024 13:20:00 +0000");
  EXPECT_EQ(mail.header("Reply-By"), "Wed, 17 Jan 2024 13:20:00 +0000");
  EXPECT_EQ(mail.header("List-Help"), "<mailto:help@example.org>");
  EXPECT_EQ(mail.header("Keywords"), "\"Red, category\", Blau");
  EXPECT_EQ(mail.header("X-Message-Flag"), "Follow up");
}

TEST_F(Headers, InternetHeadersOfTheStoreAreKept) {
  auto bag = m_.message();
  bag.named(kPsInternetHeaders, "X-Mailer", PropertyType::unicode, bag.text("Grüße 1.0"));
  bag.named(kPsInternetHeaders, "Content-Type", PropertyType::unicode, bag.text("text/evil"));
  bag.named(kPsInternetHeaders, "bad name", PropertyType::unicode, bag.text("x"));
  const ReadMail mail = read();
  EXPECT_EQ(mail.header("X-Mailer"), "Grüße 1.0");
  EXPECT_EQ(mail.type(), "text/plain");
  EXPECT_EQ(mail.header("bad name"), "");
}

TEST_F(Headers, LineEndsInAStoredHeaderCannotSmuggleAField) {
  auto bag = m_.message();
  bag.named(kPsInternetHeaders, "X-Note", PropertyType::unicode, bag.text("one\r\nBcc: evil@example.org\r\n\r\nbody"));
  const ReadMail mail = read();
  EXPECT_EQ(mail.header("X-Note"), "oneBcc: evil@example.orgbody");
  EXPECT_EQ(mail.header("Bcc"), "");
}

class TransportHeaders : public Headers {
 protected:
  void transport(std::string_view text) { m_.message().unicode("PidTagTransportMessageHeaders"_pid, text); }
};

TEST_F(TransportHeaders, AreKeptInTheirOrder) {
  transport("Received: from a\r\n by b; 1 Jan 2024\r\nX-One: 1\r\nFrom: Ada <ada@example.org>\r\nX-Two: 2\r\n");
  read();
  EXPECT_TRUE(text_.starts_with(
      "Received: from a\r\n by b; 1 Jan 2024\r\nX-One: 1\r\nFrom: Ada <ada@example.org>\r\nX-Two: 2\r\n"));
}
TEST_F(TransportHeaders, StructureIsOurs) {
  transport(
      "From: ada@example.org\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed;\r\n "
      "boundary=x\r\nContent-Transfer-Encoding: base64\r\n");
  const ReadMail mail = read();
  EXPECT_EQ(mail.count_of("MIME-Version"), 1);
  EXPECT_THAT(text_, Not(HasSubstr("multipart")));
  EXPECT_EQ(mail.type(), "text/plain");
}
TEST_F(TransportHeaders, WhatTheyLackIsMerged) {
  transport("From: ada@example.org\r\nMessage-ID: <id@example.org>\r\n");
  m_.message().unicode("PidTagSubject"_pid, "Lunch").integer("PidTagImportance"_pid, 0);
  m_.recipient(3, "", "hidden@example.org");
  const ReadMail mail = read();
  EXPECT_EQ(mail.header("Subject"), "Lunch");
  EXPECT_EQ(mail.header("Importance"), "low");
  EXPECT_EQ(mail.header("Bcc"), "hidden@example.org");
  EXPECT_EQ(mail.count_of("From"), 1);
}
TEST_F(TransportHeaders, OfAnotherMessageAreNotBelieved) {
  transport("From: other@example.org\r\nMessage-ID: <other@example.org>\r\nSubject: Other\r\n");
  m_.message().unicode("PidTagInternetMessageId"_pid, "<this@example.org>").unicode("PidTagSubject"_pid, "This");
  const ReadMail mail = read();
  EXPECT_EQ(mail.header("Subject"), "This");
  EXPECT_EQ(mail.header("Message-ID"), "<this@example.org>");
}
TEST_F(TransportHeaders, EightBitAndBrokenWordsAreMended) {
  transport(
      "From: Jörg Müller <j@example.org>\r\nTo: Dr. Who <who@example.org>\r\nSubject: =?utf-8?B?R3LDvMOfZQ?= "
      "bad\r\nX-Note: Grüße\r\n");
  const ReadMail mail = read();
  EXPECT_THAT(mail.addresses(GMIME_ADDRESS_TYPE_FROM), ElementsAre("Jörg Müller <j@example.org>"));
  EXPECT_THAT(mail.addresses(GMIME_ADDRESS_TYPE_TO), ElementsAre("Dr. Who <who@example.org>"));
  EXPECT_EQ(mail.header("X-Note"), "Grüße");
}
TEST_F(TransportHeaders, BrokenSubjectIsTakenFromTheProperty) {
  transport("From: a@example.org\r\nSubject: =?utf-8?Q?Gr=C3?=\r\n");
  m_.message().unicode("PidTagSubject"_pid, "Grüße");
  EXPECT_EQ(read().header("Subject"), "Grüße");
}
TEST_F(TransportHeaders, BannerAndBodyAreNoFields) {
  transport(
      "Microsoft Mail Internet Headers Version 2.0\r\nFrom: a@example.org\r\nno field here\r\nX-A: 1\r\n\r\nX-Body: "
      "no\r\n");
  const ReadMail mail = read();
  EXPECT_EQ(mail.header("X-A"), "1");
  EXPECT_EQ(mail.header("X-Body"), "");
  ASSERT_EQ(m_.report.defects.size(), 1u);
  EXPECT_THAT(m_.report.defects[0].what, HasSubstr("1 lines"));
}
TEST_F(TransportHeaders, RepeatedRecipientFieldsBecomeOne) {
  transport(
      "To: a@example.org\r\nCc: c@example.org\r\nTo: b@example.org,\r\n d@example.org\r\nTo: "
      "d@example.org\r\nFrom: x@example.org\r\ncc:\r\nBcc: undisclosed-recipients:;\r\nBcc: undisclosed-recipients:;\r\n");
  const ReadMail mail = read();
  EXPECT_EQ(mail.count_of("To"), 1);
  EXPECT_EQ(mail.count_of("Cc"), 1);
  EXPECT_LE(mail.count_of("Bcc"), 1);
  EXPECT_THAT(mail.addresses(GMIME_ADDRESS_TYPE_TO), ElementsAre("a@example.org", "b@example.org", "d@example.org"));
}
TEST_F(TransportHeaders, SecondFromAndDateGo) {
  transport(
      "From: a@example.org\r\nDate: Wed, 17 Jan 2024 13:20:00 +0100\r\nFrom: b@example.org\r\nDate: nonsense\r\n");
  const ReadMail mail = read();
  EXPECT_EQ(mail.count_of("From"), 1);
  EXPECT_EQ(mail.count_of("Date"), 1);
  EXPECT_EQ(mail.header("Date"), "Wed, 17 Jan 2024 13:20:00 +0100");
}

}  // namespace
}  // namespace mapiguard
