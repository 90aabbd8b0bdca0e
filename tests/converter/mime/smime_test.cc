#include "converter/mime/smime.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/converter/mime/mail_reader.h"
#include "tests/converter/mime/model_builder.h"

namespace mapiguard {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using testing::ModelBuilder;
using testing::ReadMail;

constexpr std::string_view kSigned =
    "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\";\r\n\tmicalg=sha1; "
    "boundary=\"b\"\r\nMIME-Version: 1.0\r\n\r\n"
    "preamble\r\n--b\r\nContent-Type: text/plain\r\n\r\nHello  \r\n--b\r\nContent-Type: "
    "application/pkcs7-signature\r\n\r\nsig\r\n--b--\r\nepilogue";

ModelBuilder smime(std::string_view message_class, std::string_view name, std::string_view data, std::string_view tag) {
  ModelBuilder m;
  m.message().unicode("PidTagMessageClass"_pid, message_class).unicode("PidTagSubject"_pid, "Secret");
  m.attachment(name, data).unicode("PidTagAttachMimeTag"_pid, tag);
  return m;
}

TEST(Smime, ClearSignedBodyIsExact) {
  const std::string mail = smime("IPM.Note.SMIME.MultipartSigned", "smime.p7m", kSigned, "multipart/signed").mail();
  EXPECT_THAT(mail, EndsWith(std::string(kSigned.substr(kSigned.find("\r\n\r\n")))));
  EXPECT_THAT(mail, HasSubstr("\r\nContent-Type: multipart/signed; "
                              "protocol=\"application/pkcs7-signature\";\r\n\tmicalg=sha1; boundary=\"b\"\r\n"));
  const ReadMail read(mail);
  EXPECT_EQ(read.count_of("MIME-Version"), 1);
  EXPECT_EQ(read.header("Subject"), "Secret");
  EXPECT_EQ(read.tree(), "signed(text/plain,application/pkcs7-signature)");
}

TEST(Smime, ClearSignedWithBareLineFeedsGetsTheSignedForm) {
  std::string lf;
  for (const char c : kSigned)
    if (c != '\r') lf += c;
  const std::string mail = smime("IPM.Note.SMIME.MultipartSigned", "smime.p7m", lf, "multipart/signed").mail();
  EXPECT_THAT(mail, EndsWith(std::string(kSigned.substr(kSigned.find("\r\n\r\n")))));
}

TEST(Smime, OpaqueIsTheBodyAndItsTypeIsRead) {
  const std::string cms("\x30\x80\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x03\xA0\x80", 15);
  const ReadMail mail(smime("IPM.Note.SMIME", "smime.p7m", cms, "application/pkcs7-mime").mail());
  EXPECT_EQ(mail.tree(), "application/pkcs7-mime");
  EXPECT_EQ(mail.parts().at(0).content, cms);
  EXPECT_EQ(mail.parts().at(0).parameter("smime-type"), "enveloped-data");
}

TEST(Smime, SignedBytesThatNoMailMayHoldAreAFile) {
  const std::string bytes = std::string(kSigned) + std::string(1, '\0');
  const ReadMail mail(smime("IPM.Note.SMIME.MultipartSigned", "smime.p7m", bytes, "multipart/signed").mail());
  EXPECT_EQ(mail.tree(), "mixed(text/plain,application/pkcs7-mime)");
  EXPECT_EQ(mail.parts().at(1).content, bytes);
}

TEST(Smime, MessageWithoutItsAttachmentIsANote) {
  ModelBuilder m;
  m.message().unicode("PidTagMessageClass"_pid, "IPM.Note.SMIME").unicode("PidTagBody"_pid, "plain");
  EXPECT_EQ(ReadMail(m.mail()).tree(), "text/plain");
}

}  // namespace
}  // namespace mapiguard
