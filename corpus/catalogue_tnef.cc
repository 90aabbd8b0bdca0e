// TNEF streams, and mails that carry one.
#include <array>

#include "corpus/calendar_values.h"
#include "corpus/catalogue.h"
#include "corpus/enclosures.h"
#include "corpus/people.h"
#include "corpus/rtf_writer.h"
#include "corpus/tnef_writer.h"

namespace mapiguard::corpus {
namespace {

constexpr std::string_view kMove =
    "Hello everybody,\n\non Monday the office moves to the second floor. Please label your boxes with name and room, "
    "and leave nothing on the window sills.\n\nThe lift is reserved for us from 8:00 to 11:00.\n\nMarta\n";
constexpr std::string_view kMoveHtml =
    "<html><body><p>Hello everybody,</p><p>on <b>Monday</b> the office moves to the second floor. Please label your "
    "boxes with name and room, and leave nothing on the window sills.</p><p>The lift is reserved for us from 8:00 to "
    "11:00&nbsp;– naturally.</p><p>Marta</p></body></html>\n";

Message move(std::string_view message_id, const TextCoding& coding = TextCoding::unicode()) {
  return compose({.subject = "The office moves on Monday",
                  .from = kMarta,
                  .to = {kAnna, kPriya},
                  .cc = {kLuis},
                  .bcc = {},
                  .sent = filetime(2023, 11, 17, 16, 20, 5),
                  .message_id = message_id},
                 coding);
}

Message plain_move(std::string_view message_id) {
  Message message = move(message_id);
  set_plain(message, kMove);
  return message;
}

void attach_plans(Message& message) {
  attach(message,
         {.name = "Floor plan – second floor.pdf", .type = "application/pdf", .data = pdf_page("Second floor")});
  attach(message,
         {.name = "rooms.csv", .type = "text/csv", .data = std::string("name;room\r\nAnna;2.14\r\nLuis;2.15\r\n")});
}

void plain(ByteSink& sink) { sink.write(tnef_bytes(plain_move("<move.plain@example.org>"))); }

void rtf(ByteSink& sink) {
  Message message = move("<move.rtf@example.org>");
  set_rtf(message, encapsulate_text(kMove));
  sink.write(tnef_bytes(message));
}

void html(ByteSink& sink) {
  Message message = move("<move.html@example.org>");
  set_html(message, kMoveHtml);
  sink.write(tnef_bytes(message));
}

void html_in_rtf(ByteSink& sink) {
  Message message = move("<move.html-rtf@example.org>");
  set_rtf(message, encapsulate_html(kMoveHtml));
  sink.write(tnef_bytes(message));
}

void ansi(ByteSink& sink) {
  Message message = compose({.subject = "Przeprowadzka biura w poniedziałek",
                             .from = kMarta,
                             .to = {kAnna},
                             .cc = {},
                             .bcc = {},
                             .sent = filetime(2023, 11, 17, 16, 20, 5),
                             .message_id = "<move.ansi@example.org>"},
                            TextCoding::ansi(1250, 0x0415));
  set_plain(message, "W poniedziałek biuro przenosi się na drugie piętro. Proszę podpisać pudła.\n\nMarta\n");
  sink.write(tnef_bytes(message, {.oem_codepage = 1250}));
}

void attachments(ByteSink& sink) {
  Message message = plain_move("<move.files@example.org>");
  attach_plans(message);
  attach(message, {.name = "", .type = "", .data = std::string("a file without a name\n")});
  sink.write(tnef_bytes(message));
}

void inline_picture(ByteSink& sink) {
  Message message = move("<move.inline@example.org>");
  set_html(message, "<html><body><p>The new office:</p><img src=\"cid:office@example.org\"></body></html>");
  attach(message, {.name = "office.png",
                   .type = "image/png",
                   .data = png_picture(32, 24, 0xA06030),
                   .content_id = "office@example.org"});
  sink.write(tnef_bytes(message));
}

void nested(ByteSink& sink) {
  Message inner = plain_move("<move.inner@example.org>");
  attach_plans(inner);
  Message message = compose({.subject = "FW: The office moves on Monday",
                             .from = kAnna,
                             .to = {kJames},
                             .cc = {},
                             .bcc = {},
                             .sent = filetime(2023, 11, 18, 9, 0),
                             .message_id = "<move.forward@example.com>"});
  set_plain(message, "James, this concerns you too.\n\nAnna\n");
  attach(message, std::move(inner));
  sink.write(tnef_bytes(message));
}

void ole(ByteSink& sink) {
  Message message = plain_move("<move.ole@example.org>");
  CfbNode object = CfbNode::storage(u"Root Entry", guid("00020820-0000-0000-C000-000000000046"));
  object.add(CfbNode::stream(u"\x0001Ole", std::string("\x01\x00\x00\x02", 4) + std::string(16, '\0')));
  object.add(CfbNode::stream(u"Workbook", std::string(900, 'w')));
  Attachment& attachment = attach_bare(message, 6);
  attachment.properties.text(0x3001, "Worksheet");
  attachment.storage = std::make_unique<CfbNode>(std::move(object));
  sink.write(tnef_bytes(message));
}

void legacy(ByteSink& sink) {
  Message message = move("<move.legacy@example.org>", TextCoding::ansi(1252, 0x0409));
  set_plain(message, kMove);
  attach(message, {.name = "ROOMS.TXT", .type = "", .data = std::string("Anna 2.14\r\nLuis 2.15\r\n")});
  sink.write(tnef_bytes(message, {.form = TnefForm::legacy}));
}

void legacy_greek(ByteSink& sink) {
  Message message = compose({.subject = "Μετακόμιση γραφείου",
                             .from = {"Νίκος", "nikos@example.org"},
                             .to = {},
                             .cc = {},
                             .bcc = {},
                             .sent = filetime(2001, 2, 3, 10, 30),
                             .message_id = "<move.greek@example.org>"},
                            TextCoding::ansi(1253, 0x0408));
  set_plain(message, "Τη Δευτέρα το γραφείο μεταφέρεται στον δεύτερο όροφο.\n");
  sink.write(tnef_bytes(message, {.form = TnefForm::legacy, .oem_codepage = 1253}));
}

// The body and nothing else, under a key that some readers think impossible.
void body_alone(ByteSink& sink) {
  sink.write(tnef_header(0x0000));
  sink.write(
      tnef_attribute(kTnefMessageLevel, 0x0002800C, std::string_view("The lift is out of order again.\r\n\0", 34)));
}

void unusual_key(ByteSink& sink) { sink.write(tnef_bytes(plain_move("<move.key@example.org>"), {.key = 0xBEEF})); }

void named_properties(ByteSink& sink) {
  Message message = plain_move("<move.named@example.org>");
  message.properties.texts(named(kPsPublicStrings, "Keywords"), {"Office", "Umzug"})
      .text(named(kPsInternetHeaders, "X-Floor"), "2")
      .boolean(named(kPsetidCommon, 0x8503), false)
      .integers32(named(kPsPublicStrings, "Rooms"), {214, 215})
      .binaries(named(kPsPublicStrings, "Keys"), {"one", "three"})
      .floating64(named(kPsPublicStrings, "Area"), 312.5);
  sink.write(tnef_bytes(message));
}

void recipients(ByteSink& sink) {
  Message message = plain_move("<move.recipients@example.org>");
  add_recipient(message, kHelen, RecipientKind::cc);
  add_recipient(message, kVictor, RecipientKind::bcc);
  add_recipient(message, {"Søren Kjær", "soren@example.net"}, RecipientKind::to);
  sink.write(tnef_bytes(message));
}

void meeting(ByteSink& sink) {
  Message message = plain_move("<move.meeting@example.org>");
  message.properties.text(0x001A, "IPM.Schedule.Meeting.Request");
  const FileTime start = filetime(2023, 11, 20, 7, 0), end = filetime(2023, 11, 20, 10, 0);
  message.properties.time(0x0060, start).time(0x0061, end).boolean(0x0063, true);
  message.properties.time(named(kPsetidAppointment, 0x820D), start).time(named(kPsetidAppointment, 0x820E), end);
  message.properties.text(named(kPsetidAppointment, 0x8208), "Ground floor, lift");
  const std::string id = global_object_id(start, 9);
  message.properties.binary(named(kPsetidMeeting, 0x0003), id).binary(named(kPsetidMeeting, 0x0023), id);
  sink.write(tnef_bytes(message));
}

std::string base64_lines(std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t bits = 0;
    for (std::size_t i = at; i < at + 3; ++i)
      bits = bits << 8 | (i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0);
    for (std::size_t i = 0; i < 4; ++i) out += at + i > bytes.size() ? '=' : kDigits[bits >> (18 - 6 * i) & 63];
    if (at % 57 == 54) out += "\r\n";
  }
  return out + "\r\n";
}

constexpr std::string_view kMailHeader =
    "Return-Path: <marta.nowak@example.org>\r\n"
    "Received: from exchange.example.org ([192.0.2.4]) by mx.example.com; Fri, 17 Nov 2023 16:20:09 +0000\r\n"
    "From: \"Nowak, Marta\" <marta.nowak@example.org>\r\n"
    "To: Anna Berg <anna.berg@example.com>, Priya Raman <priya.raman@example.net>\r\n"
    "Cc: \"Luis Ortega (Accounts)\" <luis.ortega@example.com>\r\n"
    "Subject: The office moves on Monday\r\nDate: Fri, 17 Nov 2023 16:20:05 +0000\r\n"
    "Message-ID: <move.carrier@example.org>\r\nMIME-Version: 1.0\r\n";

std::string winmail() {
  Message message = move("<move.carrier@example.org>");
  set_rtf(message, encapsulate_html(kMoveHtml));
  attach_plans(message);
  return tnef_bytes(message);
}

std::string carrier(std::string_view type, std::string_view tnef) {
  std::string mail(kMailHeader);
  mail +=
      "X-MS-Has-Attach: yes\r\nX-MS-TNEF-Correlator: <move.carrier@example.org>\r\n"
      "Content-Type: multipart/mixed; boundary=\"_000_move_\"\r\n\r\nThis is a multi-part "
      "message.\r\n\r\n--_000_move_\r\n"
      "Content-Type: text/plain; charset=\"us-ascii\"\r\nContent-Transfer-Encoding: 7bit\r\n\r\n";
  for (const char c : kMove) (c == '\n') ? mail += "\r\n" : mail += c;
  mail += "\r\n--_000_move_\r\nContent-Type: " + std::string(type) +
          "; name=\"winmail.dat\"\r\n"
          "Content-Disposition: attachment; filename=\"winmail.dat\"\r\nContent-Transfer-Encoding: base64\r\n\r\n";
  return mail + base64_lines(tnef) + "\r\n--_000_move_--\r\n";
}

void mail_with_winmail(ByteSink& sink) { sink.write(carrier("application/ms-tnef", winmail())); }
void mail_with_octets(ByteSink& sink) { sink.write(carrier("application/octet-stream", winmail())); }
void mail_with_broken_tnef(ByteSink& sink) { sink.write(carrier("application/ms-tnef", winmail().substr(0, 90))); }

// No text part: the whole mail is the TNEF.
void mail_of_tnef(ByteSink& sink) {
  sink.write(std::string(kMailHeader) +
             "Content-Type: application/ms-tnef; name=winmail.dat\r\n"
             "Content-Transfer-Encoding: base64\r\n\r\n" +
             base64_lines(winmail()));
}

void mail_without(ByteSink& sink) {
  std::string mail(kMailHeader);
  mail += "Content-Type: text/plain; charset=\"utf-8\"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n";
  for (const char c : kMove) (c == '\n') ? mail += "\r\n" : mail += c;
  sink.write(mail);
}

constexpr std::string_view kWords = "office moves second floor boxes lift reserved Marta";
constexpr std::string_view kMonday = "The office moves on Monday";
constexpr Kind kTnef = Kind::tnef;
constexpr Outcome kConverted = Outcome::converted;

constexpr auto kSamples = std::to_array<Sample>({
    {"tnef-plain.dat", kTnef, kConverted, kMonday, 3, 0, kWords, "a plain body", plain},
    {"tnef-rtf.dat", kTnef, kConverted, kMonday, 3, 0, kWords, "a compressed RTF body", rtf},
    {"tnef-html.dat", kTnef, kConverted, kMonday, 3, 0, kWords, "an HTML body", html},
    {"tnef-html-in-rtf.dat", kTnef, kConverted, kMonday, 3, 0, kWords, "HTML encapsulated in RTF", html_in_rtf},
    {"tnef-ansi.dat", kTnef, kConverted, "Przeprowadzka biura w poniedziałek", 1, 0, "poniedziałek piętro pudła",
     "8-bit strings, attOemCodepage 1250", ansi},
    {"tnef-attachments.dat", kTnef, kConverted, kMonday, 3, 3, kWords, "files with and without names", attachments},
    {"tnef-inline.dat", kTnef, kConverted, kMonday, 3, 1, "The new office", "a picture by cid:", inline_picture},
    {"tnef-nested.dat", kTnef, kConverted, "FW: The office moves on Monday", 1, 1, "James concerns you",
     "a message with files inside", nested},
    {"tnef-ole.dat", kTnef, kConverted, kMonday, 3, 1, kWords, "an OLE object", ole},
    {"tnef-legacy.dat", kTnef, kConverted, kMonday, 0, 1, kWords, "attSubject, attFrom, attBody: no MAPI properties",
     legacy},
    {"tnef-legacy-greek.dat", kTnef, kConverted, "Μετακόμιση γραφείου", 0, 0, "Δευτέρα γραφείο δεύτερο όροφο",
     "legacy attributes in code page 1253", legacy_greek},
    {"tnef-body-alone.dat", kTnef, kConverted, "-", 0, 0, "lift out of order again", "attBody and nothing else, key 0",
     body_alone},
    {"tnef-key.dat", kTnef, kConverted, kMonday, 3, 0, kWords, "the key 0xBEEF", unusual_key},
    {"tnef-named.dat", kTnef, kConverted, kMonday, 3, 0, kWords, "named and multi-valued properties", named_properties},
    {"tnef-recipients.dat", kTnef, kConverted, kMonday, 6, 0, kWords, "attRecipTable with SMTP and Exchange addresses",
     recipients},
    {"tnef-meeting.dat", kTnef, kConverted, kMonday, 3, 0, kWords, "a meeting request", meeting},
    {"mail-winmail.eml", Kind::eml, kConverted, kMonday, 3, 2, kWords, "winmail.dat beside a text part",
     mail_with_winmail},
    {"mail-winmail-octets.eml", Kind::eml, kConverted, kMonday, 3, 2, kWords,
     "winmail.dat called application/octet-stream", mail_with_octets},
    {"mail-winmail-alone.eml", Kind::eml, kConverted, kMonday, 3, 2, kWords, "a mail that is nothing but winmail.dat",
     mail_of_tnef},
    {"mail-winmail-broken.eml", Kind::eml, Outcome::degraded, kMonday, 3, kNoPromise, kWords,
     "winmail.dat cut after 90 bytes, beside a text part", mail_with_broken_tnef},
    {"mail-without.eml", Kind::eml, kConverted, kMonday, 3, 0, kWords, "a mail without TNEF", mail_without},
});

}  // namespace

std::span<const Sample> tnef_samples() { return kSamples; }

}  // namespace mapiguard::corpus
