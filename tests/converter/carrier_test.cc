#include "converter/carrier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mapiguard/convert.h>
#include "base/bytes.h"
#include "converter/mime/base64.h"
#include "tests/converter/mime/mail_reader.h"
#include "tests/support/tnef_builder.h"

namespace mapiguard {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::ReadMail;
using testing::TnefAttachment;
using testing::TnefBuilder;
using testing::wire_faults;

constexpr std::string_view kHead =
    "From: ada@example.org\r\nTo: grace@example.org\r\nSubject: Lunch\r\nMIME-Version: 1.0\r\n";

std::string tnef_part(const std::string& tnef, std::string_view type = "application/ms-tnef; name=winmail.dat") {
  return "Content-Type: " + std::string(type) + "\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
         base64(as_bytes(tnef)) + "\r\n";
}
std::string text_part(std::string_view text, std::string_view type = "text/plain") {
  return "Content-Type: " + std::string(type) + "; charset=us-ascii\r\n\r\n" + std::string(text) + "\r\n";
}
std::string mixed(std::initializer_list<std::string> parts, std::string_view head = kHead,
                  std::string_view type = "multipart/mixed", std::string_view boundary = "outer") {
  std::string mail =
      std::string(head) + "Content-Type: " + std::string(type) + "; boundary=" + std::string(boundary) + "\r\n\r\n";
  for (const std::string& part : parts) mail += "--" + std::string(boundary) + "\r\n" + part + "\r\n";
  return mail + "--" + std::string(boundary) + "--\r\n";
}

struct Unpacked {
  Report report;
  std::string out;
};
Unpacked unpack(const std::string& mail, const ConvertOptions& options = {}) {
  Unpacked result;
  StringSink sink(result.out);
  const auto report = convert(as_bytes(mail), options, sink);
  EXPECT_TRUE(report) << report.error().message;
  if (report) result.report = *report;
  EXPECT_EQ(result.report.kind, InputKind::mime);
  return result;
}

const TnefBuilder& html_and_file() {
  static const TnefBuilder builder = TnefBuilder()
                                         .binary(0x1013, "<p>Hello Grace, shall we?</p>")
                                         .integer32(0x3FDE, 65001)
                                         .attachment("a.bin", "bytes");
  return builder;
}

TEST(Carrier, MailWithoutTnefIsCopiedToTheByte) {
  const std::string mail =
      mixed({text_part("Hello"), "Content-Type: image/png\nContent-Transfer-Encoding: base64\n\nAAAA\n"});
  EXPECT_EQ(unpack(mail).out, mail);
}

TEST(Carrier, TnefIsReplacedByWhatItHolds) {
  const Unpacked result = unpack(mixed({text_part("Hello Grace, shall we?"), tnef_part(html_and_file().build())}));
  EXPECT_EQ(wire_faults(result.out), "");
  const ReadMail mail(result.out);
  EXPECT_EQ(mail.tree(), "mixed(alternative(text/plain,text/html),application/octet-stream)");
  EXPECT_EQ(mail.header("Subject"), "Lunch");
  EXPECT_EQ(mail.part("application/octet-stream")->content, "bytes");
  EXPECT_EQ(mail.part("application/octet-stream")->filename(), "a.bin");
}

TEST(Carrier, TextThatTheMailHasIsNotSaidTwice) {
  const Unpacked result = unpack(
      mixed({text_part("Hello Grace,\r\nshall we?"),
             tnef_part(TnefBuilder().unicode(0x1000, "Hello Grace, shall we?").attachment("a.bin", "x").build())}));
  EXPECT_EQ(ReadMail(result.out).tree(), "mixed(text/plain,application/octet-stream)");
}

TEST(Carrier, TextThatTheMailLacksIsKept) {
  const Unpacked result =
      unpack(mixed({text_part("This message is in MIME format, which your reader cannot show."),
                    tnef_part(TnefBuilder().unicode(0x1000, "Completely different words stand here").build())}));
  EXPECT_EQ(ReadMail(result.out).tree(), "mixed(text/plain,text/plain)");
}

TEST(Carrier, HtmlThatTheMailHasStays) {
  const Unpacked result = unpack(mixed({text_part("<p>Hello</p>", "text/html"), tnef_part(html_and_file().build())}));
  EXPECT_EQ(ReadMail(result.out).tree(), "mixed(text/html,application/octet-stream)");
}

TEST(Carrier, MailThatIsAllTnefIsUnpacked) {
  const Unpacked result = unpack(std::string(kHead) + tnef_part(html_and_file().build()));
  const ReadMail mail(result.out);
  EXPECT_EQ(mail.header("Subject"), "Lunch");
  EXPECT_EQ(mail.count_of("MIME-Version"), 1);
  EXPECT_EQ(mail.tree(), "mixed(alternative(text/plain,text/html),application/octet-stream)");
}

TEST(Carrier, WinmailDatIsKnownByNameAndSignature) {
  const Unpacked by_name = unpack(
      mixed({text_part("Hello"), tnef_part(html_and_file().build(), "application/octet-stream; name=WINMAIL.DAT")}));
  EXPECT_THAT(by_name.out, Not(HasSubstr("WINMAIL.DAT")));
  const std::string other =
      mixed({text_part("Hello"), tnef_part("not TNEF at all", "application/octet-stream; name=winmail.dat")});
  const Unpacked no_tnef = unpack(other);
  EXPECT_EQ(no_tnef.out, other);
  EXPECT_EQ(no_tnef.report.defects.size(), 1u);
}

TEST(Carrier, NestedMessagesAreUnpackedToo) {
  const std::string inner =
      mixed({text_part("Hello"), tnef_part(html_and_file().build())}, kHead, "multipart/mixed", "inner");
  const Unpacked result = unpack(mixed({text_part("See below"), "Content-Type: message/rfc822\r\n\r\n" + inner}));
  EXPECT_THAT(result.out, Not(HasSubstr("ms-tnef")));
  EXPECT_THAT(result.out, HasSubstr("a.bin"));
}

TEST(Carrier, WhatIsSignedStays) {
  const std::string mail =
      mixed({mixed({text_part("Hello"), tnef_part(html_and_file().build())}, "", "multipart/mixed", "inner"),
             "Content-Type: application/pkcs7-signature\r\n\r\nsig\r\n"},
            kHead, "multipart/signed; protocol=\"application/pkcs7-signature\"");
  EXPECT_EQ(unpack(mail).out, mail);
}

TEST(Carrier, KeepTnefLeavesItBeside) {
  ConvertOptions options;
  options.keep_tnef = true;
  const Unpacked result =
      unpack(mixed({text_part("Hello Grace, shall we?"), tnef_part(html_and_file().build())}), options);
  EXPECT_EQ(ReadMail(result.out).tree(),
            "mixed(alternative(text/plain,text/html),application/ms-tnef,application/octet-stream)");
}

TEST(Carrier, SameInputGivesTheSameBytes) {
  const std::string mail = mixed({text_part("Hello"), tnef_part(html_and_file().build())});
  EXPECT_EQ(unpack(mail).out, unpack(mail).out);
}

TEST(Carrier, MailWrittenAnewGetsTheMessageIdThatItLacks) {
  const std::string mail = mixed({text_part("Hello"), tnef_part(html_and_file().build())});
  const Unpacked result = unpack(mail);
  EXPECT_THAT(result.report.message_id, ::testing::MatchesRegex("<[0-9a-f]+@invalid>"));
  EXPECT_EQ(ReadMail(result.out).raw_header("Message-Id"), result.report.message_id);
  EXPECT_EQ(unpack(mail).report.message_id, result.report.message_id);
  EXPECT_EQ(unpack("Message-ID: <own@example.org>\r\n" + mail).report.message_id, "<own@example.org>");
}

TEST(Carrier, OtherPartsStayAsTheyCame) {
  const std::string odd =
      "Content-Type: text/plain;\r\n charset=\"iso-8859-1\"\r\nX-Odd:  two  blanks\r\nContent-Transfer-Encoding: "
      "quoted-printable\r\n\r\nGr=FC=DFe =\r\nhier\r\n";
  EXPECT_THAT(unpack(mixed({odd, tnef_part(TnefBuilder().attachment("a.bin", "x").build())})).out, HasSubstr(odd));
}

TEST(Carrier, MeetingInTnefIsACalendar) {
  const Guid appointment{{0x02, 0x20, 0x06, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46}};
  const std::string tnef = TnefBuilder()
                               .unicode(0x001A, "IPM.Schedule.Meeting.Request")
                               .unicode(0x0037, "Lunch")
                               .name(0x8001, appointment, 0x820D)
                               .time(0x8001, testing::ticks_of(2024, 7, 1))
                               .build();
  EXPECT_THAT(unpack(mixed({text_part("Hello"), tnef_part(tnef)})).out, HasSubstr("text/calendar"));
}

}  // namespace
}  // namespace mapiguard
