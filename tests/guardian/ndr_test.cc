#include "guardian/ndr.h"

#include <gmime/gmime.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include <mapiguard/verdict.h>
#include "base/gref.h"
#include "base/text.h"
#include "persist/settings_table.h"
#include "tests/support/temp_dir.h"

namespace mapiguard {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using testing::TempDir;

const NdrOrigin kOrigin{"mx.example.org", "postmaster@mx.example.org"};

OutboxRow a_row() {
  OutboxRow row;
  row.id = "1763805600000000000-0123456789abcdef";
  row.message_id = "<poison@example.org>";
  row.sender = "ada@example.com";
  row.recipients = {"bob@example.org", "carol@example.net"};
  row.status = "5.3.0";
  row.death_class = "crashed";
  row.crashes = 3;
  row.arrived = 1'763'805'500'000'000'000;
  row.created = 1'763'805'600'000'000'000;
  return row;
}

// The three parts of a report, as GMime reads them back.
struct Parsed {
  GRef<GMimeMessage> message;
  std::string text, status, headers;
};

std::string content_of_part(GMimeMultipart* multipart, int index) {
  auto* part = g_mime_multipart_get_part(multipart, index);
  const auto stream = adopt(g_mime_stream_mem_new());
  g_mime_data_wrapper_write_to_stream(g_mime_part_get_content(GMIME_PART(part)), stream.get());
  const GByteArray* bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream.get()));
  return std::string(reinterpret_cast<const char*>(bytes->data), bytes->len);
}

Parsed parse(const std::string& text) {
  const auto stream = adopt(g_mime_stream_mem_new_with_buffer(text.data(), text.size()));
  const auto parser = adopt(g_mime_parser_new_with_stream(stream.get()));
  Parsed parsed;
  parsed.message = adopt(g_mime_parser_construct_message(parser.get(), nullptr));
  auto* body = g_mime_message_get_mime_part(parsed.message.get());
  EXPECT_TRUE(GMIME_IS_MULTIPART(body));
  auto* multipart = GMIME_MULTIPART(body);
  EXPECT_EQ(g_mime_multipart_get_count(multipart), 3);
  const auto* type = g_mime_object_get_content_type(body);
  EXPECT_TRUE(g_mime_content_type_is_type(const_cast<GMimeContentType*>(type), "multipart", "report"));
  EXPECT_STREQ(g_mime_content_type_get_parameter(const_cast<GMimeContentType*>(type), "report-type"),
               "delivery-status");
  for (int i = 0; i < 3; ++i) {
    constexpr const char* kTypes[][2] = {{"text", "plain"}, {"message", "delivery-status"}, {"text", "rfc822-headers"}};
    auto* part = g_mime_multipart_get_part(multipart, i);
    EXPECT_TRUE(g_mime_content_type_is_type(g_mime_object_get_content_type(part), kTypes[i][0], kTypes[i][1])) << i;
  }
  parsed.text = content_of_part(multipart, 0);
  parsed.status = content_of_part(multipart, 1);
  parsed.headers = content_of_part(multipart, 2);
  return parsed;
}

std::string header(const Parsed& parsed, const char* name) {
  const char* value = g_mime_object_get_header(GMIME_OBJECT(parsed.message.get()), name);
  return value ? value : "(none)";
}

TEST(Ndr, IsADeliveryReportFromTheEnvelope) {
  const std::string text = compose_ndr(a_row(), kOrigin, true);
  EXPECT_THAT(text, StartsWith("Return-Path: <>\n"));
  const Parsed parsed = parse(text);
  EXPECT_EQ(header(parsed, "From"), "Mail Delivery System <postmaster@mx.example.org>");
  EXPECT_EQ(header(parsed, "To"), "ada@example.com");
  EXPECT_EQ(header(parsed, "Auto-Submitted"), "auto-replied");
  EXPECT_EQ(header(parsed, "MIME-Version"), "1.0");
  EXPECT_EQ(header(parsed, "Message-ID"), "<ndr.1763805600000000000-0123456789abcdef@mx.example.org>");
  EXPECT_EQ(header(parsed, "In-Reply-To"), "<poison@example.org>");
  EXPECT_EQ(header(parsed, "References"), "<poison@example.org>");
  EXPECT_EQ(header(parsed, "Date"), "Sat, 22 Nov 2025 10:00:00 +0000");
  EXPECT_THAT(parsed.text, HasSubstr("Delivery has failed to these recipients:"));
  EXPECT_THAT(parsed.text, HasSubstr("bob@example.org"));
  EXPECT_THAT(parsed.text, HasSubstr("#5.3.0 "));
  EXPECT_EQ(parsed.headers, "Return-Path: <ada@example.com>\nMessage-ID: <poison@example.org>\n");
}

