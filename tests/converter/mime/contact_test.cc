#include "converter/mime/contact.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "converter/mime/content_lines.h"
#include "tests/converter/mime/mail_reader.h"
#include "tests/converter/mime/model_builder.h"

namespace mapiguard {
namespace {

using ::testing::HasSubstr;
using testing::ModelBuilder;
using testing::ReadMail;

std::string card_of(ModelBuilder& m) {
  const ReadMail mail(m.mail());
  const testing::ReadPart* part = mail.part("text/vcard");
  std::string out = part ? part->content : "";
  for (std::size_t at; (at = out.find("\r\n ")) != out.npos;) out.erase(at, 3);
  return out;
}

TEST(Contact, EachPropertyHasItsLine) {
  ModelBuilder m;
  auto bag = m.message();
  bag.unicode("PidTagMessageClass"_pid, "IPM.Contact")
      .unicode("PidTagDisplayName"_pid, "Ada Lovelace")
      .unicode("PidTagSurname"_pid, "Lovelace")
      .unicode("PidTagGivenName"_pid, "Ada; Augusta")
      .unicode("PidTagCompanyName"_pid, "Engines, Ltd")
      .unicode("PidTagMobileTelephoneNumber"_pid, "+44 1")
      .unicode("PidTagHomeAddressStreet"_pid, "1 Street\r\nFloor 2")
      .unicode("PidTagHomeAddressCity"_pid, "London")
      .unicode("PidTagBody"_pid, "Note 日本")
      .time("PidTagBirthday"_pid, testing::ticks_of(1815, 12, 10));
  bag.named("PidLidEmail1AddressType"_lid, PropertyType::unicode, bag.text("SMTP"))
      .named("PidLidEmail1EmailAddress"_lid, PropertyType::unicode, bag.text("ada@example.org"));
  const std::string card = card_of(m);
  for (const char* line : {"N:Lovelace;Ada\\; Augusta;;;\r\n", "FN:Ada Lovelace\r\n", "ORG:Engines\\, Ltd;\r\n",
                           "TEL;TYPE=CELL;TYPE=VOICE:+44 1\r\n", "ADR;TYPE=HOME:;;1 Street\\nFloor 2;London;;;\r\n",
                           "EMAIL;TYPE=INTERNET:ada@example.org\r\n", "BDAY:1815-12-10\r\n", "NOTE:Note 日本\r\n"})
    EXPECT_THAT(card, HasSubstr(line));
}

TEST(Contact, CardWithoutNotesIsSaidInWords) {
  ModelBuilder m;
  auto bag = m.message();
  bag.unicode("PidTagMessageClass"_pid, "IPM.Contact")
      .unicode("PidTagDisplayName"_pid, "Ada, Countess")
      .unicode("PidTagCompanyName"_pid, "Engines; Ltd")
      .unicode("PidTagHomeFaxNumber"_pid, "+44 1")
      .unicode("PidTagBody"_pid, " ");
  EXPECT_EQ(ReadMail(m.mail()).part("text/plain")->content,
            "Name: Ada, Countess\r\nCompany: Engines; Ltd\r\nPhone (home, fax): +44 1\r\n");
}

TEST(Contact, NotesAreNotReplacedBySummary) {
  ModelBuilder m;
  m.message().unicode("PidTagMessageClass"_pid, "IPM.Contact").unicode("PidTagBody"_pid, "My notes");
  EXPECT_EQ(ReadMail(m.mail()).part("text/plain")->content, "My notes");
}

TEST(Contact, PictureIsThePhoto) {
  ModelBuilder m;
  m.message().unicode("PidTagMessageClass"_pid, "IPM.Contact").unicode("PidTagDisplayName"_pid, "Ada");
  m.attachment("ContactPicture.jpg", "\xFF\xD8\xFFjpeg").boolean("PidTagAttachmentContactPhoto"_pid, true);
  EXPECT_THAT(card_of(m), HasSubstr("PHOTO;ENCODING=b;TYPE=JPEG:/9j/anBlZw==\r\n"));
}

TEST(Contact, AttachedContactIsACard) {
  ModelBuilder m, card;
  card.message().unicode("PidTagMessageClass"_pid, "IPM.Contact").unicode("PidTagDisplayName"_pid, "Ada");
  m.embedded(card);
  const ReadMail mail(m.mail());
  EXPECT_EQ(mail.tree(), "mixed(text/plain,text/vcard)");
  EXPECT_EQ(mail.part("text/vcard")->filename(), "Ada.vcf");
}

TEST(ContentLines, FoldsFallBetweenCharacters) {
  std::string name;
  for (int i = 0; i < 60; ++i) name += "é😀";
  ContentLines lines;
  lines.text("FN", name);
  std::string text = lines.take();
  std::string unfolded;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = text.find("\r\n", start);
    EXPECT_LE(end - start, 75u);
    const char first = text[start];
    unfolded += text.substr(start + (first == ' '), end - start - (first == ' '));
    EXPECT_NE(static_cast<unsigned char>(text[start + (first == ' ')]) & 0xC0, 0x80u);
    start = end + 2;
  }
  EXPECT_EQ(unfolded, "FN:" + name);
}

TEST(ContentLines, ParameterCannotEndTheLine) {
  ContentLines lines;
  lines.raw("ATTENDEE", "mailto:a@example.org", {{"CN", "a\r\nEVIL:\"x\""}});
  EXPECT_EQ(lines.take(), "ATTENDEE;CN=\"a  EVIL:'x'\":mailto:a@example.org\r\n");
}

}  // namespace
}  // namespace mapiguard
