// Writes the messages that the benchmarks convert: eight ordinary ones of about 25 KB, one with an attachment of 50 MB, one
// of 2.1 MB with 2,000 recipients. The same bytes at each run.
//   messages FOLDER
#include <cstdlib>
#include <fstream>
#include <string>

#include "tests/support/msg_builder.h"

namespace mapiguard::bench {
namespace {

using testing::MsgAttachment;
using testing::MsgBuilder;
using testing::smtp_recipient;

constexpr std::size_t kAttachment = 50 << 20;
constexpr int kRecipients = 2000;

// What MS-OXPROPS calls them.
constexpr std::uint16_t kMessageClass = 0x001A, kSubject = 0x0037, kClientSubmitTime = 0x0039, kTransportHeaders = 0x007D,
                        kSenderName = 0x0C1A, kSenderAddressType = 0x0C1E, kSenderAddress = 0x0C1F, kDisplayTo = 0x0E04, kBody = 0x1000,
                        kHtml = 0x1013, kMessageId = 0x1035, kInternetCodepage = 0x3FDE;

std::string words(std::size_t bytes, std::uint32_t seed) {
  static constexpr const char* kWords[] = {"the",    "invoice", "meeting", "on",     "Tuesday", "please", "find",   "attached", "our",    "offer",
                                           "before", "noon",    "garden",  "bridge", "thanks",  "for",    "your",   "patience", "answer", "soon"};
  std::string text;
  while (text.size() < bytes) {
    seed = seed * 1664525u + 1013904223u;
    text += kWords[(seed >> 16) % std::size(kWords)];
    text += (seed >> 28) == 0 ? ".\r\n" : " ";
  }
  return text;
}

std::string noise(std::size_t bytes) {
  std::string data(bytes, '\0');
  std::uint32_t state = 1;
  for (char& c : data) c = static_cast<char>((state = state * 1664525u + 1013904223u) >> 24);
  return data;
}

std::string transport_headers(int number) {
  std::string text;
  for (int hop = 0; hop < 4; ++hop)
    text += "Received: from relay" + std::to_string(hop) + ".example.net (192.0.2." + std::to_string(hop) + ") by mail.example.org\r\n" +
            "\twith ESMTPS id " + std::to_string(number * 1000 + hop) + "; Tue, 5 Mar 2024 09:15:0" + std::to_string(hop) + " +0000\r\n";
  return text + "Message-ID: <bench-" + std::to_string(number) + "@example.org>\r\nX-Mailer: none\r\nMIME-Version: 1.0\r\n";
}

MsgBuilder note(int number) {
  return MsgBuilder()
      .unicode(kMessageClass, "IPM.Note")
      .unicode(kSubject, "Offer number " + std::to_string(number) + " for the garden bridge")
      .time(kClientSubmitTime, testing::ticks_of(2024, 3, 5, 9, 15))
      .unicode(kSenderName, "Ada Lovelace")
      .unicode(kSenderAddressType, "SMTP")
      .unicode(kSenderAddress, "ada@example.org")
      .unicode(kMessageId, "<bench-" + std::to_string(number) + "@example.org>")
      .integer32(kInternetCodepage, 65001);
}

std::string ordinary(int number) {
  const auto seed = static_cast<std::uint32_t>(number);
  const std::string text = words(2400, seed);
  return note(number)
      .unicode(kTransportHeaders, transport_headers(number))
      .unicode(kDisplayTo, "Grace Hopper; Jürgen Müller")
      .unicode(kBody, text)
      .binary(kHtml, "<html><head><meta charset=\"utf-8\"></head><body><p>" + text + "</p><p>" + words(1500, seed + 100) + "</p></body></html>")
      .recipient(smtp_recipient("Grace Hopper", "grace@example.com"))
      .recipient(smtp_recipient("Jürgen Müller", "juergen@example.de"))
      .recipient(smtp_recipient("Alan Turing", "alan@example.co.uk", 2))
      .attachment("offer.txt", words(3000, seed + 200))
      .build();
}

std::string with_recipients() {
  MsgBuilder message = note(0);
  message.unicode(kBody, words(2000, 1));
  for (int i = 0; i < kRecipients; ++i) {
    const std::string number = std::to_string(i);
    message.recipient(smtp_recipient("Member " + number + " of the list", "member" + number + "@example.org"));
  }
  return message.build();
}

bool write(const std::string& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << bytes;
  file.close();
  return !file.fail();
}

bool run(const std::string& folder) {
  bool fine = true;
  for (int i = 0; i < 8; ++i) fine = write(folder + "/ordinary-" + std::to_string(i) + ".msg", ordinary(i)) && fine;
  fine = write(folder + "/attachment.msg", note(1).unicode(kBody, "See the attachment.").attachment("noise.bin", noise(kAttachment)).build()) && fine;
  return write(folder + "/recipients.msg", with_recipients()) && fine;
}

}  // namespace
}  // namespace mapiguard::bench

int main(int argc, char** argv) { return argc == 2 && mapiguard::bench::run(argv[1]) ? EXIT_SUCCESS : EXIT_FAILURE; }