TEST(Ndr, StatusHasAGroupForTheMessageAndOneForEachRecipient) {
  const Parsed parsed = parse(compose_ndr(a_row(), kOrigin, false));
  EXPECT_THAT(parsed.status,
              StartsWith("Reporting-MTA: dns; mx.example.org\nArrival-Date: Sat, 22 Nov 2025 09:58:20 +0000\n"));
  for (const char* recipient : {"bob@example.org", "carol@example.net"})
    EXPECT_THAT(parsed.status, HasSubstr("\n\nFinal-Recipient: rfc822; " + std::string(recipient) +
                                         "\nAction: failed\nStatus: 5.3.0\nDiagnostic-Code: X-Mapiguard; "));
  EXPECT_TRUE(is_ascii(parsed.status)) << "RFC 3464: 7bit";
}

TEST(Ndr, SameRowGivesTheSameBytes) {
  EXPECT_EQ(compose_ndr(a_row(), kOrigin, true), compose_ndr(a_row(), kOrigin, true));
}

TEST(Ndr, HandedOnMessageHasNoReturnPath) {
  EXPECT_THAT(compose_ndr(a_row(), kOrigin, false), Not(HasSubstr("Return-Path: <>")));
}

TEST(Ndr, UnknownIdAndRecipientsLeaveAValidReport) {
  OutboxRow row = a_row();
  row.message_id.clear();
  row.recipients.clear();
  const Parsed parsed = parse(compose_ndr(row, kOrigin, true));
  EXPECT_EQ(header(parsed, "In-Reply-To"), "(none)");
  EXPECT_EQ(parsed.headers, "Return-Path: <ada@example.com>\n");
  EXPECT_THAT(parsed.status, HasSubstr("\n\nFinal-Recipient: unknown; "));
  EXPECT_THAT(parsed.text, HasSubstr("not named"));
}

TEST(Ndr, HostileFactsStayInTheirFields) {
  OutboxRow row = a_row();
  row.message_id = "<a@b>\\x0D\\x0ABcc: victim@example.org";
  row.recipients = {"bob@example.org\\x0ABcc: v", "\xC3\xBC@example.org", std::string(400, 'r') + "@example.org",
                    "a b"};
  const std::string text = compose_ndr(row, kOrigin, true);
  const Parsed parsed = parse(text);
  EXPECT_EQ(header(parsed, "Bcc"), "(none)");
  EXPECT_EQ(header(parsed, "In-Reply-To"), "(none)") << "not a message ID";
  EXPECT_THAT(parsed.status, HasSubstr("Final-Recipient: utf-8; \\x{FC}@example.org\n"));
  EXPECT_THAT(parsed.status, HasSubstr("Final-Recipient: utf-8; a\\x{20}b\n"));
  EXPECT_TRUE(is_ascii(text));
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    EXPECT_LE(end - at, 998u);
    at = end + 1;
  }
}

TEST(Ndr, ManyRecipientsAreAllInTheStatusAndSomeInTheText) {
  OutboxRow row = a_row();
  row.recipients.clear();
  for (int i = 0; i < 2000; ++i) row.recipients.push_back("r" + std::to_string(i) + "@example.org");
  const Parsed parsed = parse(compose_ndr(row, kOrigin, true));
  EXPECT_THAT(parsed.status, HasSubstr("rfc822; r1999@example.org"));
  EXPECT_THAT(parsed.text, HasSubstr("and 1950 more"));
}

