#include "converter/mime/report_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/converter/mime/mail_reader.h"
#include "tests/converter/mime/model_builder.h"

namespace mapiguard {
namespace {

using ::testing::HasSubstr;
using testing::ModelBuilder;
using testing::ReadMail;

TEST(Report, NonDeliveryIsADeliveryStatusWithAGroupForEachRecipient) {
  ModelBuilder m, original;
  m.message()
      .unicode("PidTagMessageClass"_pid, "REPORT.IPM.Note.NDR")
      .unicode("PidTagReportingMessageTransferAgent"_pid, "mx.example.org");
  m.recipient(1, "Ada", "ada@example.org")
      .integer("PidTagNonDeliveryReportStatusCode"_pid, 511)
      .unicode("PidTagSupplementaryInfo"_pid, "550 5.1.1 User unknown");
  m.recipient(1, "Grace", "grace@example.org");
  original.message().unicode("PidTagSubject"_pid, "The original");
  m.embedded(original);
  const std::string text = m.mail();
  const ReadMail mail(text);
  EXPECT_EQ(mail.tree(), "report(text/plain,message/delivery-status,message/rfc822)");
  EXPECT_THAT(text, HasSubstr("report-type=delivery-status"));
  EXPECT_THAT(text,
              HasSubstr("Reporting-MTA: dns; mx.example.org\r\n\r\nFinal-Recipient: rfc822; ada@example.org\r\nAction: "
                        "failed\r\nStatus: 5.1.1\r\n"
                        "Diagnostic-Code: smtp; 550 5.1.1 User unknown\r\nX-Display-Name: Ada\r\n\r\nFinal-Recipient: "
                        "rfc822; grace@example.org\r\nAction: failed\r\nStatus: 5.0.0\r\n"));
  EXPECT_EQ(mail.header("Auto-Submitted"), "auto-replied");
}

TEST(Report, ReadReceiptIsADispositionNotification) {
  ModelBuilder m;
  m.message()
      .unicode("PidTagMessageClass"_pid, "REPORT.IPM.Note.IPNRN")
      .unicode("PidTagSenderName"_pid, "ada@example.org")
      .unicode("PidTagOriginalMessageId"_pid, "<id@example.org>");
  const std::string text = m.mail();
  EXPECT_EQ(ReadMail(text).tree(), "report(text/plain,message/disposition-notification)");
  EXPECT_THAT(text, HasSubstr("Final-Recipient: rfc822; ada@example.org\r\nOriginal-Message-ID: "
                              "<id@example.org>\r\nDisposition: manual-action/MDN-sent-automatically; displayed\r\n"));
}

TEST(Report, UnknownKindIsANote) {
  ModelBuilder m;
  m.message().unicode("PidTagMessageClass"_pid, "REPORT.IPM.Note.XYZ").unicode("PidTagBody"_pid, "text");
  EXPECT_EQ(ReadMail(m.mail()).tree(), "text/plain");
}

TEST(Report, SubjectIsMadeOfTheOriginalOneWhereItHasNone) {
  ModelBuilder m;
  m.message().unicode("PidTagMessageClass"_pid, "REPORT.IPM.Note.IPNNRN").unicode("PidTagOriginalSubject"_pid, "Grüße");
  EXPECT_EQ(ReadMail(m.mail()).header("Subject"), "Not read: Grüße");
}

}  // namespace
}  // namespace mapiguard
