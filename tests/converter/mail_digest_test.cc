#include "converter/mail_digest.h"

#include <gmime/gmime.h>
#include <gtest/gtest.h>

#include <string>

namespace mapiguard {
namespace {

class MailDigestTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { g_mime_init(); }
};

MailIdentity identity(const std::string& mail) {
  const auto found = mail_digest(as_bytes(mail));
  EXPECT_TRUE(found) << found.error().message;
  return found ? *found : MailIdentity{};
}
Digest digest(const std::string& mail) { return identity(mail).sha256; }

const std::string kHead =
    "From: Anna <anna@example.org>\r\nDate: Mon, 2 Jan 2006 15:04:05 -0700\r\n"
    "Message-ID: <1@example.org>\r\nSubject: hello\r\n";
std::string mail(const std::string& body = "one\r\ntwo\r\n", const std::string& fields = "") {
  return kHead + fields + "\r\n" + body;
}
std::string replaced(std::string text, const std::string& what, const std::string& by) {
  return text.replace(text.find(what), what.size(), by);
}

TEST_F(MailDigestTest, KeyIsReadFromTheHeader) {
  const MailIdentity found = identity(mail());
  EXPECT_EQ(found.message_id, "<1@example.org>");
  EXPECT_EQ(found.submit_time, 1'136'239'445);
}

TEST_F(MailDigestTest, FieldsOfTheWayDoNotCount) {
  const std::string way =
      "Received: from a by b; Mon, 2 Jan 2006 15:05:00 -0700\r\nList-Id: <l.example.org>\r\n"
      "List-Unsubscribe: <mailto:l-leave@example.org>\r\nDKIM-Signature: v=1; a=rsa-sha256; b=xyz\r\n"
      "ARC-Seal: i=1; a=rsa-sha256\r\nDelivered-To: bert@example.org\r\nX-Spam-Status: No\r\nPrecedence: list\r\n";
  EXPECT_EQ(digest(mail()), digest("Return-Path: <l-bounces@example.org>\r\n" + mail("one\r\ntwo\r\n", way)));
}

TEST_F(MailDigestTest, TransferEncodingOfABodyDoesNotCount) {
  const std::string type = "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n";
  const Digest plain = digest(mail("gr\xC3\xBC\xC3\x9F\x65\r\nzwei\r\n", type + "Content-Transfer-Encoding: 8bit\r\n"));
  EXPECT_EQ(plain,
            digest(mail("gr=C3=BC=C3=9Fe\r\nzw=\r\nei\r\n", type + "Content-Transfer-Encoding: quoted-printable\r\n")));
  EXPECT_EQ(plain, digest(mail("Z3LDvMOfZQ0KendlaQ0K\r\n", type + "Content-Transfer-Encoding: base64\r\n")));
  EXPECT_EQ(plain, digest(mail("Z3LDvMOfZQp6d2Vp\r\n", type + "Content-Transfer-Encoding: base64\r\n")));
}

TEST_F(MailDigestTest, LineEndsAndFoldingDoNotCount) {
  std::string unix_mail;
  for (const char c : mail())
    if (c != '\r') unix_mail += c;
  EXPECT_EQ(digest(mail()), digest(unix_mail));
  EXPECT_EQ(digest(mail()), digest(replaced(mail(), "Subject: hello", "subject:\r\n  hello")));
  EXPECT_EQ(digest(mail()), digest(mail("one\r\ntwo")));
}

TEST_F(MailDigestTest, EncodedWordIsTheTextThatItStandsFor) {
  const std::string raw = replaced(mail(), "hello", "gr\xC3\xBC\xC3\x9F\x65");
  EXPECT_EQ(digest(raw), digest(replaced(mail(), "hello", "=?utf-8?Q?gr=C3=BC=C3=9Fe?=")));
  EXPECT_EQ(digest(raw), digest(replaced(mail(), "hello", "=?iso-8859-1?Q?gr=FC=DFe?=")));
}

TEST_F(MailDigestTest, EnvelopeLineOfAnMboxDoesNotCount) {
  EXPECT_EQ(digest(mail()), digest("From anna@example.org Mon Jan  2 15:04:05 2006\n" + mail()));
}

TEST_F(MailDigestTest, EachFieldThatCountsMakesAnotherMail) {
  const Digest before = digest(mail());
  EXPECT_NE(before, digest(replaced(mail(), "Anna <anna@", "Anna <otto@")));
  EXPECT_NE(before, digest(replaced(mail(), "15:04:05", "15:04:06")));
  EXPECT_NE(before, digest(replaced(mail(), "<1@", "<2@")));
  EXPECT_NE(before, digest(replaced(mail(), "Subject: hello", "Subject: [list] hello")));
}

TEST_F(MailDigestTest, OtherBodyMakesAnotherMail) {
  EXPECT_NE(digest(mail()), digest(mail("one\r\ntwo\r\n-- \r\nfooter of the list\r\n")));
  EXPECT_NE(digest(mail()), digest(mail("onetwo\r\n")));
  EXPECT_NE(digest(mail()), digest(mail("one\r\n\r\ntwo\r\n")));
}

TEST_F(MailDigestTest, SameBytesShownAsAnotherTextMakeAnotherMail) {
  const std::string latin = "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=iso-8859-1\r\n";
  const std::string html = "MIME-Version: 1.0\r\nContent-Type: text/html; charset=iso-8859-1\r\n";
  EXPECT_NE(digest(mail("one\r\n")), digest(mail("one\r\n", latin)));
  EXPECT_NE(digest(mail("one\r\n", html)), digest(mail("one\r\n", latin)));
}

std::string two_parts(const std::string& boundary, const std::string& name, const std::string& data) {
  return mail("--" + boundary + "\r\nContent-Type: text/plain\r\n\r\ntext\r\n--" + boundary +
                  "\r\nContent-Type: application/octet-stream; name=" + name +
                  "\r\nContent-Transfer-Encoding: base64\r\n\r\n" + data + "\r\n--" + boundary + "--\r\n",
              "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=" + boundary + "\r\n");
}

TEST_F(MailDigestTest, BoundaryAndLineLengthsOfPartsDoNotCount) {
  EXPECT_EQ(digest(two_parts("abc", "a.bin", "AAECAwQFBgc=")), digest(two_parts("x-y-z", "a.bin", "AAEC\r\nAwQFBgc=")));
}

TEST_F(MailDigestTest, AttachmentCountsToTheByte) {
  const Digest before = digest(two_parts("abc", "a.bin", "DQoNCg=="));
  EXPECT_NE(before, digest(two_parts("abc", "a.bin", "DQo=")));
  EXPECT_NE(before, digest(two_parts("abc", "b.bin", "DQoNCg==")));
}

TEST_F(MailDigestTest, MessageInAMessageCounts) {
  const auto forwarded = [](const std::string& inner) {
    return mail("--b\r\nContent-Type: message/rfc822\r\n\r\n" + inner + "\r\n--b--\r\n",
                "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n");
  };
  EXPECT_EQ(digest(forwarded(mail())), digest(forwarded("Received: by b\r\n" + mail())));
  EXPECT_NE(digest(forwarded(mail())), digest(forwarded(mail("other\r\n"))));
}

TEST_F(MailDigestTest, MissingFieldsAreToldFromEmptyOnes) {
  const MailIdentity found = identity("Subject: x\r\n\r\nbody\r\n");
  EXPECT_EQ(found.message_id, "");
  EXPECT_FALSE(found.submit_time);
  EXPECT_NE(found.sha256, digest("Subject: x\r\nFrom:\r\n\r\nbody\r\n"));
}

TEST_F(MailDigestTest, ConstantNullIsAnIdLikeAnyOther) {
  EXPECT_EQ(identity(replaced(mail(), "<1@example.org>", "$null")).message_id, "$null");
  EXPECT_EQ(identity(replaced(mail(), "<1@example.org>", "<>")).message_id, "");
}

TEST_F(MailDigestTest, OverlongIdCountsAsNone) {
  EXPECT_EQ(identity(replaced(mail(), "<1@", "<" + std::string(2000, 'x') + "@")).message_id, "");
}

TEST_F(MailDigestTest, DateThatMakesNoSenseIsNoTime) {
  EXPECT_FALSE(identity(replaced(mail(), "Mon, 2 Jan 2006 15:04:05 -0700", "yesterday")).submit_time);
}

TEST_F(MailDigestTest, TextWithoutHeaderLinesIsNoMail) {
  for (const std::string text : {"", "\n", "\x01\x02\x03", "\r\nbody\r\n"})
    EXPECT_FALSE(mail_digest(as_bytes(text))) << text;
}

TEST_F(MailDigestTest, PartsBeyondTheDepthAreRefused) {
  std::string deep;
  for (int i = 0; i < 150; ++i) {
    const std::string b = "b" + std::to_string(i);
    deep += "Content-Type: multipart/mixed; boundary=" + b + "\r\n\r\n--" + b + "\r\n";
  }
  EXPECT_FALSE(mail_digest(as_bytes("From: a@b\r\nMIME-Version: 1.0\r\n" + deep)));
}

TEST_F(MailDigestTest, TextOfAnIdentityGivesTheIdentity) {
  for (const std::string& text : {mail(), std::string("Subject: x\r\n\r\nbody\r\n")}) {
    const MailIdentity before = identity(text);
    const auto after = mail_identity_of(to_text(before));
    ASSERT_TRUE(after);
    EXPECT_EQ(after->message_id, before.message_id);
    EXPECT_EQ(after->submit_time, before.submit_time);
    EXPECT_EQ(after->sha256, before.sha256);
  }
}

TEST_F(MailDigestTest, TextThatIsNoIdentityIsRefused) {
  const std::string good = to_text(identity(mail()));
  EXPECT_FALSE(mail_identity_of(""));
  EXPECT_FALSE(mail_identity_of(good.substr(1)));
  EXPECT_FALSE(mail_identity_of(good + "x"));
  EXPECT_FALSE(mail_identity_of(replaced(good, "1136239445", "11362e39445")));
  EXPECT_FALSE(mail_identity_of(replaced(good, "<1@", std::string(1000, 'a'))));
}

}  // namespace
}  // namespace mapiguard
