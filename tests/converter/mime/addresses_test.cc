#include "converter/mime/addresses.h"

#include <gtest/gtest.h>

#include "tests/converter/mime/mail_reader.h"
#include "tests/converter/mime/model_builder.h"

namespace mapiguard {
namespace {

using testing::BagBuilder;
using testing::le32;
using testing::ModelBuilder;
using testing::utf16le;

constexpr std::string_view kOneOffProvider("\x81\x2B\x1F\xA4\xBE\xA3\x10\x19\x9D\x6E\x00\xDD\x01\x0F\x54\x02", 16);

std::string one_off(std::string_view name, std::string_view type, std::string_view address) {
  const std::string nul("\0", 1);
  return std::string(4, '\0') + std::string(kOneOffProvider) + std::string("\0\0\x01\x90", 4) +
         utf16le(std::string(name) + nul + std::string(type) + nul + std::string(address) + nul);
}

class AddressLadder : public ::testing::Test {
 protected:
  BagBuilder bag() { return model_.message(); }
  Person person() { return read_person(model_.get().properties, kRecipientTags, Texts(model_.get())); }
  Mailbox mailbox(const KnownAddresses& known = {}) { return mailbox_of(person(), known, "example.net"); }
  ModelBuilder model_;
};

TEST_F(AddressLadder, SmtpPropertyIsMostTrusted) {
  bag()
      .unicode("PidTagSmtpAddress"_pid, "right@example.org")
      .unicode("PidTagAddressType"_pid, "SMTP")
      .unicode("PidTagEmailAddress"_pid, "wrong@example.org");
  EXPECT_EQ(mailbox().address, "right@example.org");
}
TEST_F(AddressLadder, SmtpTypeAddressIsTaken) {
  bag().unicode("PidTagAddressType"_pid, "SMTP").unicode("PidTagEmailAddress"_pid, "SMTP:ada@example.org");
  EXPECT_EQ(mailbox().address, "ada@example.org");
}
TEST_F(AddressLadder, SearchKeyIsTaken) {
  bag()
      .unicode("PidTagAddressType"_pid, "EX")
      .unicode("PidTagEmailAddress"_pid, "/o=X/cn=ADA")
      .binary("PidTagSearchKey"_pid, std::string("SMTP:ADA@EXAMPLE.ORG\0", 21));
  EXPECT_EQ(mailbox().address, "ADA@EXAMPLE.ORG");
}
TEST_F(AddressLadder, OneOffEntryIdIsTaken) {
  bag().binary("PidTagEntryId"_pid, one_off("Ada", "SMTP", "ada@example.org"));
  EXPECT_EQ(mailbox(), (Mailbox{"Ada", "ada@example.org"}));
}
TEST_F(AddressLadder, DisplayNameThatIsAnAddressIsTaken) {
  bag().unicode("PidTagDisplayName"_pid, "'ada@example.org'");
  EXPECT_EQ(mailbox().address, "ada@example.org");
}
TEST_F(AddressLadder, TransportHeadersKnowByName) {
  bag()
      .unicode("PidTagDisplayName"_pid, "Ada Lovelace")
      .unicode("PidTagAddressType"_pid, "EX")
      .unicode("PidTagEmailAddress"_pid, "/o=X/cn=ADA");
  EXPECT_EQ(mailbox({{"ada lovelace", "ada@example.org"}}).address, "ada@example.org");
}
TEST_F(AddressLadder, X500NameIsEncapsulated) {
  bag().unicode("PidTagAddressType"_pid, "EX").unicode("PidTagEmailAddress"_pid, "/o=My Org/cn=ADA");
  EXPECT_EQ(mailbox().address, "IMCEAEX-_o=My+20Org_cn=ADA@example.net");
}
TEST_F(AddressLadder, NameAloneIsEncapsulated) {
  bag().unicode("PidTagDisplayName"_pid, "Ada Lovelace");
  EXPECT_EQ(mailbox(), (Mailbox{"Ada Lovelace", "IMCEAINVALID-Ada+20Lovelace@example.net"}));
}

TEST(AddrSpec, WrappingIsTakenOff) {
  for (const char* text : {"ada@example.org", "<ada@example.org>", "'ada@example.org'", "SMTP:ada@example.org",
                           "mailto:ada@example.org", " Ada <ada@example.org> ", "ada@example.org;"})
    EXPECT_EQ(as_addr_spec(text), "ada@example.org") << text;
}
TEST(AddrSpec, OddLocalPartsAreQuoted) {
  EXPECT_EQ(as_addr_spec("a..b@example.org"), "\"a..b\"@example.org");
  EXPECT_EQ(as_addr_spec("a,b@example.org"), "\"a,b\"@example.org");
}
TEST(AddrSpec, InternationalDomainBecomesALabels) {
  EXPECT_EQ(as_addr_spec("ada@bücher.example"), "ada@xn--bcher-kva.example");
}
TEST(AddrSpec, EncodedWordInAnAddressIsRefused) {
  EXPECT_FALSE(as_addr_spec("a@exampl=?utf-8?B?w6k=?=e.org"));
  EXPECT_FALSE(as_addr_spec("=?utf-8?Q?boss=40bank.example?=@example.org"));
  EXPECT_TRUE(as_addr_spec("bounce=user=example.org@lists.example.org"));
}
TEST(AddrSpec, DomainLiteralIsTheAddressOfAHost) {
  EXPECT_TRUE(as_addr_spec("a@[192.0.2.1]"));
  EXPECT_TRUE(as_addr_spec("a@[IPv6:2001:db8::1]"));
  EXPECT_FALSE(as_addr_spec("a@[127.0.0;1]"));
}
TEST(AddrSpec, WhatIsNoAddressIsRefused) {
  for (const char* text :
       {"", "ada", "@example.org", "ada@", "ada@exa mple.org", "a@b@c", "ada@example.org\r\nBcc: x", "ädä@example.org"})
    EXPECT_EQ(as_addr_spec(text), std::nullopt) << text;
}

TEST(ImceaAddress, EveryOctetButLettersDigitsHyphenAndEqualsIsEscaped) {
  EXPECT_EQ(imcea_address("FAX", "+1 (555)/x_y", "d.example"), "IMCEAFAX-+2B1+20+28555+29_x+5Fy@d.example");
}

TEST(ImceaAddress, TypeOfAnyLengthFitsTheLine) {
  const std::string address = imcea_address(std::string(5000, 'x'), std::string(5000, '+'), "d.example");
  EXPECT_LT(address.size(), 920u);
  EXPECT_TRUE(address.ends_with("@d.example"));
}

TEST(FlatEntryList, EachEntryIsRead) {
  const std::string a = one_off("A", "SMTP", "a@example.org"), b = one_off("B", "SMTP", "bb@example.org");
  const auto padded = [](const std::string& e) {
    return le32(e.size()) + e + std::string((4 - e.size() % 4) % 4, '\0');
  };
  const std::string list = le32(2) + le32(0) + padded(a) + padded(b);
  ModelBuilder model;
  const auto persons = persons_of_flat_list(as_bytes(list), Texts(model.get()));
  ASSERT_EQ(persons.size(), 2u);
  EXPECT_EQ(persons[1].smtp, "bb@example.org");
}
TEST(FlatEntryList, CountThatLiesEndsWithTheBytes) {
  ModelBuilder model;
  EXPECT_TRUE(
      persons_of_flat_list(as_bytes(le32(0xFFFFFFFF) + le32(8) + le32(0xFFFFFFF0)), Texts(model.get())).empty());
}

TEST(AddressList, SoundOnesAreRecognised) {
  for (const char* list :
       {"ada@example.org", "Ada Lovelace <ada@example.org>", "\"Lovelace, Ada\" <ada@example.org>, b@example.org",
        "undisclosed-recipients:;", "=?utf-8?Q?J=C3=B6rg?= <j@example.org>", "\"a b\"@example.org <x@example.org>"})
    EXPECT_EQ(is_sound_address_list(list, false), std::string_view(list).find("a b") == std::string_view::npos) << list;
}
TEST(AddressList, QuotedLocalPartMayHoldWhatEndsAnAddress) {
  EXPECT_TRUE(is_sound_address_list("\"a,b;c\"@example.org, d@example.org", false));
  EXPECT_TRUE(is_sound_address_list("\"a,b\" <d@example.org>", false));
  EXPECT_FALSE(is_sound_address_list("\"a,b@example.org", false));
}
TEST(AddressList, UnsoundOnesAreRecognised) {
  for (const char* list : {"", "Ada", "Ada <ada>", "Dr. Ada <ada@example.org>", "Jörg <j@example.org>",
                           "a@example.org b@example.org", "Ada <ada@example.org", "a@example.org (Ada)"})
    EXPECT_FALSE(is_sound_address_list(list, false)) << list;
}
TEST(AddressList, UnsoundOnesAreMended) {
  const auto mailboxes = parse_mailboxes("Dr. Jörg Müller <j@example.org>, b@example.org (Bob)", "invalid");
  ASSERT_EQ(mailboxes.size(), 2u);
  EXPECT_EQ(mailboxes[0], (Mailbox{"Dr. Jörg Müller", "j@example.org"}));
  EXPECT_TRUE(is_sound_address_list(format_mailboxes("To", mailboxes), false));
}
TEST(AddressList, HundredThousandAreFormattedWithinTheLine) {
  std::vector<Mailbox> many;
  for (int i = 0; i < 100'000; ++i)
    many.push_back({"Person, Number " + std::to_string(i), "p" + std::to_string(i) + "@example.org"});
  const std::string text = "To: " + format_mailboxes("To", many) + "\r\n\r\n";
  EXPECT_EQ(testing::wire_faults(text), "");
  EXPECT_EQ(std::count(text.begin(), text.end(), '@'), 100'000);
}

}  // namespace
}  // namespace mapiguard
