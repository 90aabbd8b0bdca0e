#include "converter/mime/build.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/converter/mime/mail_reader.h"
#include "tests/converter/mime/model_builder.h"

namespace mapiguard {
namespace {

using ::testing::HasSubstr;
using testing::ModelBuilder;
using ::testing::Not;
using testing::ReadMail;
using testing::ReadPart;
using testing::wire_faults;

constexpr std::string_view kPng("\x89PNG\r\n\x1A\n....", 12);

class Build : public ::testing::Test {
 protected:
  void body(std::string_view plain) { m_.message().unicode("PidTagBody"_pid, plain); }
  void html(std::string_view text) {
    m_.message().binary("PidTagHtml"_pid, text).integer("PidTagInternetCodepage"_pid, 65001);
  }
  ReadMail read() {
    text_ = m_.mail();
    EXPECT_EQ(wire_faults(text_), "");
    return ReadMail(text_);
  }
  ModelBuilder m_;
  std::string text_;
};

TEST_F(Build, EmptyMessageIsAnEmptyText) {
  const ReadMail mail = read();
  EXPECT_EQ(mail.tree(), "text/plain");
  EXPECT_EQ(mail.parts().at(0).content, "");
}

TEST_F(Build, TextAloneNeedsNoMultipart) {
  body("Grüße\nan alle");
  const ReadMail mail = read();
  EXPECT_EQ(mail.tree(), "text/plain");
  EXPECT_EQ(mail.parts().at(0).content, "Grüße\r\nan alle");
  EXPECT_EQ(mail.parts().at(0).parameter("charset"), "utf-8");
}

TEST_F(Build, RichestAlternativeIsLast) {
  body("Hello");
  html("<p>Hello</p>");
  EXPECT_EQ(read().tree(), "alternative(text/plain,text/html)");
}

TEST_F(Build, WholeStructureHasItsOrder) {
  body("Hello");
  html("<p><img src=\"cid:pic@1\"></p>");
  m_.attachment("pic.png", kPng).unicode("PidTagAttachContentId"_pid, "pic@1");
  m_.attachment("a.pdf", "%PDF-1.4");
  const ReadMail mail = read();
  EXPECT_EQ(mail.tree(), "mixed(related(alternative(text/plain,text/html),image/png),application/pdf)");
  const ReadPart* picture = mail.part("image/png");
  EXPECT_EQ(picture->content_id(), "pic@1");
  EXPECT_EQ(picture->disposition(), "inline");
  EXPECT_EQ(picture->content, kPng);
  EXPECT_EQ(mail.part("application/pdf")->disposition(), "attachment");
}

TEST_F(Build, UnreferencedInlinePictureIsAnAttachment) {
  html("<p>no picture</p>");
  m_.attachment("pic.png", kPng)
      .unicode("PidTagAttachContentId"_pid, "pic@1")
      .integer("PidTagAttachFlags"_pid, 4)
      .boolean("PidTagAttachmentHidden"_pid, true);
  const ReadMail mail = read();
  EXPECT_THAT(mail.tree(), HasSubstr("mixed("));
  EXPECT_EQ(mail.part("image/png")->disposition(), "attachment");
}

TEST_F(Build, ContentIdIsFoundThoughEncodedOrTerminated) {
  html("<img src='cid:a%20b'>");
  m_.attachment("pic.png", kPng).unicode("PidTagAttachContentId"_pid, std::string_view("pic\0", 4));
  m_.attachment("pic2.png", kPng).unicode("PidTagAttachContentId"_pid, "<x@y>");
  const ReadMail mail = read();
  EXPECT_EQ(mail.parts().at(1).content_id(), "pic");
  EXPECT_EQ(mail.parts().at(2).content_id(), "x@y");
}

TEST_F(Build, ContentIdWithABlankIsKept) {
  html("<img src=\"cid:my%20picture.png\">");
  m_.attachment("pic.png", kPng).unicode("PidTagAttachContentId"_pid, "my picture.png");
  const ReadMail mail = read();
  EXPECT_THAT(mail.tree(), HasSubstr("related("));
  EXPECT_THAT(text_, HasSubstr("\r\nContent-ID: <my picture.png>\r\n"));
}

TEST_F(Build, ContentIdThatIsNoAsciiIsRenamedInTheHtmlToo) {
  html("<img src=\"cid:图.png\"><img src=\"cid:%E5%9B%BE2.png\">");
  m_.attachment("one.png", kPng).unicode("PidTagAttachContentId"_pid, "图.png");
  m_.attachment("two.png", kPng).unicode("PidTagAttachContentId"_pid, "图2.png");
  const ReadMail mail = read();
  EXPECT_EQ(mail.tree(), "related(text/html,image/png,image/png)");
  for (const std::size_t i : {1u, 2u})
    EXPECT_THAT(mail.parts().at(0).content, HasSubstr("cid:" + mail.parts().at(i).content_id() + "\""));
}

TEST_F(Build, PictureNamedByItsFileIsShown) {
  html("<img src=\"cid:logo.png\">");
  m_.attachment("logo.png", kPng);
  const ReadMail mail = read();
  EXPECT_THAT(mail.tree(), HasSubstr("related("));
  EXPECT_EQ(mail.part("image/png")->content_id(), "logo.png");
}

TEST_F(Build, ContentLocationIsFollowed) {
  html("<img src=\"http://example.org/a.png?x=1&amp;y=2\">");
  m_.attachment("a.png", kPng).unicode("PidTagAttachContentLocation"_pid, "http://example.org/a.png?x=1&y=2");
  const ReadMail mail = read();
  EXPECT_THAT(mail.tree(), HasSubstr("related("));
  EXPECT_EQ(mail.part("image/png")->header("Content-Location"), "http://example.org/a.png?x=1&y=2");
}

TEST_F(Build, OneContentIdIsGivenOnce) {
  html("<img src=\"cid:pic\">");
  m_.attachment("one.png", kPng).unicode("PidTagAttachContentId"_pid, "pic");
  m_.attachment("two.png", kPng).unicode("PidTagAttachContentId"_pid, "pic");
  const ReadMail mail = read();
  EXPECT_THAT(mail.tree(), HasSubstr("image/png),image/png)"));
  EXPECT_EQ(mail.parts().at(1).filename(), "one.png");
  EXPECT_EQ(mail.parts().at(2).content_id(), "");
}

TEST_F(Build, NamesSurviveWhateverIsInThem) {
  for (const char* name : {"plain.txt", "my file.txt", "Grüße \"aus\" 日本.txt", "semi;colon=1.txt"})
    m_.attachment(name, "x");
  const ReadMail mail = read();
  EXPECT_EQ(mail.parts().at(2).filename(), "my file.txt");
  EXPECT_EQ(mail.parts().at(3).filename(), "Grüße \"aus\" 日本.txt");
  EXPECT_EQ(mail.parts().at(4).filename(), "semi;colon=1.txt");
}

TEST_F(Build, PathsInNamesAreNoPaths) {
  m_.attachment("../../etc/passwd", "x");
  m_.attachment("C:\\temp\\a.txt", "x");
  const ReadMail mail = read();
  EXPECT_EQ(mail.parts().at(1).filename(), ".._.._etc_passwd");
  EXPECT_EQ(mail.parts().at(2).filename(), "C:_temp_a.txt");
}

TEST_F(Build, NamelessAttachmentIsNamedByPlaceAndType) {
  m_.attachment("", kPng);
  m_.attachment("", "????");
  const ReadMail mail = read();
  EXPECT_EQ(mail.parts().at(1).filename(), "attachment-1.png");
  EXPECT_EQ(mail.parts().at(2).filename(), "attachment-2.bin");
}

TEST_F(Build, TypeComesFromTagThenNameThenContent) {
  m_.attachment("a.dat", "x").unicode("PidTagAttachMimeTag"_pid, "text/csv; charset=utf-8; name=evil");
  m_.attachment("b.docx", "x");
  m_.attachment("c", "%PDF-1.4");
  m_.attachment("d.txt", "x").unicode("PidTagAttachMimeTag"_pid, "not a type");
  m_.attachment("e", "x").unicode("PidTagAttachMimeTag"_pid, "multipart/mixed");
  const ReadMail mail = read();
  EXPECT_EQ(mail.parts().at(1).type, "text/csv");
  EXPECT_EQ(mail.parts().at(1).parameter("name"), "a.dat");
  EXPECT_EQ(mail.parts().at(2).type, "application/vnd.openxmlformats-officedocument.wordprocessingml.document");
  EXPECT_EQ(mail.parts().at(3).type, "application/pdf");
  EXPECT_EQ(mail.parts().at(4).type, "text/plain");
  EXPECT_EQ(mail.parts().at(5).type, "application/octet-stream");
}

TEST_F(Build, NameTellsMoreThanOctetStream) {
  for (const char* name : {"a.pdf", "b.txt", "c.jpg", "d.unheardof"})
    m_.attachment(name, "x").unicode("PidTagAttachMimeTag"_pid, "application/octet-stream");
  EXPECT_EQ(read().tree(), "mixed(text/plain,application/pdf,text/plain,image/jpeg,application/octet-stream)");
}

TEST_F(Build, TextAttachmentIsExactToTheByte) {
  const std::string odd("line\nother\r\nlast \r \0 end", 24);
  m_.attachment("a.txt", odd);
  EXPECT_EQ(read().parts().at(1).content, odd);
}

TEST_F(Build, AttachmentInPiecesIsOne) {
  std::string bytes(100'000, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 7 + i / 256);
  m_.attachment("a.bin", "");
  Blob& blob = m_.last_attachment().data;
  blob = Blob();
  for (std::size_t at = 0, size = 1; at < bytes.size(); at += size, size = size * 3 % 1009 + 1)
    blob.append(as_bytes(std::string_view(bytes).substr(at, size))), blob.append({});
  EXPECT_EQ(read().parts().at(1).content, bytes);
}

TEST_F(Build, MessageInsideIsAMessage) {
  ModelBuilder inner;
  inner.message().unicode("PidTagSubject"_pid, "Inner").unicode("PidTagBody"_pid, "Inner body");
  m_.embedded(inner);
  body("Outer body");
  const ReadMail mail = read();
  EXPECT_EQ(mail.tree(), "mixed(text/plain,message/rfc822)");
  const ReadPart* part = mail.part("message/rfc822");
  EXPECT_THAT(part->content, HasSubstr("Subject: Inner"));
  EXPECT_THAT(part->content, HasSubstr("Inner body"));
}

TEST_F(Build, MessageInsideIsNamedBySubjectWhereItsNameSaysNothing) {
  for (const char* name : {"", "Untitled Attachment", "???", "Report.msg", "Mail.EML"}) {
    ModelBuilder inner;
    inner.message().unicode("PidTagSubject"_pid, "Übersicht");
    auto bag = m_.embedded(inner);
    if (*name) bag.unicode("PidTagDisplayName"_pid, name);
  }
  const ReadMail mail = read();
  std::vector<std::string> names;
  for (const ReadPart& part : mail.parts())
    if (part.type == "message/rfc822") names.push_back(part.filename());
  EXPECT_THAT(names,
              ::testing::ElementsAre("Übersicht.eml", "Übersicht.eml", "Übersicht.eml", "Report.eml", "Mail.eml"));
}

TEST_F(Build, TakenApartOpenPgpMailIsPutTogetherAgain) {
  m_.attachment("ATT1.dat", "Version: 1\r\n").unicode("PidTagAttachMimeTag"_pid, "application/pgp-encrypted");
  m_.attachment("ATT2.asc", "-----BEGIN PGP MESSAGE-----\r\n\r\nhQEM\r\n-----END PGP MESSAGE-----\r\n");
  const ReadMail mail = read();
  EXPECT_EQ(mail.tree(), "encrypted(application/pgp-encrypted,application/octet-stream)");
  EXPECT_THAT(text_, HasSubstr("protocol=\"application/pgp-encrypted\""));
  EXPECT_THAT(mail.parts().at(1).content, HasSubstr("hQEM"));
}

TEST_F(Build, OpenPgpFilesBesideATextStayAttachments) {
  body("See the attached files");
  m_.attachment("ATT1.dat", "Version: 1\r\n").unicode("PidTagAttachMimeTag"_pid, "application/pgp-encrypted");
  m_.attachment("ATT2.asc", "-----BEGIN PGP MESSAGE-----\r\n");
  EXPECT_EQ(read().tree().substr(0, 16), "mixed(text/plain");
}

TEST_F(Build, MessagesNestedTooDeepAreNamed) {
  m_.options.limits.max_depth = 2;
  ModelBuilder innermost, inner;
  innermost.message().unicode("PidTagBody"_pid, "never seen");
  inner.embedded(innermost);
  m_.embedded(inner);
  read();
  EXPECT_THAT(text_, Not(HasSubstr("never seen")));
  EXPECT_THAT(text_, HasSubstr("filename=attachment-1.eml.txt"));
  ASSERT_EQ(m_.report.defects.size(), 1u);
  EXPECT_EQ(m_.report.defects[0].severity, Severity::loss);
}

TEST_F(Build, ReferenceSaysWhereItPoints) {
  m_.attachment("big.iso", "")
      .integer("PidTagAttachMethod"_pid, 7)
      .unicode("PidTagAttachLongPathname"_pid, "https://example.org/big.iso");
  EXPECT_THAT(read().parts().at(1).content, HasSubstr("https://example.org/big.iso"));
}

TEST_F(Build, MailAttachedAsBytesIsAMessageWhereItCanBe) {
  m_.attachment("a.eml", "From: a@example.org\r\n\r\nHello\r\n").unicode("PidTagAttachMimeTag"_pid, "message/rfc822");
  m_.attachment("b.eml", "From: a@example.org\n\nHello\n").unicode("PidTagAttachMimeTag"_pid, "message/rfc822");
  const ReadMail mail = read();
  EXPECT_EQ(mail.tree(), "mixed(text/plain,message/rfc822,application/octet-stream)");
  EXPECT_EQ(mail.parts().at(2).content, "From: a@example.org\n\nHello\n");
}

TEST_F(Build, SameInputGivesTheSameBytes) {
  body("Hello");
  html("<p>Hello</p>");
  m_.attachment("a.bin", "bytes");
  EXPECT_EQ(m_.mail(), m_.mail());
}

TEST_F(Build, BoundaryCannotBeForgedByTheText) {
  body("Hello");
  html("<p>Hello</p>");
  const std::string first = m_.mail();
  const std::size_t at = first.find("boundary=\"") + 10;
  const std::string boundary = first.substr(at, first.find('"', at) - at);
  ModelBuilder forged;
  forged.message()
      .unicode("PidTagBody"_pid, "Hello\r\n--" + boundary + "--\r\n")
      .binary("PidTagHtml"_pid, "<p>Hello</p>")
      .integer("PidTagInternetCodepage"_pid, 65001);
  const ReadMail mail(forged.mail());
  EXPECT_EQ(mail.tree(), "alternative(text/plain,text/html)");
  EXPECT_THAT(mail.parts().at(0).content, HasSubstr("--" + boundary));
}

TEST_F(Build, SinkThatRefusesEndsTheWriting) {
  class Full final : public OutputSink {
    bool write(std::span<const std::byte>) override { return false; }
  } full;
  Part part = text_part("text/plain", "x");
  EXPECT_FALSE(write_mail(part, full));
}

TEST_F(Build, HugeAttachmentPassesThroughASmallBuffer) {
  class Counting final : public OutputSink {
   public:
    bool write(std::span<const std::byte> bytes) override {
      total += bytes.size();
      largest = std::max(largest, bytes.size());
      return true;
    }
    std::size_t total = 0, largest = 0;
  } sink;
  const std::string megabyte(1 << 20, 'x'), gap("y");
  Part part;
  part.headers.push_back({"Content-Type", "application/octet-stream"});
  part.encoding = Encoding::base64;
  for (int i = 0; i < 64; ++i) {
    part.blob.append(as_bytes(megabyte));
    part.blob.append(as_bytes(gap));
  }
  ASSERT_TRUE(write_mail(part, sink));
  EXPECT_GT(sink.total, std::size_t{64} << 20);
  EXPECT_LE(sink.largest, 64u * 1024);
}

}  // namespace
}  // namespace mapiguard
