// Letters that differ in who sends, who receives, what the headers say, and what secures them; reports.
#include <array>

#include "corpus/catalogue.h"
#include "corpus/msg_writer.h"
#include "corpus/people.h"
#include "corpus/smime_objects.h"

namespace mapiguard::corpus {
namespace {

constexpr std::string_view kText =
    "Good morning,\n\nthe pump has been repaired. Water is back on all plots since seven o'clock; please report leaks "
    "to "
    "the committee.\n\nAnna\n";
constexpr std::string_view kWords = "pump repaired Water seven leaks committee";
constexpr FileTime kSent = filetime(2024, 7, 8, 6, 5, 4);

Envelope pump(std::string_view subject, std::string_view message_id) {
  return {
      .subject = subject, .from = kAnna, .to = {kJames}, .cc = {}, .bcc = {}, .sent = kSent, .message_id = message_id};
}

Message letter(const Envelope& envelope) {
  Message message = compose(envelope);
  set_plain(message, kText);
  return message;
}

void x500_sender(ByteSink& sink) {
  Envelope envelope = pump("Water is back", "<x500@example.com>");
  envelope.from = kHelen;
  envelope.to = {kVictor, kJames};
  write_msg(letter(envelope), sink);
}

// Nothing in the message says what the SMTP address of the sender is.
void x500_unknown(ByteSink& sink) {
  Envelope envelope = pump("Water is back", "<x500.unknown@example.com>");
  envelope.from = kVictor;
  write_msg(letter(envelope), sink);
}

void on_behalf(ByteSink& sink) {
  Message message = letter(pump("Water is back", "<behalf@example.com>"));
  set_representing(message, kBoard);
  message.properties.text(0x0050, kBoard.name);
  std::string entry = one_off_entry_id(kBoard);  // PidTagReplyRecipientEntries: a FLATENTRYLIST of one
  pad_to(entry, 4);
  std::string list = little_endian(1u) + little_endian(static_cast<std::uint32_t>(entry.size() + 4)) +
                     little_endian(static_cast<std::uint32_t>(entry.size())) + entry;
  message.properties.binary(0x004F, list);
  write_msg(message, sink);
}

void no_sender(ByteSink& sink) {
  Envelope envelope = pump("Water is back", "<no.sender@example.com>");
  envelope.from = {};
  write_msg(letter(envelope), sink);
}

// The SMTP address stands in one place alone: the search key, or the one-off entry ID.
template <std::uint16_t kept_of_sender, std::uint16_t kept_of_represented>
void address_in_one_place(ByteSink& sink) {
  Message message = letter(pump("Water is back", "<one.place@example.com>"));
  for (const std::uint16_t id : std::to_array<std::uint16_t>({0x0C1F, 0x0C1E, 0x5D01, 0x0C19, 0x0C1D}))
    if (id != kept_of_sender) message.properties.remove(id);
  for (const std::uint16_t id : std::to_array<std::uint16_t>({0x0065, 0x0064, 0x5D02, 0x0041, 0x003B}))
    if (id != kept_of_represented) message.properties.remove(id);
  write_msg(message, sink);
}

void draft(ByteSink& sink) {
  Envelope envelope = pump("Water is back (draft)", "");
  Message message = letter(envelope);
  message.properties.integer32(0x0E07, 0x08);
  message.properties.remove(std::uint16_t{0x0039});
  message.properties.remove(std::uint16_t{0x0E06});
  write_msg(message, sink);
}

void blind_copies(ByteSink& sink) {
  Envelope envelope = pump("Water is back", "<bcc@example.com>");
  envelope.cc = {kMarta};
  envelope.bcc = {kPriya, kLuis};
  write_msg(letter(envelope), sink);
}

// Recipients that are lists: a server's distribution list and a private one (PidTagDisplayType 1 and 5).
void list_recipients(ByteSink& sink) {
  Message message = letter(pump("Water is back", "<lists@example.com>"));
  add_recipient(
      message,
      {"All Gardeners", "/o=Example Org/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn=gardeners",
       "EX", "gardeners@example.com"},
      RecipientKind::to);
  message.recipients.back().integer32(0x0FFE, 8).integer32(0x3900, 1);
  Properties private_list(message.coding());
  private_list.integer32(0x3000, 2).integer32(0x0C15, 2).integer32(0x0FFE, 8).integer32(0x3900, 5);
  private_list.text(0x3001, "Orchard group").text(0x3002, "MAPIPDL");
  message.recipients.push_back(std::move(private_list));
  write_msg(message, sink);
}

constexpr std::string_view kTransportHeaders =
    "Received: from mx.example.com (mx.example.com [192.0.2.25])\r\n"
    "\tby mail.example.org (Postfix) with ESMTPS id 4WHf3k2Z1lz9sSZ\r\n"
    "\tfor <james.oneill@example.org>; Mon,  8 Jul 2024 08:05:09 +0200 (CEST)\r\n"
    "Received: from desk.example.com ([198.51.100.7]) by mx.example.com with ESMTP; Mon, 08 Jul 2024 08:05:06 +0200\r\n"
    "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/simple; d=example.com; s=garden;\r\n"
    "\th=from:subject:date; bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=; b=ZmFrZQ==\r\n"
    "From: Anna Berg <anna.berg@example.com>\r\n"
    "To: James O'Neill <james.oneill@example.org>\r\n"
    "Subject: =?utf-8?Q?Water_is_back_=E2=80=93_everywhere?=\r\n"
    "Date: Mon, 8 Jul 2024 08:05:04 +0200\r\n"
    "Message-ID: <transport@example.com>\r\n"
    "In-Reply-To: <leak.4711@example.org>\r\n"
    "References: <pump.1@example.org>\r\n <leak.4711@example.org>\r\n"
    "List-Id: Gardeners <gardeners.example.com>\r\n"
    "List-Unsubscribe: <mailto:leave@example.com>, <https://www.example.com/leave>\r\n"
    "X-Mailer: Kitchen Garden Mail 4.2\r\n"
    "MIME-Version: 1.0\r\n"
    "Content-Type: multipart/alternative; boundary=\"=_no_longer_true\"\r\n\r\n";

void transport_headers(ByteSink& sink) {
  Message message = letter(pump("Water is back – everywhere", "<transport@example.com>"));
  message.properties.text(0x007D, kTransportHeaders);
  write_msg(message, sink);
}

// What a spam filter's quarantine keeps: the headers, and no property that repeats them.
void headers_alone(ByteSink& sink) {
  Message message(TextCoding::unicode());
  message.properties.text(0x001A, "IPM.Note").integer32(0x340D, 0x00040E79).text(0x007D, kTransportHeaders);
  set_plain(message, kText);
  write_msg(message, sink);
}

void reply(ByteSink& sink) {
  Message message = letter(pump("RE: No water on plot 9", "<reply@example.com>"));
  message.properties.text(0x1042, "<leak.4711@example.org>")
      .text(0x1039, "<pump.1@example.org> <leak.4711@example.org>");
  message.properties.integer32(0x0017, 2).integer32(0x0026, 1).integer32(0x0036, 2);
  message.properties.boolean(0x0029, true).boolean(0x0023, true);
  message.properties.time(0x0015, filetime(2024, 7, 31, 21, 59)).time(0x0030, filetime(2024, 7, 10, 10, 0));
  message.properties.text(named(kPsetidCommon, 0x8530), "Follow up").integer32(0x1090, 2);
  message.properties.text(0x3FFA, "Anna Berg")
      .text(named(kPsInternetHeaders, "x-auto-response-suppress"), "OOF, AutoReply");
  write_msg(message, sink);
}

// Names of every kind, and every property type that a .msg can hold.
void named_properties(ByteSink& sink) {
  Message message = letter(pump("Properties with names", "<named@example.com>"));
  Properties& all = message.properties;
  all.texts(named(kPsPublicStrings, "Keywords"), {"Water", "Wichtig", "水"});
  all.text(named(kPsInternetHeaders, "X-Garden-Plot"), "14").text(named(kPsInternetHeaders, "x-ünusual-name"), "ü");
  all.text(named(kPsPublicStrings, "http://schemas.example.com/garden#Colour of the gate"), "green");
  all.integer32(named(kPsetidCommon, 0x8506), 0).boolean(named(kPsetidCommon, 0x851C), false);
  all.integer16(named(kPsPublicStrings, "Short"), 0xFFFE).integer64(named(kPsPublicStrings, "Long"), 1ull << 62);
  all.floating64(named(kPsPublicStrings, "Litres"), 184.5).guid(named(kPsPublicStrings, "Set"), kPsetidTask);
  all.raw(named(kPsPublicStrings, "Price"), ptype::kCurrency, {little_endian(std::uint64_t{1'845'000})});
  all.raw(named(kPsPublicStrings, "Variant date"), ptype::kFloatingTime, {little_endian(0x40E63A2000000000u)});
  all.integers32(named(kPsPublicStrings, "Plots"), {9, 14, 15})
      .times(named(kPsPublicStrings, "Visits"), {kSent, filetime(2024, 7, 9, 0, 0)});
  all.binaries(named(kPsPublicStrings, "Keys"), {std::string("\0\1\2", 3), std::string(300, '\x7F'), ""});
  all.raw(named(kPsPublicStrings, "Weights"), ptype::kFloating64 | ptype::kMultiple,
          {std::string("\0\0\0\0\0\0\xF0?", 8), std::string("\0\0\0\0\0\0\0@", 8)});
  all.raw(named(kPsPublicStrings, "Sets"), ptype::kGuid | ptype::kMultiple,
          {std::string(kPsetidTask.chars()), std::string(kPsMapi.chars())});
  write_msg(message, sink);
}

Message report(std::string_view message_class, std::string_view subject, std::string_view message_id) {
  Message message = compose({.subject = subject,
                             .from = {"Mail Delivery System", "postmaster@example.org"},
                             .to = {kAnna},
                             .cc = {},
                             .bcc = {},
                             .sent = filetime(2024, 7, 8, 6, 7, 30),
                             .message_id = message_id,
                             .message_class = message_class});
  message.properties.text(0x0049, "Water is back").text(0x0074, "James O'Neill").time(0x004E, kSent);
  message.properties.time(0x0032, filetime(2024, 7, 8, 6, 7, 29)).text(0x1046, "<original@example.com>");
  return message;
}

void non_delivery(ByteSink& sink) {
  Message message = report("REPORT.IPM.Note.NDR", "Undeliverable: Water is back", "<ndr@example.org>");
  message.recipients.clear();
  for (const Person& person : {kJames, kMarta}) {
    add_recipient(message, person, RecipientKind::to);
    message.recipients.back()
        .integer32(0x0C04, 1)
        .integer32(0x0C05, 0)
        .integer32(0x0C20, 511)
        .time(0x0032, filetime(2024, 7, 8, 6, 7, 29));
    message.recipients.back()
        .text(0x0C1B, "<mail.example.org #5.1.1 smtp;550 5.1.1 User unknown>")
        .text(0x1001, "The e-mail account does not exist.");
  }
  message.properties.text(0x1001, "Your message did not reach some or all of the intended recipients.")
      .text(0x6820, "dns;mail.example.org");
  attach(message, letter(pump("Water is back", "<original@example.com>")));
  write_msg(message, sink);
}

void delivery(ByteSink& sink) {
  Message message = report("REPORT.IPM.Note.DR", "Delivered: Water is back", "<dr@example.org>");
  message.recipients.clear();
  add_recipient(message, kJames, RecipientKind::to);
  message.recipients.back().time(0x000E, filetime(2024, 7, 8, 6, 5, 10)).time(0x0032, filetime(2024, 7, 8, 6, 5, 11));
  write_msg(message, sink);
}

void read_receipt(ByteSink& sink) {
  Message message = report("REPORT.IPM.Note.IPNRN", "Read: Water is back", "<read@example.org>");
  set_sender(message, kJames);
  set_representing(message, kJames);
  message.properties.time(0x002A, filetime(2024, 7, 8, 7, 0, 0))
      .text(0x1001, "Your message was read on Monday, 8 July 2024.");
  write_msg(message, sink);
}

void delivered_unread(ByteSink& sink) {
  Message message = report("REPORT.IPM.Note.IPNNRN", "Not read: Water is back", "<not.read@example.org>");
  set_sender(message, kJames);
  set_representing(message, kJames);
  message.properties.text(0x1001, "Your message was deleted without being read.");
  write_msg(message, sink);
}

std::string from_base64(std::string_view text) {
  std::string out;
  std::uint32_t bits = 0, count = 0;
  for (const char c : text) {
    const std::size_t digit =
        std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/").find(c);
    if (digit == std::string_view::npos) break;
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out.push_back(static_cast<char>(bits >> count & 0xFF));
  }
  return out;
}

Message secured(std::string_view message_class, std::string_view message_id) {
  return compose({.subject = "Code of the shed door",
                  .from = {"Priya Raman", "priya.raman@example.net"},
                  .to = {kAnna},
                  .cc = {},
                  .bcc = {},
                  .sent = filetime(2024, 7, 12, 12, 0),
                  .message_id = message_id,
                  .message_class = message_class});
}

template <const std::string_view& object>
void smime_opaque(ByteSink& sink) {
  Message message = secured("IPM.Note.SMIME", "<smime@example.net>");
  attach(message, {.name = "smime.p7m", .type = "application/pkcs7-mime", .data = from_base64(object)});
  write_msg(message, sink);
}

// MS-OXOSMIME 2.1.2: the whole multipart/signed is the attachment, its bytes what was signed.
void smime_clear(ByteSink& sink) {
  Message message = secured("IPM.Note.SMIME.MultipartSigned", "<smime.clear@example.net>");
  std::string entity =
      "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; micalg=sha-256;\r\n"
      "\tboundary=\"----=_shed_4711\"\r\n\r\n------=_shed_4711\r\n";
  entity += kSignedPart;
  entity +=
      "\r\n------=_shed_4711\r\nContent-Type: application/pkcs7-signature; name=\"smime.p7s\"\r\n"
      "Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=\"smime.p7s\"\r\n\r\n";
  for (std::size_t at = 0; at < kDetachedSignature.size(); at += 64)
    (entity += kDetachedSignature.substr(at, 64)) += "\r\n";
  entity += "\r\n------=_shed_4711--\r\n";
  attach(message, {.name = "SMIME.txt", .type = "multipart/signed", .data = entity});
  set_plain(message, "Hello Anna,\n\nthe new code of the shed door is on the card in the green box.\n\nPriya\n");
  write_msg(message, sink);
}

void voicemail(ByteSink& sink) {
  Message message = letter(pump("Voice mail from James (35 seconds)", "<voice@example.com>"));
  message.properties.text(0x001A, "IPM.Note.Microsoft.Voicemail.UM.CA")
      .integer32(0x6801, 35)
      .text(0x6802, "James O'Neill");
  attach(message, {.name = "call.wav",
                   .type = "audio/wav",
                   .data = std::string(
                       "RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1F\0\0\x40\x1F\0\0\1\0\x08\0data\0\0\0\0", 44)});
  write_msg(message, sink);
}

template <unsigned count>
void many_recipients(ByteSink& sink) {
  Envelope envelope = pump("To all members", "<members@example.com>");
  envelope.to = {};
  Message message = letter(envelope);
  for (unsigned i = 0; i < count; ++i) {
    const std::string number = std::to_string(i), name = "Member " + number,
                      address = "member." + number + "@example.net";
    add_recipient(message, {name, address}, i % 3 == 0 ? RecipientKind::cc : RecipientKind::to);
  }
  write_msg(message, sink);
}

constexpr Kind kMsg = Kind::msg;
constexpr Outcome kConverted = Outcome::converted;
constexpr std::string_view kBack = "Water is back", kShed = "Code of the shed door";

constexpr auto kSamples = std::to_array<Sample>({
    {"sender-x500.msg", kMsg, kConverted, kBack, 2, 0, kWords,
     "Exchange addresses whose SMTP form is known for the sender alone", x500_sender},
    {"sender-x500-unknown.msg", kMsg, kConverted, kBack, 1, 0, kWords, "a sender with an X.500 path and nothing else",
     x500_unknown},
    {"sender-on-behalf.msg", kMsg, kConverted, kBack, 1, 0, kWords, "sent on behalf of another, replies to a third",
     on_behalf},
    {"sender-none.msg", kMsg, kConverted, kBack, 1, 0, kWords, "no sender at all", no_sender},
    {"sender-search-key.msg", kMsg, kConverted, kBack, 1, 0, kWords, "the sender's address in its search key alone",
     address_in_one_place<0x0C1D, 0x003B>},
    {"sender-entry-id.msg", kMsg, kConverted, kBack, 1, 0, kWords, "the sender's address in its one-off entry ID alone",
     address_in_one_place<0x0C19, 0x0041>},
    {"draft.msg", kMsg, kConverted, "Water is back (draft)", 1, 0, kWords, "unsent: no dates, no Message-ID", draft},
    {"recipients-bcc.msg", kMsg, kConverted, kBack, 4, 0, kWords, "To, Cc and Bcc", blind_copies},
    {"recipients-lists.msg", kMsg, kConverted, kBack, 3, 0, kWords, "distribution lists among the recipients",
     list_recipients},
    {"recipients-10000.msg", kMsg, kConverted, "To all members", 10'000, 0, kWords, "10,000 recipients",
     many_recipients<10'000>, Place::on_demand},
    {"recipients-100000.msg", kMsg, kConverted, "To all members", 100'000, 0, kWords, "100,000 recipients",
     many_recipients<100'000>, Place::large},
    {"headers-transport.msg", kMsg, kConverted, "Water is back – everywhere", 1, 0, kWords,
     "the headers that it came with", transport_headers},
    {"headers-alone.msg", kMsg, kConverted, "-", kNoPromise, 0, kWords, "headers, and no properties that repeat them",
     headers_alone},
    {"headers-reply.msg", kMsg, kConverted, "RE: No water on plot 9", 1, 0, kWords,
     "references, importance, sensitivity, receipts, expiry, a flag", reply},
    {"properties-named.msg", kMsg, kConverted, "Properties with names", 1, 0, kWords,
     "named properties, multi-valued ones, every type", named_properties},
    {"report-ndr.msg", kMsg, kConverted, "Undeliverable: Water is back", 2, 1, "-",
     "a non-delivery report with the original", non_delivery},
    {"report-delivered.msg", kMsg, kConverted, "Delivered: Water is back", 1, 0, "-", "a delivery report", delivery},
    {"report-read.msg", kMsg, kConverted, "Read: Water is back", 1, 0, "-", "a read receipt", read_receipt},
    {"report-not-read.msg", kMsg, kConverted, "Not read: Water is back", 1, 0, "-", "a non-read receipt",
     delivered_unread, Place::on_demand},
    {"smime-signed.msg", kMsg, kConverted, kShed, 1, 1, "-", "S/MIME, opaque signed", smime_opaque<kOpaqueSigned>},
    {"smime-encrypted.msg", kMsg, kConverted, kShed, 1, 1, "-", "S/MIME, encrypted", smime_opaque<kEnveloped>},
    {"smime-clear.msg", kMsg, kConverted, kShed, 1, 1, "new code of the shed door green box", "S/MIME, clear signed",
     smime_clear},
    {"voicemail.msg", kMsg, kConverted, "Voice mail from James (35 seconds)", 1, 1, kWords, "a recorded call",
     voicemail},
});

}  // namespace

std::span<const Sample> mail_samples() { return kSamples; }

}  // namespace mapiguard::corpus