TEST(Ndr, EveryClassHasWordsForPeople) {
  for (std::size_t i = 0; i < kDeathClasses; ++i) {
    OutboxRow row = a_row();
    row.death_class = name_of(static_cast<DeathClass>(i));
    EXPECT_THAT(ndr_text(row, kOrigin), Not(HasSubstr("could not be converted"))) << row.death_class;
  }
  OutboxRow odd = a_row();
  odd.death_class = "class of a later version";
  EXPECT_THAT(ndr_text(odd, kOrigin), HasSubstr("could not be converted"));
}

TEST(Ndr, MessageIdsAreUsedOnlyWhenTheyAreOnes) {
  EXPECT_EQ(header_message_id("<a@b>"), "<a@b>");
  EXPECT_EQ(header_message_id(" a@b "), "<a@b>");
  EXPECT_EQ(header_message_id("<CAB+1.2_3=x@mail.example.org>"), "<CAB+1.2_3=x@mail.example.org>");
  for (const char* bad :
       {"", "<>", "a", "a@", "@b", "<a@b@c>", "<a b@c>", "<a@b> <c@d>", "<a@b>x", "sha256:00", "a@b,c"})
    EXPECT_EQ(header_message_id(bad), "") << bad;
  EXPECT_EQ(header_message_id("<" + std::string(2000, 'x') + "@b>"), "");
}

TEST(Ndr, DatesAreThoseOfRfc5322) {
  EXPECT_EQ(header_date(0), "Thu, 01 Jan 1970 00:00:00 +0000");
  EXPECT_EQ(header_date(1'709'251'199'999'999'999), "Thu, 29 Feb 2024 23:59:59 +0000");
}

TEST(Ndr, OriginIsThisHostUnlessSaidOtherwise) {
  const NdrOrigin origin = ndr_origin(SettingValues());
  EXPECT_EQ(objection_to_domain(origin.reporting_mta), "");
  EXPECT_EQ(origin.postmaster, "postmaster@" + origin.reporting_mta);
}

// Python's email package, as an independent reader, finds no defect anywhere in the tree.
TEST(Ndr, PythonsEmailPackageFindsNoDefect) {
  if (!std::filesystem::exists("/usr/bin/python3")) GTEST_SKIP() << "there is no /usr/bin/python3";
  const TempDir dir;
  OutboxRow odd = a_row();
  odd.recipients = {"\xC3\xBC@example.org", std::string(400, 'r') + "@example.org", "a b", "x\\x0Ay"};
  odd.message_id = "not an ID";
  OutboxRow bare = a_row();
  bare.recipients.clear();
  bare.message_id.clear();
  int number = 0;
  for (const OutboxRow& row : {a_row(), odd, bare})
    for (const bool return_path : {true, false})
      testing::write_file(dir / (std::to_string(number++) + ".eml"), compose_ndr(row, kOrigin, return_path));
  testing::write_file(dir / "check.py", R"py(
import email, email.policy, pathlib, sys
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.eml")):
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    for part in message.walk():
        assert not part.defects, (path, part.get_content_type(), part.defects)
        for name, value in part.items():
            assert not getattr(value, "defects", None), (path, name, value, value.defects)
    assert message.get_content_type() == "multipart/report" and message.get_param("report-type") == "delivery-status"
    text, status, headers = message.iter_parts()
    assert text.get_content_type() == "text/plain" and "Delivery has failed" in text.get_content()
    groups = status.get_payload()
    assert groups[0]["Reporting-MTA"] == "dns; mx.example.org" and len(groups) >= 2
    for group in groups[1:]:
        assert group["Action"] == "failed" and group["Status"] == "5.3.0" and group["Final-Recipient"]
    assert headers.get_content_type() == "text/rfc822-headers"
    assert message["From"].addresses[0].addr_spec == "postmaster@mx.example.org" and message["To"].addresses[0].addr_spec == "ada@example.com"
    assert message["Date"].datetime.year == 2025
)py");
  const std::string command = "/usr/bin/python3 " + (dir / "check.py") + " " + dir.path() + " 2>&1";
  std::FILE* pipe = ::popen(command.c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  std::string said;
  char piece[512];
  while (std::fgets(piece, sizeof piece, pipe)) said += piece;
  EXPECT_EQ(::pclose(pipe), 0) << said;
}

}  // namespace
}  // namespace mapiguard
